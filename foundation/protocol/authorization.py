"""The Authorization headers of MCS and the answer to a registration.

* Calls use ``Basic base64(id:password)``; registration appends ``:token``; v2 calls use ``Bearer``.
* At the first registration id and password are empty: ``::TOKEN``.
* A 401 with exactly ``names.REGISTER_REALM`` asks to register again; any other does not.

Provenance: documented.
"""

import base64
import binascii
from dataclasses import dataclass, field
from typing import ClassVar

from foundation.errors import DomainError
from foundation.redact import Secret


class AuthorizationMalformedError(DomainError):
    """An Authorization header cannot be read."""

    code: ClassVar[str] = "authorization_malformed"
    hint: ClassVar[str] = "Send Basic base64(<id>:<password>), with :<token> only to register."


class RegistrationAnswerMalformedError(DomainError):
    """The answer to a registration is not base64 of ``id:password``."""

    code: ClassVar[str] = "registration_answer_malformed"
    hint: ClassVar[str] = "Check that the server address is that of an MCS server."


@dataclass(frozen=True, slots=True)
class EndpointCredentials:
    """Who an endpoint is, and its proof."""

    endpoint_id: str
    password: Secret


@dataclass(frozen=True, slots=True)
class RegistrationCredentials:
    """What a registration presents: the former identity, if any, and the token."""

    endpoint_id: str
    password: Secret
    token: str = field(repr=False)


def encode_basic(credentials: EndpointCredentials | RegistrationCredentials) -> str:
    """Return the whole value of the Authorization header."""
    parts = [credentials.endpoint_id, credentials.password.reveal()]
    if isinstance(credentials, RegistrationCredentials):
        parts.append(credentials.token)
    return "Basic " + base64.b64encode(":".join(parts).encode()).decode("ascii")


def decode_basic(header: str) -> EndpointCredentials:
    """Read ``id:password``; the password may contain colons.

    Raises:
        AuthorizationMalformedError: for another scheme, bad base64, or nothing before the colon.
    """
    endpoint_id, colon, password = _decoded(header).partition(":")
    if not colon or not endpoint_id:
        raise AuthorizationMalformedError("The header does not carry an id and a password.")
    return EndpointCredentials(endpoint_id, Secret(password))


def decode_registration(header: str) -> RegistrationCredentials:
    """Read ``id:password:token``; the first two may be empty.

    Raises:
        AuthorizationMalformedError: for another scheme, bad base64 or fewer than three parts.
    """
    endpoint_id, first, rest = _decoded(header).partition(":")
    # Tokens have no colon, so whatever else is between the outer two belongs to the password.
    password, second, token = rest.rpartition(":")
    if not first or not second:
        raise AuthorizationMalformedError(
            "The header does not carry an id, a password and a token."
        )
    return RegistrationCredentials(endpoint_id, Secret(password), token)


def encode_bearer(access_token: str) -> str:
    """Return the value of the Authorization header of a v2 call."""
    return f"Bearer {access_token}"


def decode_bearer(header: str) -> str:
    """Return the access token of a v2 call.

    Raises:
        AuthorizationMalformedError: for another scheme or an empty token.
    """
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise AuthorizationMalformedError("The header does not carry a bearer token.")
    return token.strip()


def encode_registration_answer(credentials: EndpointCredentials) -> bytes:
    """Return base64 text of ``id:password``, without a newline."""
    return base64.b64encode(f"{credentials.endpoint_id}:{credentials.password.reveal()}".encode())


def decode_registration_answer(body: bytes) -> EndpointCredentials:
    """Read the answer to a registration; white space around it is tolerated.

    Raises:
        RegistrationAnswerMalformedError: when no id and password can be read from it.
    """
    try:
        text = base64.b64decode(body.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise RegistrationAnswerMalformedError("The answer is not base64 text.") from error
    endpoint_id, _, password = text.partition(":")
    if not endpoint_id or not password:
        raise RegistrationAnswerMalformedError("The answer has no id or no password.")
    return EndpointCredentials(endpoint_id, Secret(password))


def _decoded(header: str) -> str:
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        raise AuthorizationMalformedError("The header is not of the Basic scheme.")
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise AuthorizationMalformedError("The header is not base64 of UTF-8 text.") from error
