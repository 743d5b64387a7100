"""How far a rotation of the CA is, told by its files alone.

- A second certificate in `ca.crt` is there from the preparation until the end; `next.key` is there
  before it, until the switch makes it `ca.key`. Who reads them needs no running LiveConnect.
- Workers keep their keys in folders of their own. For whoever looks at the data folder they write
  `ca.crt` into its `pki/`, and the phase beside it.

Provenance: ours.
"""

from enum import StrEnum
from pathlib import Path

from foundation.durable.files import write_atomic
from liveconnect.key_files import CA_CERTIFICATES, CA_KEY, NEXT_KEY, Files, read_files

_BEGIN = b"-----BEGIN CERTIFICATE-----"
_PHASE = "phase"


class RotationPhase(StrEnum):
    """How far a rotation of the CA is."""

    STABLE = "stable"
    PREPARED = "prepared"
    SWITCHED = "switched"


def phase_in(files: Files) -> RotationPhase:
    """Return how far the rotation of these files is."""
    # A kill may have come before a next key had its certificate, which leaves nothing prepared,
    # or when it was the CA's already and not yet removed.
    if files[CA_CERTIFICATES].count(_BEGIN) == 1:
        return RotationPhase.STABLE
    is_next = NEXT_KEY in files and files[NEXT_KEY] != files.get(CA_KEY)
    return RotationPhase.PREPARED if is_next else RotationPhase.SWITCHED


def phase_of(folder: Path) -> RotationPhase:
    """Return how far the rotation is whose files lie in a folder."""
    files, told = read_files(folder), folder / _PHASE
    if CA_KEY not in files and told.exists():
        return RotationPhase(told.read_text())
    return phase_in(files)


def publish(folder: Path, files: Files) -> None:
    """Write for readers of `folder` whom to trust, and how far the rotation is."""
    shown = {CA_CERTIFICATES: files[CA_CERTIFICATES], _PHASE: phase_in(files).encode()}
    for name, content in shown.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            write_atomic(path, content)
