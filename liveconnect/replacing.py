"""A policy document that a tester puts in the place of an endpoint's.

- A document that can be read is sealed anew, so that edited bytes have a RevID of their own.
- One that cannot be read goes out as it is, under the SHA-256 of its bytes: what an endpoint does
  about a bad policy is worth a test.

Provenance: ours (mcs-protocol 5 asks for it).
"""

import hashlib

from foundation.protocol.link import PolicyDocument
from foundation.protocol.names import POLICY_TYPES
from foundation.protocol.policies import PolicyRefusedError, blanked, read_compliance, seal
from foundation.protocol.reasons import Reason
from liveconnect.refusals import DocumentRefusedError


def document_for(app_id: str, body: bytes) -> PolicyDocument:
    """Return what to assign.

    Raises:
        DocumentRefusedError: If no endpoint could be told of it.
    """
    if not app_id.isalnum():
        raise DocumentRefusedError(Reason.APP_UNKNOWN, "an app id is letters and digits")
    try:
        revision, sealed = seal(blanked(body))
        policy_type = read_compliance(sealed).policy_type
    except PolicyRefusedError:
        known = POLICY_TYPES.get(app_id, 0)
        return PolicyDocument(app_id, known, hashlib.sha256(body).hexdigest(), body)
    return PolicyDocument(app_id, policy_type, revision, sealed)
