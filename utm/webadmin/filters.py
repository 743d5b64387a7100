"""How values are written for people: moments, spans, counts. Pure."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any, Final

from utm.webadmin.harmless import harmless, with_code

_STEPS: Final = (("d", 86_400), ("h", 3_600), ("min", 60))


def moment(value: str | datetime | None, zone: tzinfo = UTC) -> str:
    """Return a moment as `2026-11-20 09:30:00 CET`, in a zone; "" for none."""
    if not value:
        return ""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def ago(value: str | datetime | None, now: datetime) -> str:
    """Return how long ago a moment was: `4 min ago`; "never" for none."""
    if not value:
        return "never"
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    seconds = (now - at).total_seconds()
    return "just now" if seconds < 1 else f"{span(seconds)} ago"


def span(seconds: float) -> str:
    """Return a duration in its largest unit: `3 d`, `2 h`, `4 min`, `15 s`."""
    for unit, length in _STEPS:
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} s"


def counted(number: int, one: str, many: str = "") -> str:
    """Return `1 computer`, `2 computers`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def shortened(value: object, most: int = 80) -> str:
    """Return a value as text with its middle left out, if it is too long for a line."""
    text = str(value)
    if len(text) <= most:
        return text
    kept = (most - 1) // 2
    return f"{text[:kept]}…{text[-kept:]}"


def size(count: int) -> str:
    """Return a number of bytes in its largest unit: `12 B`, `3.4 kB`, `512 MB`."""
    amount, units = float(count), ["B", "kB", "MB", "GB"]
    while amount >= 1000 and len(units) > 1:
        amount /= 1024
        del units[0]
    unit = units[0]
    text = f"{amount:.0f}" if amount >= 10 or unit == "B" else f"{amount:.1f}"
    return f"{text}\N{NO-BREAK SPACE}{unit}"


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "moment": moment,
    "ago": ago,
    "span": span,
    "counted": counted,
    "shortened": shortened,
    "size": size,
    "harmless": harmless,
    "with_code": with_code,
}


def in_zone(zone: tzinfo) -> dict[str, Callable[..., Any]]:
    """Return the filters that tell moments in a zone."""
    return {**FILTERS, "moment": partial(moment, zone=zone)}
