"""Instants and lifetimes as MCS documents write them.

* Written timestamps have six digits, which every reader understands the same way.
* Clients write microseconds without padding (``:10.56068Z`` is 56,068 us), servers write a decimal
  fraction (``:17.250Z`` is a quarter of a second): two readers for two writers.
* All instants are aware UTC.

Provenance: documented (client behaviour); accepting offsets and longer durations is ours.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar

from foundation.errors import DomainError

DEFAULT_TTL_S = 10_000.0

_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?(?:Z|([+-])(\d\d):?(\d\d))?",
    re.ASCII,
)
_TTL = re.compile(
    r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,10}(?:\.\d{1,9})?)S)?)?",
    re.ASCII,
)


class TimestampMalformedError(DomainError):
    """A text is not a timestamp."""

    code: ClassVar[str] = "timestamp_malformed"
    hint: ClassVar[str] = "Write it as 2026-11-20T23:20:17.000000Z."


class TtlMalformedError(DomainError):
    """A text is not a lifetime."""

    code: ClassVar[str] = "ttl_malformed"
    hint: ClassVar[str] = "Write it as PT10000S."


def format_timestamp(at: datetime) -> str:
    """Return an aware instant in UTC with six digits and a ``Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def parse_timestamp(text: str) -> datetime:
    """Read a timestamp of a client: up to six digits are a plain number of microseconds."""
    return _parse(text, decimal=False)


def parse_server_timestamp(text: str) -> datetime:
    """Read a timestamp of a server: the digits are a decimal fraction of a second."""
    return _parse(text, decimal=True)


def _parse(text: str, *, decimal: bool) -> datetime:
    match = _TIMESTAMP.fullmatch(text.strip())
    if match is None:
        raise TimestampMalformedError(f"{text[:40]!r} is not a timestamp.")
    *fields, digits, sign, hours, minutes = match.groups()
    # More than six digits can only be a fraction: a second has a million microseconds.
    fraction = digits or "0"
    as_decimal = decimal or len(fraction) > 6
    microseconds = int(fraction.ljust(6, "0")[:6]) if as_decimal else int(fraction)
    year, month, day, hour, minute, second = (int(field) for field in fields)
    try:
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
        at = datetime(year, month, day, hour, minute, second, microseconds, tzinfo=zone)
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise TimestampMalformedError(f"{text[:40]!r} is not an instant: {error}.") from error


def format_ttl(ttl_s: float) -> str:
    """Return a lifetime in whole seconds, the only form that clients read."""
    return f"PT{max(0, round(ttl_s))}S"


def parse_ttl(text: str) -> float:
    """Read a lifetime in seconds.

    Raises:
        TtlMalformedError: for anything but an ISO 8601 duration of days, hours, minutes, seconds.
    """
    match = _TTL.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise TtlMalformedError(f"{text[:40]!r} is not a lifetime.")
    days, hours, minutes, seconds = (float(group or 0) for group in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def parse_ttl_or_default(text: str) -> float:
    """Read a lifetime; a bad one counts as 10,000 s, as clients do it."""
    try:
        return parse_ttl(text)
    except TtlMalformedError:
        return DEFAULT_TTL_S
