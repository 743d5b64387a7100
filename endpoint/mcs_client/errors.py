"""What can go wrong between this client and LiveConnect.

* Every failed call carries its outcome and the reaction that follows from it.
* Sentences name the call and the server's answer, and never a secret.
"""

from typing import ClassVar, Final

from endpoint.mcs_client.outcome import Answer, Breakdown, NoAnswer, Outcome
from endpoint.mcs_client.reactions import FailureClass, Reaction, reaction_to
from foundation.errors import DomainError

# Ours: other servers give no reason, and none is needed.
_REASON_HEADER: Final = "x-refusal-reason"


class McsCallFailedError(DomainError):
    """A call that did not end with exactly 200.

    Attributes:
        call: What was attempted, in words.
        outcome: The answer, or why there is none.
        reaction: What follows from it.
    """

    code: ClassVar[str] = "mcs_call_failed"
    hint: ClassVar[str] = "the client tries again by itself; see MCSClient.log"

    def __init__(self, call: str, outcome: Outcome) -> None:
        self.call = call
        self.outcome = outcome
        self.reaction: Reaction = reaction_to(outcome)
        super().__init__(f"{call}: {_sentence(outcome)}")


class LiveConnectUnreachableError(McsCallFailedError):
    """No usable answer: not connected, a wrong certificate, a time-out, a broken connection."""

    code: ClassVar[str] = "live_connect_unreachable"
    hint: ClassVar[str] = "check that LiveConnect runs at the configured address, with this CA"

    @property
    def is_certificate_refused(self) -> bool:
        """Whether this side refused the server's certificate."""
        outcome = self.outcome
        return isinstance(outcome, NoAnswer) and outcome.breakdown is Breakdown.CERTIFICATE


class RegistrationRefusedError(McsCallFailedError):
    """LiveConnect does not accept this token or this former identity.

    Attributes:
        status: The HTTP status.
        reason: The server's reason code; empty when it gave none.
    """

    code: ClassVar[str] = "registration_refused"
    hint: ClassVar[str] = "use a fresh installer of a registered UTM; tokens are case-sensitive"

    def __init__(self, call: str, outcome: Answer) -> None:
        super().__init__(call, outcome)
        self.status = outcome.status
        self.reason = outcome.headers.get(_REASON_HEADER, "")
        if self.reason:
            self.args = (f"{self.args[0]} ({self.reason})",)


class ServerCaUnusableError(DomainError):
    """The one CA file that the client trusts is missing or no certificate."""

    code: ClassVar[str] = "server_ca_unusable"
    hint: ClassVar[str] = "install the endpoint again; the installer carries LiveConnect's CA"


class NotRegisteredError(DomainError):
    """There is no identity, and no token to get one with."""

    code: ClassVar[str] = "not_registered"
    hint: ClassVar[str] = "run the installer, or put a registration token into config.xml"


class NoServerConfiguredError(DomainError):
    """There is no server address that may be used."""

    code: ClassVar[str] = "no_server_configured"
    hint: ClassVar[str] = "put an https:// address into config.xml; plain HTTP is never used"


def failed(call: str, outcome: Outcome) -> McsCallFailedError:
    """Make the error of a call that did not succeed."""
    if isinstance(outcome, NoAnswer):
        return LiveConnectUnreachableError(call, outcome)
    return McsCallFailedError(call, outcome)


def failure_class_of(error: Exception) -> FailureClass:
    """Tell how patient the back-off after an error is."""
    failure = error.reaction.failure if isinstance(error, McsCallFailedError) else None
    return failure or FailureClass.TRANSIENT


def _sentence(outcome: Outcome) -> str:
    if isinstance(outcome, NoAnswer):
        return f"{outcome.breakdown.value}: {outcome.detail}"
    return f"the server answered {outcome.status}"
