"""How a failure reads in MCSClient.log.

* One line says what happened; what the client does about it is the back-off's line.
* No line carries a token, a password or an address with credentials.

Provenance: the situations are mcs-protocol 1.6's (public); the wording is ours.
"""

from typing import Final, Literal

from endpoint.mcs_client.errors import (
    LiveConnectUnreachableError,
    McsCallFailedError,
    RegistrationRefusedError,
)
from endpoint.mcs_client.outcome import Answer

FailureSeverity = Literal["warning", "error"]
LONG_S: Final = 3600.0


def line_of(error: Exception) -> tuple[FailureSeverity, str, str]:
    """Tell severity, component and message of a failure."""
    if isinstance(error, RegistrationRefusedError):
        return "error", "Registration", f"Registration refused: {error}"
    if isinstance(error, LiveConnectUnreachableError):
        if error.is_certificate_refused:
            return "error", "Connection", f"The server's certificate was refused: {error}"
        return "warning", "Connection", f"Failed to connect: {error}"
    if isinstance(error, McsCallFailedError) and isinstance(error.outcome, Answer):
        return _line_of_answer(error, error.outcome)
    return "error", "PollLoop", f"{type(error).__name__}: {error}"


def _line_of_answer(error: McsCallFailedError, answer: Answer) -> tuple[FailureSeverity, str, str]:
    if answer.wants_registration:
        return "warning", "PollLoop", "Lost authentication with server"
    if answer.status == 401:
        header = answer.headers.get("www-authenticate", "")
        message = f"Received Unauthenticated without register header={header}"
        return "error", "PollLoop", message
    if answer.status == 503:
        message = "Temporarily suspended, or this endpoint was removed"
        return "warning", "PollLoop", f"{message} ({error})"
    return "warning", "PollLoop", f"Bad response from server: {error}"
