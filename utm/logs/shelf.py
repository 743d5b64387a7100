"""The files of a log as WebAdmin offers them: found in the catalogue of logs, opened carefully.

- A file is named by a log of the catalogue, a day and a number, never by a path from outside.
- Symbolic links are refused, for the file and for the folders between it and the log folder.
- What is opened is a regular file; a pipe or a device in its place is refused.
"""

import gzip
import os
import re
import stat
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, ClassVar, Final, cast

from foundation.errors import DomainError
from utm.logs.views import LOG_VIEWS, archive_path, archives, log_path

LARGEST_VIEWED: Final = 512 << 20
"""Larger files cannot be viewed (documented); of an archive that much is unpacked at most."""
_TITLES: Final = {view.log: view.title for view in LOG_VIEWS}


class NoSuchLogFileError(DomainError):
    """No log file of that name, or nothing that may be read as one."""

    code: ClassVar[str] = "no_such_log_file"
    hint: ClassVar[str] = "View Log Files lists what there is; links are not followed."


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLog:
    """One file of a log; `day` is None for today's. `number` tells files of one day apart."""

    folder: Path
    log: str
    day: date | None = None
    number: int = 1

    @property
    def path(self) -> Path:
        """Where it is."""
        if self.day is None:
            return log_path(self.folder, self.log)
        return archive_path(self.folder, self.log, self.day, self.number)

    @property
    def title(self) -> str:
        """What WebAdmin calls the log."""
        return _TITLES[self.log]

    @property
    def is_packed(self) -> bool:
        """Whether it is compressed."""
        return self.day is not None

    @property
    def size(self) -> int:
        """Its bytes on disk; 0 without a file."""
        try:
            return self.path.lstat().st_size
        except FileNotFoundError:
            return 0

    def open_raw(self) -> BinaryIO:
        """Open the bytes on disk.

        Raises:
            NoSuchLogFileError: If there is no regular file at exactly this place.
        """
        path = self.path
        try:
            if path.parent.resolve() != self.folder.resolve() / path.parent.relative_to(
                self.folder
            ):
                raise NoSuchLogFileError(f"{path.name} lies behind a link")
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            file = os.fdopen(os.open(path, flags), "rb")
        except OSError as error:
            raise NoSuchLogFileError(f"{path.name} cannot be read: {error.strerror}") from error
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise NoSuchLogFileError(f"{path.name} is not a file")
        return file

    def open_text(self) -> BinaryIO:
        """Open the lines, unpacking an archive on the way.

        Raises:
            NoSuchLogFileError: As `open_raw`.
        """
        file = self.open_raw()
        if not self.is_packed:
            return file
        return cast("BinaryIO", _Unpacked(file))


class _Unpacked(gzip.GzipFile):
    """An archive that closes its file with itself."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(fileobj=file, mode="rb")
        self._packed = file

    def close(self) -> None:
        super().close()
        self._packed.close()


def today(folder: Path, log: str) -> StoredLog:
    """Return today's file of a log.

    Raises:
        NoSuchLogFileError: If the catalogue has no such log.
    """
    if log not in _TITLES:
        raise NoSuchLogFileError("there is no such log")
    return StoredLog(folder=folder, log=log)


def archived(folder: Path, log: str) -> tuple[StoredLog, ...]:
    """Return the archives of a log, oldest first; what is named otherwise is not one.

    Raises:
        NoSuchLogFileError: If the catalogue has no such log.
    """
    today(folder, log)
    name = re.compile(rf"{log}-(\d{{4}}-\d\d-\d\d)(?:\.([2-9]|[1-9]\d{{1,3}}))?\.log\.gz", re.ASCII)
    found = []
    for path in archives(folder, log):
        match = name.fullmatch(path.name)
        if match is None or (day := day_of(match[1])) is None:
            continue
        one = StoredLog(folder=folder, log=log, day=day, number=int(match[2] or 1))
        if one.path == path and not path.is_symlink():
            found.append(one)
    return tuple(found)


def find_archive(folder: Path, log: str, day: date, number: int) -> StoredLog:
    """Return the archive of a day.

    Raises:
        NoSuchLogFileError: If there is none.
    """
    for one in archived(folder, log):
        if (one.day, one.number) == (day, number):
            return one
    raise NoSuchLogFileError(f"{log} has no archive of {day.isoformat()}")


def day_of(text: str) -> date | None:
    """Return the day that a text names as YYYY-MM-DD, or None."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None
