"""How far a rotation of the CA is, told by its files alone.

- `next.key` is there from the preparation until the switch; a second certificate in `ca.crt` is
  there until the end. Who reads them needs neither a key nor a running LiveConnect.

Provenance: ours.
"""

from enum import StrEnum
from pathlib import Path

_BEGIN = b"-----BEGIN CERTIFICATE-----"


class RotationPhase(StrEnum):
    """How far a rotation of the CA is."""

    STABLE = "stable"
    PREPARED = "prepared"
    SWITCHED = "switched"


def next_key_file(folder: Path) -> Path:
    """Return where the key lies that signs after the switch."""
    return folder / "next.key"


def phase_of(folder: Path) -> RotationPhase:
    """Return how far the rotation is whose files lie in a folder."""
    if next_key_file(folder).exists():
        return RotationPhase.PREPARED
    is_double = (folder / "ca.crt").read_bytes().count(_BEGIN) > 1
    return RotationPhase.SWITCHED if is_double else RotationPhase.STABLE
