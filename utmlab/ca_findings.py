"""What the doctor says of LiveConnect's CA: a rotation under way, and an end that is near.

Provenance: ours.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from liveconnect.ca_phase import RotationPhase, phase_of
from utmlab.finding import Finding

SUBJECT: Final = "LiveConnect's CA"
NEAR: Final = timedelta(days=365)
_NEXT: Final = {RotationPhase.PREPARED: "switch", RotationPhase.SWITCHED: "finish"}


def ca_findings(folder: Path, now: datetime) -> Iterator[Finding]:
    """Yield what is to be said of the CA whose files lie in a folder; nothing when none do.

    Args:
        folder: `pki` of LiveConnect's folder.
        now: The present.
    """
    file = folder / "ca.crt"
    if not file.exists():  # workers keep it in their database
        return
    phase = phase_of(folder)
    if phase is not RotationPhase.STABLE:
        sentence = f"its rotation is {phase}: `utmlab ca --rotate {_NEXT[phase]}` comes next"
        yield Finding("warning", SUBJECT, sentence)
        return
    from cryptography import x509  # noqa: PLC0415 - slow to load, and most commands need none of it

    ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    if ends - now < NEAR:
        sentence = f"it ends on {ends:%Y-%m-%d}: begin with `utmlab ca --rotate prepare`"
        yield Finding("warning", SUBJECT, sentence)
