"""Files that are either the old one or the new one, whole, whenever the machine stops.

- A write goes to a temporary file beside the target, is synced, and is renamed over it.
- The folder is synced too: a rename is durable only when its folder is.
- What a killed process left half written is removed when somebody starts there again.
"""

import os
import re
from pathlib import Path

SECRET_MODE = 0o600
_TEMPORARY = re.compile(r"\..+\.(\d{1,9})\.new")


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644, sync: bool = True) -> None:
    """Replace `path` by `data` in one step, making its folder if needed.

    Args:
        path: The file to replace.
        data: Its whole new content.
        mode: Permission bits of the new file.
        sync: Whether the data must survive a power cut, rather than only a killed process.

    Raises:
        OSError: If the disk refuses; the old file is untouched then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - the mode is set by os.open
            os.fchmod(file.fileno(), mode)
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if sync:
        sync_folder(path.parent)


def write_secret(path: Path, data: bytes) -> None:
    """Replace `path` by `data`, readable by its owner only."""
    write_atomic(path, data, mode=SECRET_MODE)


def remove(path: Path, *, sync: bool = True) -> None:
    """Remove `path` durably; a file that is gone already is no error."""
    path.unlink(missing_ok=True)
    if sync and path.parent.is_dir():
        sync_folder(path.parent)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files of processes that live no more, in `folder` and below it."""
    for parent, _, names in os.walk(folder):
        for name in names:
            found = _TEMPORARY.fullmatch(name)
            if found and not _lives(int(found[1])):
                Path(parent, name).unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def sync_folder(folder: Path) -> None:
    """Make renames and removals inside `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
