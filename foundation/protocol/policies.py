"""What every policy document has in common: its revision and its compliance element.

* RevID = policyId = SHA-256, in hex, of the exact bytes that are served with ``RevID=""``.
* A policy is read only if it has exactly one ``csc:Comp`` with RevID and policyType.
* Sealing changes nothing but the blank: the served bytes differ from the hashed ones by 64.

Provenance: documented (csc:Comp, file names); that RevID and policyId are one hash is ours.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import ClassVar

from foundation.errors import DomainError
from foundation.net.xml_guard import XmlRefusedError
from foundation.protocol.names import COMPLIANCE_NAMESPACE
from foundation.protocol.reasons import Reason
from foundation.protocol.xml_reading import Element, plain_number, read_document
from foundation.protocol.xml_writing import attribute

MAX_POLICY_BYTES = 100 * 1024 * 1024
COMPLIANCE_XMLNS = f'xmlns:csc="{COMPLIANCE_NAMESPACE}"'

# "<" is always escaped in text and attributes, so this can only match a real element.
_REVISION = re.compile(rb'<csc:Comp\s(?:[^<>]*?\s)?RevID="([^"<>]*)"')


class PolicyRefusedError(DomainError):
    """A policy document that must not be applied or served; ``reason`` says why."""

    code: ClassVar[str] = "policy_refused"
    hint: ClassVar[str] = "The last good policy stays in force; send a corrected document."

    def __init__(self, sentence: str, reason: Reason = Reason.POLICY_MALFORMED) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Compliance:
    """What a policy says about itself."""

    rev_id: str
    policy_type: int


def compliance_element(policy_type: int, rev_id: str = "") -> str:
    """Return ``csc:Comp``; the root must declare ``COMPLIANCE_XMLNS``."""
    return f'<csc:Comp RevID="{attribute(rev_id)}" policyType="{policy_type}"/>'


def revision_of(document: bytes) -> str:
    """Return the revision of a document whose RevID is still blank.

    Raises:
        PolicyRefusedError: when there is not exactly one blank RevID.
    """
    start, end = _revision_span(document)
    if start != end:
        raise PolicyRefusedError("The RevID is already filled in.")
    return hashlib.sha256(document).hexdigest()


def seal(document: bytes) -> tuple[str, bytes]:
    """Fill the blank RevID in; return the revision and the bytes to serve.

    Raises:
        PolicyRefusedError: when there is not exactly one blank RevID.
    """
    revision = revision_of(document)
    start, end = _revision_span(document)
    return revision, document[:start] + revision.encode("ascii") + document[end:]


def blanked(document: bytes) -> bytes:
    """Return a sealed document as it was before sealing.

    Raises:
        PolicyRefusedError: when there is not exactly one RevID.
    """
    start, end = _revision_span(document)
    return document[:start] + document[end:]


def is_sealed(document: bytes) -> bool:
    """Whether the RevID of a document is the hash of its bytes; other servers use other ids."""
    start, end = _revision_span(document)
    return document[start:end].decode("ascii", "replace") == revision_of(blanked(document))


def read_compliance(document: bytes) -> Compliance:
    """Read the one ``csc:Comp`` of a policy.

    Raises:
        PolicyRefusedError: malformed, none or several, without RevID or policyType.
    """
    return compliance_of(read_policy(document))


def read_policy(document: bytes) -> Element:
    """Parse a policy and return its root.

    Raises:
        PolicyRefusedError: when the guard refuses the document.
    """
    try:
        return read_document(document, max_bytes=MAX_POLICY_BYTES)
    except XmlRefusedError as error:
        raise PolicyRefusedError(f"The policy cannot be read: {error}", error.reason) from error


def compliance_of(root: Element) -> Compliance:
    """Return the compliance of a parsed policy.

    Raises:
        PolicyRefusedError: none or several, without RevID or policyType.
    """
    found = [each for each in root.descendants("Comp") if each.name == "csc:Comp"]
    if len(found) != 1:
        raise PolicyRefusedError(f"The policy has {len(found)} csc:Comp instead of one.")
    rev_id, policy_type = (
        found[0].attribute("RevID"),
        plain_number(found[0].attribute("policyType")),
    )
    if not rev_id:
        raise PolicyRefusedError("The policy has no RevID.", Reason.REVISION_MISSING)
    if policy_type is None:
        raise PolicyRefusedError("The policy has no policyType.", Reason.FIELD_MISSING)
    return Compliance(rev_id, policy_type)


def policy_file_name(app_id: str, policy_type: int | None = None) -> str:
    """Return the name under which clients save a policy.

    Args:
        app_id: The application.
        policy_type: Its type; None for the policies that have no ``csc:Comp``.
    """
    return f"{app_id}_policy.xml" if policy_type is None else f"{app_id}-{policy_type}_policy.xml"


def _revision_span(document: bytes) -> tuple[int, int]:
    found = list(_REVISION.finditer(document))
    if len(found) != 1:
        raise PolicyRefusedError(
            f"The policy has {len(found)} csc:Comp with a RevID instead of one.",
            Reason.REVISION_MISSING,
        )
    return found[0].span(1)
