"""A data folder: who holds it, and which version wrote it.

- One process at a time: the lock is the operating system's, so that a killed holder frees it.
- A folder of a newer version is refused and left exactly as it is.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import ClassVar

from foundation.durable.files import remove_leftovers, write_atomic
from foundation.errors import DomainError

_LOCK = "lock"
_FORMAT = "format.json"


class DataFolderInUseError(DomainError):
    """Another process works in the data folder."""

    code: ClassVar[str] = "data_folder_in_use"
    hint: ClassVar[str] = "Stop that process, or choose another folder with --data."

    def __init__(self, path: Path, pid: int | None) -> None:
        holder = f"process {pid}" if pid else "another process"
        super().__init__(f"{path} is in use by {holder}")
        self.pid = pid


class DataFolderTooNewError(DomainError):
    """The data folder was written by a newer version."""

    code: ClassVar[str] = "data_folder_too_new"
    hint: ClassVar[str] = "Use the newer version, or another folder with --data."


class DataFolder:
    """A data folder that this process holds until `close`."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(cls, path: Path, *, component: str, version: int) -> "DataFolder":
        """Take the folder for `component`, making it if needed.

        Raises:
            DataFolderInUseError: If another process holds it.
            DataFolderTooNewError: If a newer version wrote it.
        """
        path.mkdir(parents=True, exist_ok=True)
        check_version(path, component=component, version=version)
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        if not _taken(lock):
            os.close(lock)
            raise DataFolderInUseError(path, holder_of(path))
        os.truncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        remove_leftovers(path)
        if not (path / _FORMAT).exists():
            content = {"component": component, "version": version}
            write_atomic(path / _FORMAT, json.dumps(content).encode())
        return cls(path, lock)

    def close(self) -> None:
        """Give the folder back; calling it twice is harmless."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _taken(lock: int) -> bool:
    """Take the lock unless it is held.

    Somebody who only asks for its holder shares it for an instant, or longer on a busy machine;
    whoever holds it does not share it.
    """
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            fcntl.flock(lock, fcntl.LOCK_UN)
            os.sched_yield()
        else:
            return True


def check_version(path: Path, *, component: str, version: int) -> None:
    """Refuse a folder that a newer version wrote.

    Raises:
        DataFolderTooNewError: If its recorded version is above `version`.
    """
    try:
        stored = json.loads((path / _FORMAT).read_text())
    except FileNotFoundError:
        return
    if stored["version"] > version:
        raise DataFolderTooNewError(
            f"{path} was written by version {stored['version']} of {component}; "
            f"this program knows up to {version}"
        )


def holder_of(path: Path) -> int | None:
    """Return the pid written into the folder's lock, or None when it is not held."""
    try:
        lock = os.open(path / _LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(lock, 20, 0).decode()
        return int(text) if text.isdigit() else None
    finally:
        os.close(lock)
    return None
