"""The steps of a rotation of the CA: rules that say which key files change. Pure, keys aside.

- `ca.crt` holds every certificate that is trusted; the signer is the one whose key is `ca.key`.
- A new certificate is trusted too (prepare), it becomes the signer (switch), the old one is dropped
  (finish). A step counts with one file (`key_files.py`): a kill before it leaves a step that can
  be repeated. In a database a step is one transaction.

Provenance: ours.
"""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from foundation.errors import DomainError
from liveconnect.ca_phase import RotationPhase, phase_in
from liveconnect.key_files import (
    CA_CERTIFICATES,
    CA_KEY,
    NEXT_KEY,
    ROTATED,
    SWITCHED_AT,
    Changes,
    Files,
)
from liveconnect.roots import key_bytes, make_root, pem_of, read_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREPARE: Final = "prepare"
SWITCH: Final = "switch"
FINISH: Final = "finish"


class RotationOutOfStepError(DomainError):
    """A step of a rotation that is not the next one."""

    code: ClassVar[str] = "rotation_out_of_step"
    hint: ClassVar[str] = "The steps are prepare, switch, finish; `utmlab ca --json` tells where."


class RotationStepUnknownError(DomainError):
    """There is no step of this name."""

    code: ClassVar[str] = "rotation_step_unknown"
    hint: ClassVar[str] = "The steps are prepare, switch and finish."


def check_step(step: str) -> None:
    """Check that there is such a step.

    Raises:
        RotationStepUnknownError: If not.
    """
    if step not in _STEPS:
        raise RotationStepUnknownError(f"there is no step {step!r}")


def check_order(step: str, phase: RotationPhase) -> None:
    """Check that a step is the next one in a phase.

    Raises:
        RotationOutOfStepError: If it is not.
    """
    before, _ = _STEPS[step]
    if phase is not before:
        raise RotationOutOfStepError(f"the rotation is {phase.value}, not {before.value}")


def take_step(step: str, files: Files, now: datetime) -> Changes:
    """Return what a step changes.

    Raises:
        RotationOutOfStepError: If it is not the next one.
    """
    check_order(step, phase_in(files))
    _, work = _STEPS[step]
    return work(files, now)


def trusted_in(files: Files) -> tuple[x509.Certificate, ...]:
    """Return every certificate that is to be trusted, the signer's first."""
    key = read_key(files[CA_KEY])
    found = x509.load_pem_x509_certificates(files[CA_CERTIFICATES])
    (signer,) = [one for one in found if one.public_key() == key.public_key()]
    return (signer, *(one for one in found if one is not signer))


def trust_to_tell(files: Files) -> str:
    """Return what MCS policies say of trust: nothing before the first rotation."""
    return pem_of(*trusted_in(files)) if ROTATED in files else ""


def _prepare(files: Files, now: datetime) -> Changes:
    key = ec.generate_private_key(ec.SECP256R1())
    both = pem_of(trusted_in(files)[0], make_root(key, now))
    return {ROTATED: b"", CA_CERTIFICATES: both.encode(), NEXT_KEY: key_bytes(key)}


def _switch(files: Files, now: datetime) -> Changes:
    return {SWITCHED_AT: now.isoformat().encode(), CA_KEY: files[NEXT_KEY], NEXT_KEY: None}


def _finish(files: Files, _now: datetime) -> Changes:
    return {CA_CERTIFICATES: pem_of(trusted_in(files)[0]).encode(), NEXT_KEY: None}


_STEPS: "Mapping[str, tuple[RotationPhase, Callable[[Files, datetime], Changes]]]" = {
    PREPARE: (RotationPhase.STABLE, _prepare),
    SWITCH: (RotationPhase.PREPARED, _switch),
    FINISH: (RotationPhase.SWITCHED, _finish),
}
"""Each step with the phase that it begins in."""
