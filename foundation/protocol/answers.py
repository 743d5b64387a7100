"""The JSON answers of MCS: the one that carries a JWT, and the feature flags.

* The access token is opaque to the client.
* What a server leaves out reads as a client takes it: a day to expiry, no device, no tenant.

Provenance: documented.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from foundation.errors import DomainError

DEFAULT_EXPIRES_IN_S = 86_400
RENEW_BEFORE_EXPIRY_S = 600


class AnswerMalformedError(DomainError):
    """A JSON answer is not what the call promises."""

    code: ClassVar[str] = "answer_malformed"
    hint: ClassVar[str] = "Check that the server address is that of an MCS server."


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateAnswer:
    """An access token, and for which device of which tenant it speaks."""

    access_token: str = field(repr=False)
    expires_in: int = DEFAULT_EXPIRES_IN_S
    role: str = "endpoint"
    device_id: str = ""
    tenant_id: str = ""

    def encode(self) -> bytes:
        """Return the answer as JSON; an empty device or tenant is left out."""
        answer: dict[str, Any] = {
            "access_token": self.access_token,
            "token_type": "Bearer",
            "expires_in": self.expires_in,
            "role": self.role,
        }
        parties = {"device_id": self.device_id, "tenant_id": self.tenant_id}
        return json.dumps(answer | {name: id_ for name, id_ in parties.items() if id_}).encode()


def decode_authenticate_answer(data: bytes) -> AuthenticateAnswer:
    """Read the answer to an authentication.

    Raises:
        AnswerMalformedError: when it is no JSON object with an access token.
    """
    answer = _object(data)
    token, expires_in = answer.get("access_token"), answer.get("expires_in", DEFAULT_EXPIRES_IN_S)
    if not isinstance(token, str) or not token:
        raise AnswerMalformedError("The answer has no access_token.")
    if isinstance(expires_in, bool) or not isinstance(expires_in, int):
        raise AnswerMalformedError("The answer's expires_in is not a number of seconds.")
    return AuthenticateAnswer(
        access_token=token,
        expires_in=expires_in,
        role=str(answer.get("role") or ""),
        device_id=str(answer.get("device_id") or ""),
        tenant_id=str(answer.get("tenant_id") or ""),
    )


def encode_flags(flags: Mapping[str, bool]) -> bytes:
    """Return the flags as JSON, sorted by name."""
    return json.dumps(dict(flags), sort_keys=True).encode()


def decode_flags(data: bytes) -> dict[str, bool]:
    """Read the flags; what is neither true nor false is left out.

    Raises:
        AnswerMalformedError: when it is no JSON object.
    """
    return {name: value for name, value in _object(data).items() if isinstance(value, bool)}


def _object(data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise AnswerMalformedError("The answer is not JSON.") from error
    if not isinstance(answer, dict):
        raise AnswerMalformedError("The answer is not a JSON object.")
    return answer
