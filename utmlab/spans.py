"""Spans of time as a person writes them: `90s`, `15m`, `7d`, `1d12h`.

Provenance: ours.
"""

import re
from typing import ClassVar, Final

from foundation.errors import DomainError

_SECONDS: Final = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([wdhms])")


class SpanUnreadableError(DomainError):
    """What should be a span of time is none."""

    code: ClassVar[str] = "span_unreadable"
    hint: ClassVar[str] = "Write a number and a unit of s, m, h, d or w: 90s, 7d, 1d12h."


def seconds_of(text: str) -> float:
    """Return the seconds of a span.

    Raises:
        SpanUnreadableError: If it is none, or lasts no time.
    """
    parts = list(_PART.finditer(text))
    if "".join(part[0] for part in parts) != text:
        raise SpanUnreadableError(f"{text!r} is no span of time")
    seconds = sum(float(part[1]) * _SECONDS[part[2]] for part in parts)
    if seconds <= 0:
        raise SpanUnreadableError(f"{text!r} is no time at all")
    return seconds


def span_text(seconds: float) -> str:
    """Return a span in its two largest units: `7d`, `1d 12h`, `3m 20s`."""
    left, words = round(seconds), list[str]()
    for unit, size in _SECONDS.items():
        count, left = divmod(left, size)
        if count:
            words.append(f"{count}{unit}")
    return " ".join(words[:2]) or "0s"
