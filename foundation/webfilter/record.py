"""What an exchange notes while it goes on, and the activity that it becomes."""

from collections.abc import Callable
from dataclasses import dataclass

from foundation.webfilter.activity import Activity, ActivityAction
from foundation.webfilter.forwarder import Forwarder
from foundation.webfilter.relay import ResponseRelay
from foundation.webfilter.verdict import Verdict, WebRequest


def _nobody_waits() -> None:
    """Nothing is to be done before the end."""


@dataclass(slots=True)
class ExchangeRecord:
    """The notes of one exchange; without a verdict there is no activity."""

    referer: str
    begun: float
    request: WebRequest | None = None
    verdict: Verdict | None = None
    action: ActivityAction = "allow"
    status: int = 0
    size: int = 0
    content_type: str = ""
    error: str = ""
    relay: ResponseRelay | None = None
    before_end: Callable[[], None] = _nobody_waits
    """Called when the answer is known to its end and before that end is written."""

    def let_go(self) -> None:
        """Forget whom to tell: without a circle, memory comes back at once."""
        self.before_end = _nobody_waits
        if self.relay is not None:
            self.relay.let_go()

    @property
    def is_answer_complete(self) -> bool:
        """Whether everything that the user was to get has been written."""
        if self.relay is not None and not self.relay.is_withheld:
            return self.relay.is_complete
        return self.status != 0

    @property
    def is_answer_begun(self) -> bool:
        """Whether a part of the origin's answer is out."""
        return self.relay is not None and self.relay.head is not None and not self.relay.is_withheld

    def activity(self, forwarder: Forwarder) -> Activity | None:
        """Return the activity, or None when there was no verdict."""
        if self.request is None or self.verdict is None:
            return None
        relay = self.relay
        if relay is not None and relay.head is not None and not relay.is_withheld:
            self.status, self.size = relay.head.status, relay.body_bytes
            self.content_type = relay.head.content_type
        return Activity(
            request=self.request,
            verdict=self.verdict,
            action=self.action,
            status_code=self.status,
            size=self.size,
            referer=self.referer,
            content_type=self.content_type,
            server_address=forwarder.origin_address,
            milliseconds=(forwarder.loop.time() - self.begun) * 1000,
            connect_milliseconds=forwarder.connect_s * 1000,
            error=self.error,
        )
