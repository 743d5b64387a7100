"""Making the file of a bundle: a gzipped tar, redacted, whole or not at all.

- Every text goes through the redactor and then into the archive; nothing is copied past it.
- Readable by its owner only. Its own names and times tell nothing of the machine.
"""

import io
import tarfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from foundation.durable.files import SECRET_MODE, write_atomic
from utmlab.bundle.content import parts, written
from utmlab.bundle.secrets import Redactor, known_secrets
from utmlab.errors import NothingStoredError
from utmlab.places import Places

ROOT = "utmlab-bundle"


@dataclass(frozen=True, slots=True)
class Bundled:
    """What was written."""

    file: Path
    members: tuple[str, ...]
    size: int


def write_bundle(places: Places, target: Path, now: datetime) -> Bundled:
    """Write a bundle about a lab.

    Raises:
        NothingStoredError: If the data folder holds none.
        OSError: If it cannot be written; a former file of that name is untouched then.
    """
    if not places.data.is_dir():
        raise NothingStoredError(f"{places.data} holds no lab")
    redactor = Redactor(known_secrets(places))
    buffer, members = io.BytesIO(), list[str]()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, make in parts(places, now):
            body = redactor.redact(written(make)).encode()
            info = tarfile.TarInfo(f"{ROOT}/{redactor.redact(name)}")
            info.size, info.mtime, info.mode = len(body), int(now.timestamp()), SECRET_MODE
            archive.addfile(info, io.BytesIO(body))
            members.append(name)
    write_atomic(target, buffer.getvalue(), mode=SECRET_MODE)
    return Bundled(target, tuple(members), len(buffer.getvalue()))
