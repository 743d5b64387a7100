"""Searching log files: words and `key=value` terms, over several logs and days, piece by piece.

- A word is found anywhere in a line, whatever the case of ASCII letters; `key=value` is that pair
  exactly, and `key=value*` one that begins so. All terms must fit. Quotes keep blanks together.
- Newest day first, in a file from its beginning. One call reads `budget` bytes at most and says
  where the next one goes on.
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final

from utm.logs.shelf import LARGEST_VIEWED, NoSuchLogFileError, StoredLog, archived, today
from utm.logs.windows import DAMAGES, LogLine, Window, lines_from

MOST_HITS: Final = 200
BUDGET: Final = 64 << 20
_TERM: Final = re.compile(r'([a-z0-9_-]+)=(?:"([^"]*)"|(\S*))|"([^"]*)"|(\S+)')


@dataclass(frozen=True, slots=True)
class Terms:
    """What a line must hold: exact pieces, and words in small letters."""

    pieces: tuple[bytes, ...] = ()
    words: tuple[bytes, ...] = ()

    def fit(self, data: bytes) -> bool:
        """Whether a line holds all of them."""
        if not all(piece in data for piece in self.pieces):
            return False
        if not self.words:
            return True
        small = data.lower()
        return all(word in small for word in self.words)


def read_terms(text: str) -> Terms:
    """Return the terms that somebody typed."""
    pieces, words = [], []
    for found in _TERM.finditer(text):
        key, quoted, plain, phrase, word = found.groups()
        if key is None:
            words.append(_bytes(phrase or word or "").lower())
            continue
        value = quoted if quoted is not None else plain
        end = "" if value.endswith("*") else '"'
        pieces.append(_bytes(f' {key}="{value.removesuffix("*")}{end}'))
    return Terms(tuple(pieces), tuple(word for word in words if word))


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that fits, and its file."""

    stored: StoredLog
    line: LogLine


@dataclass(frozen=True, slots=True)
class Place:
    """Where a search goes on."""

    log: str
    day: str
    number: int
    offset: int


@dataclass(frozen=True, slots=True)
class Found:
    """What one call found, how many bytes it read, which files are damaged, and what is left."""

    hits: tuple[Hit, ...]
    read: int
    damaged: tuple[StoredLog, ...]
    goes_on: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where to look: logs of the catalogue, days from `first` to `last`; `present` is today."""

    folder: Path
    logs: tuple[str, ...]
    first: date
    last: date
    present: date


def search(
    scope: Scope, terms: Terms, *, place: Place | None = None, budget: int = BUDGET
) -> Found:
    """Search the files of some logs and days.

    Args:
        scope: Where to look.
        terms: What lines must hold.
        place: Where an earlier call stopped.
        budget: Bytes to read.
    """
    hits: list[Hit] = []
    damaged: list[StoredLog] = []
    read = 0
    for stored in _files(scope, place):
        offset = place.offset if place is not None and _name(stored) == _place_name(place) else 0
        if read >= budget or len(hits) >= MOST_HITS:
            return Found(tuple(hits), read, tuple(damaged), Place(*_name(stored), offset))
        most = MOST_HITS - len(hits)
        window, is_more = _search_one(stored, offset, terms, most=most, budget=budget - read)
        hits += [Hit(stored, line) for line in window.lines]
        damaged += [stored] if window.is_damaged else []
        read += window.end - window.start
        if is_more:
            return Found(tuple(hits), read, tuple(damaged), Place(*_name(stored), window.end))
    return Found(tuple(hits), read, tuple(damaged), None)


def _search_one(
    stored: StoredLog, offset: int, terms: Terms, *, most: int, budget: int
) -> tuple[Window, bool]:
    """Return what is in one file, and whether there is more of it to read."""
    left = min(budget, LARGEST_VIEWED - offset)
    try:
        with stored.open_text() as stream:
            window = lines_from(stream, offset, most=most, budget=left, fits=terms.fit)
            is_at_end = window.is_damaged or window.end >= LARGEST_VIEWED
            return window, not is_at_end and _has_more(stream)
    except NoSuchLogFileError:
        return Window((), offset, offset), False


def _has_more(stream: BinaryIO) -> bool:
    try:
        return stream.read(1) != b""
    except DAMAGES:
        return False


def _files(scope: Scope, place: Place | None) -> list[StoredLog]:
    """Return the files to search, newest day first; those before `place` are done."""
    present = scope.present
    files = [
        one
        for log in scope.logs
        for one in (today(scope.folder, log), *archived(scope.folder, log))
        if scope.first <= (one.day or present) <= scope.last
    ]
    order = {log: number for number, log in enumerate(scope.logs)}
    files.sort(key=lambda one: (-(one.day or present).toordinal(), order[one.log], one.number))
    names = [_name(one) for one in files]
    if place is not None and _place_name(place) in names:
        return files[names.index(_place_name(place)) :]
    return files


def _name(stored: StoredLog) -> tuple[str, str, int]:
    return stored.log, "" if stored.day is None else stored.day.isoformat(), stored.number


def _place_name(place: Place) -> tuple[str, str, int]:
    return place.log, place.day, place.number


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
