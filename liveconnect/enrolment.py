"""Who may enrol, and as whom: pure rules.

- A token is 17 characters of [A-Za-z0-9]; its case counts, and a token of another case, a
  revoked one, one of a removed UTM and an unknown one are each told apart.
- A password is 256 random bits; only its SHA-256 is stored, and it is compared in constant time.
  A slow hash would add nothing to 256 bits and cost every poll.
- An endpoint that shows its old id and password stays the same endpoint and keeps both: should
  the answer be lost, the old password still opens. Anybody else with a valid token is new.
- A removed endpoint cannot come back under its old id until it is restored.

Provenance: the token in the installer's name and 401 for a bad one are public; the rest is ours.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from foundation.protocol.names import TOKEN_LENGTH
from foundation.protocol.reasons import Reason
from foundation.redact import Secret
from liveconnect.refusals import RegistrationRefusedError

PASSWORD_BYTES = 32
_TOKEN_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"  # noqa: S105


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenStanding:
    """What the store knows of a token.

    Attributes:
        tenant: The UTM that it belongs to.
        token: Its spelling, which may differ in case from what was asked for.
        revoked: Whether a newer token took its place.
        utm_removed: Whether its UTM is gone.
        enabled: Whether Endpoint Protection is on.
    """

    tenant: str
    token: str
    revoked: bool
    utm_removed: bool
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEndpoint:
    """What the store knows of the id that an endpoint shows."""

    tenant: str
    password_digest: bytes
    removed: bool


def new_token() -> str:
    """Return a registration token that nobody can guess."""
    return "".join(secrets.choice(_TOKEN_CHARACTERS) for _ in range(TOKEN_LENGTH))


def new_password() -> Secret:
    """Return a password of 256 random bits."""
    return Secret(secrets.token_hex(PASSWORD_BYTES))


def digest_of(password: str) -> bytes:
    """Return what is stored of a password."""
    return hashlib.sha256(password.encode()).digest()


def opens(password: str, digest: bytes) -> bool:
    """Tell in constant time whether `password` is the one behind `digest`."""
    return hmac.compare_digest(digest_of(password), digest)


def check_token_form(token: str) -> None:
    """Check that `token` could be one.

    Raises:
        RegistrationRefusedError: If it has another length or other characters.
    """
    if len(token) != TOKEN_LENGTH or not set(token) <= set(_TOKEN_CHARACTERS):
        raise RegistrationRefusedError(
            Reason.TOKEN_MALFORMED,
            f"a registration token has {TOKEN_LENGTH} characters of A-Z, a-z and 0-9",
        )


def check_token(token: str, standing: TokenStanding | None) -> str:
    """Return the tenant that `token` opens.

    Args:
        token: As the endpoint sent it.
        standing: What is known of it, or of the same letters in another case.

    Raises:
        RegistrationRefusedError: If it opens nothing.
    """
    if standing is None:
        raise RegistrationRefusedError(Reason.TOKEN_UNKNOWN, "no UTM has this registration token")
    if standing.token != token:
        raise RegistrationRefusedError(
            Reason.TOKEN_WRONG_CASE,
            "the registration token exists in another case: capital and small letters differ",
        )
    if standing.utm_removed:
        raise RegistrationRefusedError(
            Reason.UTM_REMOVED, "the UTM of this registration token was removed"
        )
    if standing.revoked:
        raise RegistrationRefusedError(
            Reason.TOKEN_REVOKED, "this registration token was replaced by a newer one"
        )
    if not standing.enabled:
        raise RegistrationRefusedError(
            Reason.ENDPOINT_PROTECTION_OFF, "Endpoint Protection is off on this UTM"
        )
    return standing.tenant


def is_same_endpoint(tenant: str, password: str, known: KnownEndpoint | None) -> bool:
    """Tell whether who registers is the endpoint it says it is, rather than a new one.

    Raises:
        RegistrationRefusedError: If that endpoint was removed.
    """
    if known is None or known.tenant != tenant:
        return False
    if known.removed:
        raise RegistrationRefusedError(
            Reason.ENDPOINT_REMOVED, "this endpoint was removed; restore it on the UTM first"
        )
    return opens(password, known.password_digest)
