"""What a snapshot holds: every file with its digest, under a digest of the whole.

- The format has a version; a newer one is refused.
- The manifest carries its own digest, so that a damaged one is seen before anything is done.

Provenance: ours.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from utmlab.snapshot.errors import SnapshotDamagedError, SnapshotTooNewError

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a snapshot.

    Attributes:
        path: Below the snapshot's folder, with `data/` or `logs/` in front.
        size: In bytes.
        sha256: Of its bytes, or of the target of a link.
        is_link: Whether it is a symbolic link.
    """

    path: str
    size: int
    sha256: str
    is_link: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """A snapshot in words.

    Attributes:
        name: The name it was saved under.
        saved_at: When, by the lab's clock.
        entries: Every file.
    """

    name: str
    saved_at: str
    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(entry.size for entry in self.entries)

    def encode(self) -> bytes:
        """Return the manifest's file."""
        content = {"format": FORMAT, **asdict(self)}
        return json.dumps({"digest": _digest(content), **content}, indent=1).encode()


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a snapshot.

    Raises:
        SnapshotDamagedError: If it is not what was written.
        SnapshotTooNewError: If its format is newer than this program's.
    """
    try:
        content: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        digest, version = content.pop("digest"), content["format"]
        if isinstance(version, int) and version > FORMAT:
            raise SnapshotTooNewError(
                f"{folder.name} has format {version}; this program knows up to {FORMAT}"
            )
        if digest != _digest(content):
            raise SnapshotDamagedError(f"the manifest of {folder.name} was changed")
        entries = tuple(Entry(**one) for one in content["entries"])
        return Manifest(content["name"], content["saved_at"], entries)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotDamagedError(
            f"the manifest of {folder.name} cannot be read: {error!r}"
        ) from error


def describe(root: Path) -> tuple[Entry, ...]:
    """Return an entry for every file below a folder, in order."""
    return tuple(
        _entry(root, path)
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    )


def check(folder: Path, manifest: Manifest) -> None:
    """Check that a snapshot's files are those of its manifest.

    Raises:
        SnapshotDamagedError: If one is missing, changed or more than was saved.
    """
    try:
        found = {entry for entry in describe(folder) if entry.path != MANIFEST}
    except OSError as error:
        raise SnapshotDamagedError(f"{folder.name} cannot be read: {error}") from error
    odd = sorted(entry.path for entry in found ^ set(manifest.entries))
    if odd:
        raise SnapshotDamagedError(f"{folder.name} is not what was saved: {odd[0]} differs")


def _entry(root: Path, path: Path) -> Entry:
    name = path.relative_to(root).as_posix()
    if path.is_symlink():
        target = str(path.readlink()).encode()
        return Entry(name, len(target), hashlib.sha256(target).hexdigest(), is_link=True)
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            digest.update(part)
            size += len(part)
    return Entry(name, size, digest.hexdigest())


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
