"""Moving an endpoint to another server: the new one's answer, and what the old one is told.

* What the old server is told is one bare event, without the envelope that events have otherwise.
* The token is a secret on every hop.

Provenance: documented (mcs-protocol 1.3 call 15, 2.5, 2.6).
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from foundation.net.xml_guard import XmlRefusedError
from foundation.protocol.answers import AnswerMalformedError
from foundation.protocol.timestamps import format_timestamp
from foundation.protocol.xml_reading import read_document
from foundation.protocol.xml_writing import attribute, element

_KIND: Final = "sophos.mgt.mcs.migrate."
SUCCEEDED: Final = f"{_KIND}succeeded"
FAILED: Final = f"{_KIND}failed"
_FIELDS: Final = ("endpoint_id", "device_id", "tenant_id", "password")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIdentity:
    """Who an endpoint is at its new server."""

    endpoint_id: str
    device_id: str
    tenant_id: str
    password: str = field(repr=False)

    def encode(self) -> bytes:
        """Return the answer of the new server."""
        return json.dumps({name: getattr(self, name) for name in _FIELDS}).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationOutcome:
    """What the old server is told; `error` is empty when the endpoint has moved."""

    token: str = field(repr=False)
    has_moved: bool
    error: str = ""

    def encode(self, at: datetime) -> bytes:
        """Return the bare event."""
        kind = SUCCEEDED if self.has_moved else FAILED
        error = element("errorMessage", self.error) if self.error else ""
        return (
            f'<event type="{kind}" ts="{attribute(format_timestamp(at))}">'
            f"{element('token', self.token)}{error}</event>"
        ).encode()


def decode_new_identity(body: bytes) -> NewIdentity:
    """Read the answer of the new server.

    Raises:
        AnswerMalformedError: If it is not JSON with the four texts.
    """
    try:
        content = json.loads(body)
        values = {name: content[name] for name in _FIELDS}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise AnswerMalformedError("The answer names no new identity.") from error
    if not all(isinstance(value, str) and value for value in values.values()):
        raise AnswerMalformedError("A part of the new identity is empty or no text.")
    return NewIdentity(**values)


def decode_outcome(body: bytes) -> MigrationOutcome | None:
    """Read the bare event of a migration; None when the body is anything else."""
    if _KIND.encode() not in body[:1000]:
        return None
    try:
        root = read_document(body)
    except XmlRefusedError:
        return None
    kind = root.attribute("type")
    if root.name != "event" or kind not in {SUCCEEDED, FAILED}:
        return None
    return MigrationOutcome(
        token=root.text_at("token"),
        has_moved=kind == SUCCEEDED,
        error=root.text_at("errorMessage"),
    )
