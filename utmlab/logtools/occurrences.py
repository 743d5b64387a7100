"""When a message was last written: looked for in the logs of a data folder, newest first.

* Today's file is read first, then archives from the newest on, until enough were found or
  `MOST_ARCHIVES` were read: an explanation must not take minutes on a year of logs.
* A line is a message's when it has its id and its name; that is looked for in the bytes.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from utm.logs.catalogue import Message
from utm.logs.views import archives, log_path
from utmlab.logtools.reading import ArchiveDamagedError, LogUnreadableError, read_lines

MOST_ARCHIVES: Final = 31
LOGS: Final = {"epsecd": "epsecd", "eplog": "eplog", "confd": "confd", "httpproxy": "http"}
"""The log that a process writes; other processes' logs are not part of this UTM."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A line where it stands: file, number from 1, and the line itself."""

    file: str
    number: int
    line: str


def last_occurrences(folder: Path, message: Message, limit: int = 3) -> tuple[Occurrence, ...]:
    """Return the newest lines of a message, newest last; none when it was not written here."""
    log = LOGS.get(message.process)
    if log is None:
        return ()
    found: list[Occurrence] = []
    for path in _newest_first(folder, log):
        found = [*_in_file(path, message, limit - len(found)), *found]
        if len(found) >= limit:
            break
    return tuple(found)


def _newest_first(folder: Path, log: str) -> Iterator[Path]:
    today = log_path(folder, log)
    if today.exists():
        yield today
    yield from list(archives(folder, log))[: -MOST_ARCHIVES - 1 : -1]


def _in_file(path: Path, message: Message, limit: int) -> Iterator[Occurrence]:
    wanted = [f' id="{message.id}" '.encode()]
    wanted += [f' name="{message.name}"'.encode()] if message.name is not None else []
    last: deque[tuple[int, bytes]] = deque(maxlen=limit)
    try:
        for raw in read_lines(path):
            if all(part in raw.data for part in wanted):
                last.append((raw.number, raw.data))
    except (ArchiveDamagedError, LogUnreadableError):
        pass  # what could be read of it counts; lint is there to name the damage
    return (Occurrence(str(path), number, data.decode("utf-8", "replace")) for number, data in last)
