"""The JWT of v2 calls, and when a new one is asked for.

* Asked for after a poll when there is none, when it names no device or tenant, when the MCS policy
  names another device, or less than ten minutes before it expires.
* An MCS policy without a deviceId never matches: the real client then asks after every poll.
* Expiry is counted on the event loop's clock, so that a wall clock set back prolongs nothing.
* The token stays in memory; a restart asks again.

Provenance: mcs-protocol.md 1.3 (public).
"""

from foundation.protocol.answers import (
    RENEW_BEFORE_EXPIRY_S,
    AuthenticateAnswer,
    decode_authenticate_answer,
)
from foundation.redact import Secret


class Access:
    """The access token of one client."""

    def __init__(self) -> None:
        self._answer: AuthenticateAnswer | None = None
        self._expires_at_s = 0.0

    @property
    def token(self) -> Secret | None:
        """The access token; opaque."""
        return None if self._answer is None else Secret(self._answer.access_token)

    @property
    def device_id(self) -> str:
        """The device the token is for."""
        return "" if self._answer is None else self._answer.device_id

    @property
    def tenant_id(self) -> str:
        """The tenant the token is for."""
        return "" if self._answer is None else self._answer.tenant_id

    def is_wanted(self, policy_device_id: str, now_s: float) -> bool:
        """Whether a new token has to be asked for."""
        answer = self._answer
        return (
            answer is None
            or not answer.device_id
            or not answer.tenant_id
            or answer.device_id != policy_device_id
            or self._expires_at_s - now_s < RENEW_BEFORE_EXPIRY_S
        )

    def take(self, body: bytes, now_s: float) -> None:
        """Keep the token of an answer.

        Raises:
            AnswerMalformedError: There is none in it; the one before stays.
        """
        self._answer = decode_authenticate_answer(body)
        self._expires_at_s = now_s + self._answer.expires_in

    def forget(self) -> None:
        """Forget the token: it belonged to another identity."""
        self._answer = None
