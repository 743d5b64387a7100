"""What an exchange notes while it goes on, and the activity that it becomes."""

from collections.abc import Callable

from foundation.webfilter.activity import Activity, ActivityAction
from foundation.webfilter.forwarder import Forwarder
from foundation.webfilter.heads import RequestHead
from foundation.webfilter.relay import ResponseRelay
from foundation.webfilter.verdict import Verdict, WebRequest


class ExchangeRecord:
    """The notes of one exchange, told of once; without a verdict there is no activity."""

    head: RequestHead
    forwarder: Forwarder
    on_activity: Callable[[Activity], None]
    begun: float
    """By the loop's clock."""
    asked: WebRequest | None = None
    found: Verdict | None = None
    action: ActivityAction = "allow"
    status: int = 0
    size: int = 0
    content_type: str = ""
    error: str = ""
    answer: ResponseRelay | None = None
    """The origin's answer, from when it is asked for."""
    _is_told = False

    @property
    def is_answer_complete(self) -> bool:
        """Whether everything that the user was to get has been written."""
        answer = self.answer
        if answer is not None and not answer.is_withheld:
            return answer.is_complete
        return self.status != 0

    @property
    def is_answer_begun(self) -> bool:
        """Whether a part of the origin's answer is out."""
        answer = self.answer
        return answer is not None and answer.head is not None and not answer.is_withheld

    def finish(self) -> None:
        """Tell of the exchange, once.

        It is told before the last of an answer is written, so that a killed process has answered
        nothing to its end that it did not tell of.
        """
        if self._is_told:
            return
        self._is_told = True
        if self.answer is not None:
            self.answer.let_go()
        if self.asked is not None and self.found is not None:
            self.on_activity(self._activity(self.asked, self.found))

    def _activity(self, asked: WebRequest, found: Verdict) -> Activity:
        answer, forwarder = self.answer, self.forwarder
        if answer is not None and answer.head is not None and not answer.is_withheld:
            self.status, self.size = answer.head.status, answer.body_bytes
            self.content_type = answer.head.content_type
        ended = forwarder.loop.time()
        return Activity(  # by position, which costs half of what names do
            asked,
            found,
            self.action,
            self.status,
            self.size,
            self.head.referer,
            self.content_type,
            forwarder.origin_address,
            (ended - self.begun) * 1000,
            forwarder.connect_s * 1000,
            self.error,
        )
