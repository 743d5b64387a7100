"""One request, from its head to its activity.

- `at_once` goes as far as it gets without waiting; an answer on a connection that is already open
  comes by callback; `run` does what is left in a task.
- What went wrong becomes a page, or the end of an answer that has begun.
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from foundation.webfilter.hearing import Hearing
from foundation.webfilter.pages import PROCEED_PATH, RESERVED_PATH
from foundation.webfilter.refusals import ExchangeRefusedError, OriginTimeoutError
from foundation.webfilter.target import Target
from foundation.webfilter.targeting import target_of
from foundation.webfilter.waiting import serve_waiting

if TYPE_CHECKING:
    from foundation.webfilter.origin import Origin


class Progress(Enum):
    """How far an exchange has come."""

    DONE = "done"
    LAST = "done, and the connection ends"
    UNDERWAY = "a callback will tell"
    NEEDS_TASK = "it must wait"
    FAILED = "a fault of ours, which `run` raises"


class Exchange(Hearing):
    """Serves one request of a client."""

    on_progress: Callable[[Progress], None]
    """Told when an answer under way has come."""
    inside: Target | None = None
    _origin: "Origin | None" = None
    """From where the answer is coming by callback."""
    _moved_bytes = 0
    _fault: Exception | None = None

    @property
    def is_request_read(self) -> bool:
        """Whether nothing more of the request will come."""
        return self.request.body.is_complete

    def at_once(self) -> Progress:
        """Serve the request as far as nothing must be waited for."""
        try:
            progress = self._begin()
        except Exception as error:  # noqa: BLE001 - a refusal, or kept for the task that follows
            progress = self._failed(error)
        if progress is Progress.DONE or progress is Progress.LAST:
            self.finish()
        return progress

    async def run(self) -> bool:
        """Serve what is left of the request; tell whether the connection may go on."""
        try:
            if self._fault is not None:
                raise self._fault
            return await serve_waiting(self)
        except ExchangeRefusedError as refusal:
            return self.refuse(refusal)
        except asyncio.CancelledError:
            self.note_absence()
            raise
        except Exception:
            self.note_fault()
            raise
        finally:
            self.finish()

    def client_left(self) -> None:
        """End without the client."""
        if self._origin is not None:
            self._origin.forget()
            self._origin.abort()
        self.note_absence()
        self.finish()

    def is_still_moving(self) -> bool:
        """Tell whether bytes moved since this was asked last; if none did, the exchange ends."""
        origin = self._origin
        if origin is None:
            return False
        moved = origin.sent_bytes + self.client.sent_bytes
        if moved != self._moved_bytes:
            self._moved_bytes = moved
            return True
        origin.forget()
        self._origin_done(OriginTimeoutError("the site has stopped answering"))
        return False

    def _begin(self) -> Progress:
        head = self.head
        target = self.target = target_of(head, self.inside)
        is_connect = head.method == "CONNECT"
        own = None if is_connect else self._serve_own(target)
        if own is not None:
            return own
        if is_connect:
            verdict = self.ask(head.target, head.method)
        else:
            # Read once, where reading the normal form again would be reading the same text.
            known = target if target.url == head.target else None
            verdict = self.ask(target.url, head.method, known)
        if verdict is None:
            return Progress.NEEDS_TASK
        answered = self.answer_by(verdict)
        if answered is not None:
            return _done(is_next=answered)
        if head.has_body or head.is_upgrade or is_connect:
            return Progress.NEEDS_TASK
        return self._forward()

    def _serve_own(self, target: Target) -> Progress | None:
        """Answer what is asked of the proxy itself."""
        if target.path.startswith(RESERVED_PATH):
            if target.path == PROCEED_PATH and self.head.method == "POST":
                return Progress.NEEDS_TASK
            return _done(is_next=self.showing().own(target))
        page = self.own_page(target)
        return _done(is_next=self.showing().page(200, page)) if page is not None else None

    def _forward(self) -> Progress:
        origin = self.forwarder.send_at_once(
            self.target, self.head, self.relay(), self._origin_done
        )
        if origin is None:
            return Progress.NEEDS_TASK
        self._origin = origin
        self._moved_bytes = origin.sent_bytes + self.client.sent_bytes
        return Progress.UNDERWAY

    def _origin_done(self, error: Exception | None) -> None:
        """Conclude what was under way."""
        try:
            progress = self._conclude(error)
        except Exception as fault:  # noqa: BLE001 - a refusal, or kept for the task that follows
            progress = self._failed(fault)
        if progress is Progress.DONE or progress is Progress.LAST:
            self.finish()
        self.on_progress(progress)

    def _conclude(self, error: Exception | None) -> Progress:
        origin = self._origin
        if origin is None:
            raise RuntimeError("an answer to nothing")
        self._origin = None
        relay = self.relay()
        if error is None and not relay.is_withheld:
            self.forwarder.keep(origin, self.target, relay)
            return Progress.DONE if relay.is_keep_alive else Progress.LAST
        self.forwarder.drop(origin)
        if error is None:
            return _done(is_next=self.show_instead())
        if origin.may_repeat(self.head, error):
            return Progress.NEEDS_TASK
        raise error

    def _failed(self, error: Exception) -> Progress:
        if isinstance(error, ExchangeRefusedError):
            return _done(is_next=self.refuse(error))
        self.note_fault()
        self._fault = error
        return Progress.FAILED


def _done(*, is_next: bool) -> Progress:
    return Progress.DONE if is_next else Progress.LAST
