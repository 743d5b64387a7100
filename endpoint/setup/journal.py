r"""Setup's journal: which steps are done, so that a killed setup goes on where it was.

- A step is written down after everything it did is on disk; a step that was under way is done
  again, and every step may be done twice.
- A removal that has begun is written down before the first file goes, and is finished first.
- The token is kept as a digest: enough to tell whether the same installer runs again.
- The folder is locked while setup runs, so that two setups never share a host.

Provenance: ours.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from endpoint.host import HostFolder
from foundation.durable.files import write_atomic
from foundation.durable.folder import DataFolder
from foundation.redact import Secret

VERSION: Final = 1
LAST_STEP: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far setup came on a host.

    Attributes:
        token_digest: SHA-256 of the token in use.
        done: The last finished step; 0 when none is.
        is_removing: Whether a removal has begun.
    """

    token_digest: str
    done: int = 0
    is_removing: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether all six steps are done."""
        return self.done >= LAST_STEP and not self.is_removing


def token_digest(token: Secret) -> str:
    """Identify a token without keeping it."""
    return hashlib.sha256(token.reveal().encode()).hexdigest()


def setup_folder(host: HostFolder) -> Path:
    """Return the folder in which setup keeps its journal."""
    return host.path(r"C:\ProgramData\Sophos\Setup")


class Journal:
    """The journal of one host, held by this process until `close`.

    Raises:
        DataFolderInUseError: If another setup works on the host.
        DataFolderTooNewError: If a newer setup worked on it.
    """

    def __init__(self, host: HostFolder) -> None:
        folder = setup_folder(host)
        self._folder = DataFolder.open(folder, component="setup", version=VERSION)
        self._path = folder / "journal.json"

    def close(self) -> None:
        """Let another setup work on the host."""
        self._folder.close()

    def read(self) -> Progress | None:
        """Return how far setup came, or None when it never began."""
        return read_progress(self._path)

    def begin(self, token: Secret) -> Progress:
        """Start a new installation."""
        return self._store(Progress(token_digest=token_digest(token)))

    def step_done(self, progress: Progress, step: int) -> Progress:
        """Write down that a step is finished."""
        return self._store(replace(progress, done=step))

    def removal_begins(self, progress: Progress) -> Progress:
        """Write down that what was installed is being removed."""
        return self._store(replace(progress, is_removing=True))

    def _store(self, progress: Progress) -> Progress:
        write_atomic(self._path, json.dumps({"version": VERSION, **asdict(progress)}).encode())
        return progress


def progress_of(host: HostFolder) -> Progress | None:
    """Return how far setup came on a host, without taking the lock."""
    return read_progress(setup_folder(host) / "journal.json")


def read_progress(path: Path) -> Progress | None:
    """Read a journal; a missing or damaged one means that setup never began."""
    try:
        document = json.loads(path.read_bytes())
        return Progress(
            token_digest=str(document["token_digest"]),
            done=int(document["done"]),
            is_removing=bool(document["is_removing"]),
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
