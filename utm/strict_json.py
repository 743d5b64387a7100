"""JSON from elsewhere, within the bounds of what a configuration can hold.

- Text is UTF-8, with or without a byte order mark, numbers are finite, texts hold no half of a
  surrogate pair, and nothing is nested deeper than any value of a configuration is.
"""

import json
from typing import Any, Final

DEEPEST: Final = 16


class TooDeepError(ValueError):
    """A value is nested too deeply."""


def strict_json(body: bytes) -> Any:
    """Return the JSON value of a body.

    Raises:
        UnicodeError: If it is no text of UTF-8.
        TooDeepError: If it is nested too deeply.
        ValueError: If it is not JSON.
    """
    text = body.decode("utf-8-sig")
    try:
        value = json.loads(text, parse_constant=_refuse_number, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise TooDeepError(f"it is nested deeper than {DEEPEST}") from error
    if _depth(value) > DEEPEST:
        raise TooDeepError(f"it is nested deeper than {DEEPEST}")
    return value


def _refuse_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:20]} is out of range")
    return number


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        inside: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inside.extend(one.values())
            elif isinstance(one, list):
                inside.extend(one)
        level = inside
    return depth
