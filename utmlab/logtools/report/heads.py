"""The parts of a line that a report counts: one expression per line, on bytes.

Behind the header only the keys that are asked for are looked at; a value holds no raw quote, so
` key="` cannot stand inside one.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from utmlab.logtools.reading import RawLine
from utmlab.logtools.transport import unwrap

HEAD: Final = re.compile(
    rb"(?:<\d{1,3}>)?"
    rb"(\d{4}:(?:0[1-9]|1[0-2]):(?:0[1-9]|[12]\d|3[01])-(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d) "
    rb"(\S++) ([^\s\[\]:]++)(?:\[(\d++)\])?: "
    rb'(?:(?:[A-Z] )?(?:[\w:]++\(\) => )?id="([0-9A-Za-z]{4})")?'
)
"""Stamp, host, process, number of the process, message id; the last two may be missing."""
_FIELDS: Final = re.compile(rb"[:-]")


class Place(NamedTuple):
    """Where a line stands: the number of its source, and its own from 1."""

    source: int
    line: int


def head_of(raw: RawLine) -> tuple[re.Match[bytes], bytes] | None:
    """Return the head of a line and the line as it was on the UTM's disk, None for no such line."""
    found = HEAD.match(raw.data)
    if found is not None:
        return found, raw.data
    data = unwrap(raw.text).line.encode("utf-8", "surrogateescape")
    found = HEAD.match(data)
    return None if found is None else (found, data)


def value(data: bytes, key: bytes) -> bytes:
    """Return a key's value, empty when it is missing; the key is given as ` key="`."""
    start = data.find(key)
    if start < 0:
        return b""
    start += len(key)
    return data[start : data.find(b'"', start)]


def local(stamp: bytes) -> datetime:
    """Return a stamp as local time without zone.

    Raises:
        ValueError: for a day that no calendar has.
        TypeError: for what is no stamp.
    """
    return datetime(*map(int, _FIELDS.split(stamp)))  # type: ignore[arg-type]  # noqa: DTZ001


def moment(stamp: bytes) -> datetime | None:
    """Return a stamp as local time without zone, None for a day that no calendar has."""
    try:
        return local(stamp)
    except (ValueError, TypeError):
        return None


def site_of(url: bytes) -> bytes:
    """Return the host of a URL as it was logged."""
    rest = url.partition(b"://")[2] or url
    authority = rest.partition(b"/")[0].partition(b"?")[0]
    return authority.rpartition(b"@")[2].lower()


Show = Callable[[bytes], str]


def shown(data: bytes) -> str:
    """Return bytes as text that can stand in a document."""
    return data.decode("utf-8", "replace")
