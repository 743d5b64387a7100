"""view: the bytes of a log, by the name WebAdmin gives it, today's or an archived day's.

* Bytes come out as they are in the file: `view` of today is what `cat` shows.
* A log without a line yet is empty, not an error; a day without an archive is one.
"""

import gzip
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import ClassVar, Final

from foundation.errors import DomainError
from utm.logs.views import archive_path, archives, find_view, log_path

CHUNK_BYTES: Final = 1 << 16


class NoSuchDayError(DomainError):
    """A log has no archive of that day."""

    code: ClassVar[str] = "no_such_day"
    hint: ClassVar[str] = "Days with an archive are listed with the log's name alone."


def view(folder: Path, name: str, *, day: date | None = None) -> Iterator[bytes]:
    """Yield the bytes of a log in chunks.

    Args:
        folder: The folder of the UTM's logs.
        name: "Endpoint Protection", "epsecd" or "epsecd.log".
        day: An archived day; None is today's file.

    Raises:
        UnknownLogError: when no log has that name.
        NoSuchDayError: when that day has no archive.
    """
    log = find_view(name).log
    if day is None:
        return _plain(log_path(folder, log))
    files = archives_of(folder, name, day)
    if not files:
        raise NoSuchDayError(f"{log} has no archive of {day.isoformat()}")
    return _unpacked(files)


def archives_of(folder: Path, name: str, day: date) -> tuple[Path, ...]:
    """Return the archives of a day; there are several when a clock was set back."""
    log, found, number = find_view(name).log, [], 1
    while (path := archive_path(folder, log, day, number)).exists():
        found.append(path)
        number += 1
    return tuple(found)


def archived_days(folder: Path, name: str) -> tuple[date, ...]:
    """Return the days that have an archive, oldest first."""
    log = find_view(name).log
    days = {
        date.fromisoformat(path.name.removeprefix(f"{log}-")[:10]) for path in archives(folder, log)
    }
    return tuple(sorted(days))


def _plain(path: Path) -> Iterator[bytes]:
    if not path.exists():
        return
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _unpacked(paths: tuple[Path, ...]) -> Iterator[bytes]:
    for path in paths:
        with gzip.open(path, "rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
