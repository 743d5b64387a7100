"""Bodies of requests: JSON within bounds, or a refusal that says what is wrong with them.

- Text is UTF-8, with or without a byte order mark, numbers are finite, texts hold no half of a
  surrogate pair, and nothing is nested deeper than any value of a configuration is.
"""

import json
from typing import Any, Final

from aiohttp import web

from utm.restd.errors import refusal

MOST_BYTES: Final = 1024 * 1024
DEEPEST: Final = 16


async def read_body(request: web.Request) -> bytes:
    """Return the body of a request.

    Raises:
        RequestRefusedError: If it is too large, or not encoded as it says; the rest of it is not
            read.
    """
    parts, size = [], 0
    try:
        async for part in request.content.iter_any():
            size += len(part)
            if size > MOST_BYTES:
                sentence = f"The body has more than {MOST_BYTES} bytes."
                raise refusal(413, "BODY_TOO_LARGE", sentence, {"Connection": "close"})
            parts.append(part)
    except web.RequestPayloadError as error:
        sentence = "The body is not encoded as Content-Encoding or Transfer-Encoding says."
        raise refusal(400, "BODY_NOT_READABLE", sentence, {"Connection": "close"}) from error
    return b"".join(parts)


def parsed(body: bytes) -> Any:
    """Return the JSON value of a body.

    Raises:
        RequestRefusedError: If it is not JSON, or not within bounds.
    """
    try:
        value = json.loads(
            body.decode("utf-8-sig"), parse_constant=_refuse_number, parse_float=_finite
        )
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise refusal(
            400, "BODY_NOT_JSON", f"The body is no text of UTF-8: {error.reason}."
        ) from error
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise refusal(400, "BODY_NOT_JSON", f"The body is not JSON: {error}.") from error
    if _depth(value) > DEEPEST:
        raise _too_deep()
    return value


def parsed_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body.

    Raises:
        RequestRefusedError: If it is none.
    """
    value = parsed(body)
    if not isinstance(value, dict):
        raise refusal(400, "BODY_NOT_OBJECT", "The body has to be a JSON object.")
    return value


def _too_deep() -> Exception:
    return refusal(400, "BODY_TOO_DEEP", f"The body is nested deeper than {DEEPEST}.")


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
