"""The tamper protection policy (TPROT).

* The password travels as its SHA-256 in hex, never itself; an empty one means that none is set.
* A hash that is none is refused: protection with it could never be lifted.
* ``encode`` leaves RevID blank; whoever serves the policy seals it.

Provenance: ours; no public source shows this document.
"""

import re
from dataclasses import dataclass, field

from foundation.protocol.names import POLICY_TYPES, TAMPER_PROTECTION_NAMESPACE, TPROT
from foundation.protocol.policies import (
    COMPLIANCE_XMLNS,
    PolicyRefusedError,
    compliance_element,
    compliance_of,
    read_policy,
)
from foundation.protocol.reasons import Reason
from foundation.protocol.xml_reading import is_true
from foundation.protocol.xml_writing import attribute, element, truth

_TYPE = "tamper-protection"
_HASH = re.compile("(?:[0-9a-f]{64})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class TamperPolicy:
    """Whether services and files are protected; ``rev_id`` is read, never written."""

    enabled: bool
    password_hash: str = field(default="", repr=False)
    rev_id: str = field(default="", compare=False)

    def encode(self) -> bytes:
        """Return the document with a blank RevID."""
        return (
            f'<?xml version="1.0"?>\n<policy {COMPLIANCE_XMLNS} type="{_TYPE}">'
            f"{compliance_element(POLICY_TYPES[TPROT])}"
            f'<configuration xmlns="{TAMPER_PROTECTION_NAMESPACE}">'
            f"{element('enabled', truth(self.enabled))}"
            f'<password sha256="{attribute(self.password_hash)}"/></configuration></policy>'
        ).encode()


def decode_tamper_policy(document: bytes) -> TamperPolicy:
    """Read a tamper protection policy.

    Raises:
        PolicyRefusedError: malformed, not one csc:Comp, another document, or a bad hash.
    """
    root = read_policy(document)
    compliance = compliance_of(root)
    settings = root.first("configuration")
    if root.attribute("type") != _TYPE or not settings.has("enabled"):
        raise PolicyRefusedError(
            "The document is not a tamper protection policy.", Reason.FIELD_MISSING
        )
    password_hash = settings.first("password").attribute("sha256")
    if _HASH.fullmatch(password_hash) is None:
        raise PolicyRefusedError("The password of the policy is not a SHA-256 in hex.")
    return TamperPolicy(
        enabled=is_true(settings.text_at("enabled")),
        password_hash=password_hash,
        rev_id=compliance.rev_id,
    )
