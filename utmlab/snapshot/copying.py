"""Copying a lab's folders, its databases by SQLite's backup.

- A database is copied before the log files that it counts the bytes of: a copied file is then never
  shorter than what is committed, and what is longer is cut at the next start.
- Whoever writes while the copy is made is noticed by the databases' own counters, and the copy is
  made again: what is kept is one moment of all houses.

Provenance: ours.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from foundation.durable.files import sync_folder
from utmlab.places import Places
from utmlab.snapshot.errors import LabUnsteadyError

TRIES: Final = 8
DATA, LOGS, STAGING = "data", "logs", ".loading"
KEPT: Final = frozenset(
    {
        "lock",
        "format.json",
        "control.json",
        "lab.log",
        "clock.json",
        "faults",
        "snapshots",
        "loading.json",
    }
)
"""What belongs to the data folder and the process on it, not to the state of the lab."""
OF_THE_LOGS: Final = ("utm", "endpoints")
_MAGIC: Final = b"SQLite format 3\0"
_SIDE_FILES: Final = ("-wal", "-shm", "-journal")
_OF_A_PROCESS: Final = frozenset({"lock", "control.json", "stderr.txt"})


def roots(places: Places) -> dict[str, Path]:
    """Return the folders that are copied, by their names in a snapshot."""
    return {DATA: places.data, LOGS: places.logs}


def parts(places: Places, tree: str, folder: Path) -> list[str]:
    """Return the names in a folder that belong to a tree of the lab."""
    if not folder.is_dir():
        return []
    names = sorted(path.name for path in folder.iterdir())
    if tree == LOGS:
        return [name for name in names if name in OF_THE_LOGS]
    inside = {places.logs.name} if places.logs.parent == places.data else set()
    return [name for name in names if name not in KEPT | inside and not name.startswith(".")]


def copy_lab(places: Places, target: Path) -> None:
    """Copy a lab that stands still into a new folder.

    Raises:
        LabUnsteadyError: If it does not stand still.
    """
    for _ in range(TRIES):
        shutil.rmtree(target, ignore_errors=True)
        with ExitStack() as opened:
            watched = [opened.enter_context(_open(path)) for path in _databases(places)]
            before = [_version(one) for one in watched]
            _copy_all(places, target)
            if before == [_version(one) for one in watched]:
                return
    shutil.rmtree(target, ignore_errors=True)
    raise LabUnsteadyError(f"{places.data} was written to while it was copied")


def copy_tree(source: Path, target: Path) -> None:
    """Copy plain files, links and folders as they are, with their modes."""
    shutil.copytree(source, target, symlinks=True, copy_function=shutil.copy2)


def sync_tree(root: Path) -> None:
    """Make everything below a folder survive a power cut."""
    for parent, _, names in os.walk(root):
        for name in names:
            path = Path(parent, name)
            if not path.is_symlink():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        sync_folder(Path(parent))


def _copy_all(places: Places, target: Path) -> None:
    for path in _databases(places):
        copy = target / DATA / path.relative_to(places.data)
        copy.parent.mkdir(parents=True, exist_ok=True)
        with _open(path) as source, closing(sqlite3.connect(copy)) as into:
            source.backup(into)
            into.execute("PRAGMA journal_mode=DELETE")  # one file, until the lab opens it
        shutil.copymode(path, copy)
    for tree, root in roots(places).items():
        (target / tree).mkdir(parents=True, exist_ok=True)
        for name in parts(places, tree, root):
            _copy_part(root / name, target / tree / name)


def _copy_part(source: Path, target: Path) -> None:
    if source.is_symlink() or source.is_file():
        shutil.copy2(source, target, follow_symlinks=False)
        return
    target.mkdir(exist_ok=True)
    shutil.copystat(source, target)
    with os.scandir(source) as found:
        for entry in found:
            copy = target / entry.name
            if entry.is_dir(follow_symlinks=False):
                _copy_part(Path(entry.path), copy)
            elif not (copy.exists() or _is_left_out(Path(entry.path))):
                shutil.copy2(entry.path, copy, follow_symlinks=False)


def _is_left_out(path: Path) -> bool:
    return path.name in _OF_A_PROCESS or any(
        path.name.endswith(end) and _is_database(path.with_name(path.name.removesuffix(end)))
        for end in _SIDE_FILES
    )


def _databases(places: Places) -> Iterator[Path]:
    for name in parts(places, DATA, places.data):
        for path in sorted((places.data / name).rglob("*.db")):
            if _is_database(path):
                yield path


def _is_database(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _open(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0))


def _version(database: sqlite3.Connection) -> int:
    version: int = database.execute("PRAGMA data_version").fetchone()[0]
    return version
