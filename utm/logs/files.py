"""The blocking half of the appender: what is done to the files themselves.

* The database knows how many bytes of a file are durable. What is beyond them was never
  committed and is cut off; a file that has fewer, or that no row knows, is not ours to cut: it
  is renamed `NAME.log.orphan-N` and a new one begins.
* Nothing is held open between calls, so that a rotated or cleared file is noticed.
* An archive appears whole: compressed beside its place, synced, renamed. Its bytes depend on
  the content alone, so that writing it again after a crash changes nothing.
"""

import contextlib
import gzip
import os
from pathlib import Path
from typing import BinaryIO, Literal

from foundation.checkpoints import Checkpoints
from foundation.durable.files import sync_folder, write_atomic

CHUNK_BYTES = 1 << 20

Settled = Literal["whole", "cut", "begun", "orphaned"]


def settle(path: Path, offset: int) -> Settled:
    """Bring a file to its committed offset; what cannot be brought there is set aside.

    Returns:
        `whole`: nothing to do. `cut`: uncommitted bytes were removed. `begun`: there was no
        file, a new one is there. `orphaned`: a shorter file was renamed, a new one is there.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        begin(path)
        return "begun"
    if size == offset:
        return "whole"
    if size > offset:
        with path.open("r+b") as file:
            file.truncate(offset)
            os.fsync(file.fileno())
        return "cut"
    set_aside(path)
    begin(path)
    return "orphaned"


def set_aside(path: Path) -> Path | None:
    """Rename a file that is not ours to change; returns its new name, None without a file."""
    if not path.exists():
        return None
    number = 1
    while (orphan := path.with_name(f"{path.name}.orphan-{number}")).exists():
        number += 1
    path.rename(orphan)
    sync_folder(path.parent)
    return orphan


def holds(path: Path, size: int) -> bool:
    """Whether the file has at least that many bytes."""
    try:
        return path.stat().st_size >= size
    except FileNotFoundError:
        return False


def begin(path: Path) -> None:
    """Put an empty file in the place; readers of an old one keep what they have open."""
    write_atomic(path, b"")


def append(path: Path, offset: int, data: bytes, checkpoints: Checkpoints) -> None:
    """Write `data` at `offset` and sync it; when that fails, nothing is left beyond `offset`.

    Raises:
        OSError: if the disk refuses.
    """
    checkpoints.reach("utm.appender_before_write")
    with path.open("r+b", buffering=0) as file:
        try:
            _write_all(file.fileno(), offset, data)
            checkpoints.reach("utm.appender_after_write")
            os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):  # the next round settles the file again
                file.truncate(offset)
            raise
    checkpoints.reach("utm.appender_after_fsync")


def archive(path: Path, size: int, target: Path) -> None:
    """Compress the first `size` bytes of `path` into `target`.

    Raises:
        OSError: if the disk refuses; no file of the target's name appears then.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.new")
    try:
        with path.open("rb") as source, temporary.open("wb") as file:
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
                _copy(source, packed, size)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    for folder in (target.parent, target.parent.parent, target.parent.parent.parent):
        sync_folder(folder)
    sync_folder(path.parent)


def _write_all(descriptor: int, offset: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        offset += written
        view = view[written:]


def _copy(source: BinaryIO, target: gzip.GzipFile, size: int) -> None:
    while size > 0 and (chunk := source.read(min(size, CHUNK_BYTES))):
        target.write(chunk)
        size -= len(chunk)
