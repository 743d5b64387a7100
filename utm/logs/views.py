"""Where each log is, and the names WebAdmin gives them.

* `epsecd` is "Endpoint Protection", `eplog` is "Endpoint Web Protection" (seed).
* "Configuration daemon" and "Web filtering" are labels of a public list (public).
* Today is `NAME.log`; older days are `NAME/YYYY/MM/NAME-YYYY-MM-DD.log.gz` (public).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import ClassVar

from foundation.errors import DomainError


@dataclass(frozen=True, slots=True)
class LogView:
    """A log and the name under which WebAdmin shows it."""

    log: str
    title: str


LOG_VIEWS = (
    LogView("epsecd", "Endpoint Protection"),
    LogView("eplog", "Endpoint Web Protection"),
    LogView("confd", "Configuration daemon"),
    LogView("http", "Web filtering"),
)


class UnknownLogError(DomainError):
    """No log of the UTM has that name."""

    code: ClassVar[str] = "unknown_log"
    hint: ClassVar[str] = "One of: " + ", ".join(f'{v.log} ("{v.title}")' for v in LOG_VIEWS)


def find_view(name: str) -> LogView:
    """Find a log by its WebAdmin name, its own name or its file name, whatever the case.

    Raises:
        UnknownLogError: when nothing has that name.
    """
    wanted = " ".join(name.split()).lower().removeprefix("/var/log/")
    for view in LOG_VIEWS:
        if wanted in {view.title.lower(), view.log, f"{view.log}.log"}:
            return view
    raise UnknownLogError(f"The UTM has no log {name!r}")


def log_path(folder: Path, log: str) -> Path:
    """Return the file of today."""
    return folder / f"{log}.log"


def archive_path(folder: Path, log: str, day: date, number: int = 1) -> Path:
    """Return the archive of one day; `number` tells a second one of the same day apart."""
    again = "" if number == 1 else f".{number}"
    name = f"{log}-{day.isoformat()}{again}.log.gz"
    return folder / log / f"{day.year:04}" / f"{day.month:02}" / name


def archives(folder: Path, log: str) -> Iterator[Path]:
    """Yield the archives of a log, oldest day first, those of one day in their order."""
    found = (folder / log).glob(f"[0-9]*/[0-9]*/{log}-*.log.gz")
    yield from sorted(found, key=lambda path: (path.name[: len(log) + 11], len(path.name), path))
