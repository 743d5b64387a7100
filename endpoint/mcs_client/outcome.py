"""What came of one request: an answer, or none.

* Success is exactly 200; everything else is a failure with a class of its own (1.6).
* A body is UTF-8, else Latin-1.

Provenance: mcs-protocol.md 1.1 (public).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from foundation.protocol.names import REGISTER_REALM


class Breakdown(StrEnum):
    """Why there is no answer."""

    CONNECT = "connect"
    CERTIFICATE = "certificate"
    TIMEOUT = "timeout"
    RESET = "reset"
    MALFORMED = "malformed"
    BODY_TOO_LONG = "body_too_long"
    BODY_TOO_SHORT = "body_too_short"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read to its end. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether it is exactly 200."""
        return self.status == 200

    @property
    def wants_registration(self) -> bool:
        """Whether it is the challenge that asks for a new registration, to the letter."""
        return self.status == 401 and self.headers.get("www-authenticate") == REGISTER_REALM

    @property
    def text(self) -> str:
        """The body as text."""
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            return self.body.decode("latin-1")


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A request that got no usable answer."""

    breakdown: Breakdown
    detail: str

    @property
    def was_nothing_sent(self) -> bool:
        """Whether nothing can have reached the server, so that another way may be tried."""
        return self.breakdown in {Breakdown.CONNECT, Breakdown.CERTIFICATE}


Outcome = Answer | NoAnswer
