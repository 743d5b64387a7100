"""One computer or the UTM back at an earlier state within milliseconds, its sockets open.

- Prepared once: a computer's files and the UTM's database are held in memory. A reset writes only
  what differs, into the folder and the connection that are open, and has the memory read again.
- Nothing is synced: a reset is for tests, and a power cut in the middle of one costs the test.
- The others know of the future, so what was reset speaks again: a computer tells all its statuses,
  and LiveConnect assigns what it lacks; a UTM registers again, and its epoch rises.
- A computer's own logs and the address of its Web Control stay as they are.

Provenance: ours.
"""

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from sqlite_utils import Database

from endpoint.app import Endpoint
from endpoint.host import HostFolder
from endpoint.mcs_client.status_cache import StatusCache
from endpoint.web_control.listening import proxy_file
from utm.app import Utm
from utm.storage import DATABASE

_MODE: Final = 0o777
_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it was: what it held, and how it looked when it was last put there."""

    data: bytes
    mode: int


class ComputerImage:
    """The state of one computer, held in memory."""

    def __init__(self, files: dict[str, _File]) -> None:
        self._files = files
        self._stamps: dict[str, _Stamp] = {}

    @classmethod
    def of(cls, source: Path) -> Self:
        """Read a host folder, such as one of a snapshot; it stays as it is."""
        with tempfile.TemporaryDirectory(prefix="utmlab-image-") as scratch:
            copy = HostFolder(Path(scratch, source.name))
            shutil.copytree(source, copy.root, symlinks=True)
            StatusCache(copy.cache).send_again()
            left = _left_alone(copy)
            return cls(
                {
                    name: _File(Path(path).read_bytes(), Path(path).stat().st_mode & _MODE)
                    for name, path in _files(copy.root, left)
                }
            )

    async def reset(self, endpoint: Endpoint) -> None:
        """Bring a running computer to this state."""
        await endpoint.quiesce()
        self._restore(endpoint.host)
        await endpoint.load()
        endpoint.look_again()

    def _restore(self, host: HostFolder) -> None:
        """Write what differs, without a pause in which a service could look."""
        present = dict(_files(host.root, _left_alone(host)))
        for name in present.keys() - self._files.keys():
            os.unlink(present[name])  # noqa: PTH108 - hundreds of names, and no Path for each
            self._stamps.pop(name, None)
        for name, wanted in self._files.items():
            path = f"{host.root}/{name}"
            stamp = _stamp(path)
            if stamp is None or stamp != self._stamps.get(name):
                if stamp is None or Path(path).read_bytes() != wanted.data:
                    _put(path, wanted)
                self._stamps[name] = _stamp(path) or (0, 0, 0)


class UtmImage:
    """The state of one UTM's database, held in memory."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    @classmethod
    def of(cls, source: Path) -> Self:
        """Read the folder of a UTM, such as one of a snapshot; it stays as it is."""
        memory = sqlite3.connect(":memory:", check_same_thread=False)
        uri = f"file:{source / DATABASE}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as stored:
            stored.backup(memory)
        return cls(memory)

    async def reset(self, utm: Utm) -> None:
        """Bring a running UTM to this state; it registers again in the background."""
        await utm.quiesce()
        await utm.writer.read(self._restore)
        await utm.load()

    def close(self) -> None:
        """Give the memory back."""
        self._database.close()

    def _restore(self, into: Database) -> None:
        self._database.backup(into.conn)


def _left_alone(host: HostFolder) -> frozenset[str]:
    return frozenset({str(host.logs), str(proxy_file(host))})


def _files(folder: Path | str, left: frozenset[str], above: str = "") -> list[tuple[str, str]]:
    """Return the names below a folder, and their paths."""
    found: list[tuple[str, str]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{above}{entry.name}"
            if entry.path in left:
                continue
            if entry.is_dir(follow_symlinks=False):
                found += _files(entry.path, left, f"{name}/")
            elif entry.is_file(follow_symlinks=False):
                found.append((name, entry.path))
    return found


def _stamp(path: str) -> _Stamp | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - hundreds of names, and no Path for each
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _put(path: str, wanted: _File) -> None:
    """Write over a file as it lies there.

    To rename over it, or to empty it first, makes ext4 bring the new data to the disk at once.
    """
    flags = os.O_WRONLY | os.O_CREAT
    try:
        descriptor = os.open(path, flags, wanted.mode)
    except FileNotFoundError:
        Path(path).parent.mkdir(parents=True)
        descriptor = os.open(path, flags, wanted.mode)
    with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 - opened as it lies there
        file.write(wanted.data)
        file.truncate(len(wanted.data))
