"""The snapshots of a lab: names and folders below `DATA/snapshots`.

Provenance: ours.
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundation.durable.files import sync_folder
from foundation.errors import DomainError
from utmlab.places import Places
from utmlab.snapshot.copying import copy_lab, sync_tree
from utmlab.snapshot.errors import NoSuchSnapshotError, SnapshotExistsError, SnapshotNameError
from utmlab.snapshot.manifest import MANIFEST, Manifest, check, describe, read_manifest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Listed:
    """A snapshot in a list.

    Attributes:
        name: Its name.
        saved_at: When it was saved; empty when it cannot be read.
        files: How many it has.
        size: Their bytes.
        problem: Why it cannot be loaded, or empty.
    """

    name: str
    saved_at: str
    files: int
    size: int
    problem: str

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            name: getattr(self, name) for name in ("name", "saved_at", "files", "size", "problem")
        }


class Shelf:
    """Where the snapshots of one lab stand."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.folder = places.data / "snapshots"

    def names(self) -> list[str]:
        """Return the names, in order."""
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted(one.name for one in found if _NAME.fullmatch(one.name))

    def listed(self) -> list[Listed]:
        """Return all with what their manifests say; the files are not read."""
        return [self._listed(name) for name in self.names()]

    def path(self, name: str) -> Path:
        """Return the folder of a snapshot that is there.

        Raises:
            SnapshotNameError: If it can be no name.
            NoSuchSnapshotError: If there is none.
        """
        path = self.folder / _checked(name)
        if not path.is_dir():
            raise NoSuchSnapshotError(f"there is no snapshot {name!r}")
        return path

    def checked(self, name: str) -> Path:
        """Return the folder of a snapshot that is whole.

        Raises:
            NoSuchSnapshotError: If there is none.
            SnapshotDamagedError: If it is not what was saved.
            SnapshotTooNewError: If a newer version saved it.
        """
        path = self.path(name)
        check(path, read_manifest(path))
        return path

    def room_for(self, name: str) -> Path:
        """Return the folder in which a new snapshot is made before it has its name.

        Raises:
            SnapshotExistsError: If there is one of that name.
        """
        if (self.folder / _checked(name)).exists():
            raise SnapshotExistsError(f"there is a snapshot {name!r} already")
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f".{name}.{os.getpid()}.new"

    def take(self, making: Path) -> None:
        """Copy the lab, which stands still now.

        Raises:
            LabUnsteadyError: If it does not.
        """
        copy_lab(self._places, making)

    def put(self, making: Path, name: str, saved_at: str) -> Manifest:
        """Describe, sync and name what was copied."""
        manifest = Manifest(name, saved_at, describe(making))
        (making / MANIFEST).write_bytes(manifest.encode())
        sync_tree(making)
        making.rename(self.folder / name)
        sync_folder(self.folder)
        return manifest

    def delete(self, name: str) -> None:
        """Delete a snapshot.

        Raises:
            NoSuchSnapshotError: If there is none.
        """
        gone = self.path(name).rename(self.folder / f".{name}.{os.getpid()}.gone")
        shutil.rmtree(gone)

    def remove_unfinished(self) -> None:
        """Remove what a stopped save or delete left behind."""
        for path in self.folder.glob(".*"):
            shutil.rmtree(path)

    def _listed(self, name: str) -> Listed:
        try:
            known = read_manifest(self.folder / name)
        except DomainError as error:
            return Listed(name, "", 0, 0, str(error))
        return Listed(name, known.saved_at, len(known.entries), known.size, "")


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise SnapshotNameError(f"{name!r} is no name of a snapshot")
    return name
