"""Serves the requests of one client, one after the other.

- What needs no waiting is done at once, in the callback that brought the bytes; an answer on a
  connection that is already open comes by callback too. Only the rest gets a task.
- A client that goes away ends what is under way for it.
- A client that begins a request and does not finish it, or sends none, is given up.
"""

import asyncio

from foundation.webfilter.answers import page_answer
from foundation.webfilter.client import Client
from foundation.webfilter.context import ProxyContext
from foundation.webfilter.deadline import Deadline
from foundation.webfilter.exchange import Exchange, Progress
from foundation.webfilter.forwarder import Forwarder
from foundation.webfilter.refusals import ExchangeRefusedError, RequestTimeoutError
from foundation.webfilter.target import Target


class Session:
    """What happens on one client connection, or inside a CONNECT that is looked into."""

    def __init__(
        self, context: ProxyContext, client: Client, *, inside: Target | None = None
    ) -> None:
        self._context, self._client, self._inside = context, client, inside
        self._forwarder = Forwarder(
            client,
            context.destinations,
            context.limits,
            context.tasks,
            interception=context.interception if inside is not None else None,
        )
        self._deadline = Deadline(self._too_late)
        self._exchange: Exchange | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_over = False
        self._deadline.set(context.limits.request_wait_s)

    def advance(self) -> None:
        """Serve what has come, as long as nothing must be waited for."""
        while self._exchange is None and not self._is_over:
            item = self._client.take()
            if item is None:
                if self._client.has_ended_sending:
                    self._end()
                return
            if isinstance(item, ExchangeRefusedError):
                self._refuse(item)
                return
            exchange = Exchange(self._context, self._client, self._forwarder, item)
            exchange.on_progress, exchange.inside = self._answered, self._inside
            self._exchange = exchange
            self._went(exchange.at_once())

    def lost(self) -> None:
        """End what is under way: the client is gone."""
        if self._task is not None:
            if not self._client.is_relaying:
                self._task.cancel()
            return
        if self._exchange is not None:
            self._exchange.client_left()
        self._end()

    def _answered(self, progress: Progress) -> None:
        """Go on after an answer that came by callback."""
        self._went(progress)
        self.advance()

    def _went(self, progress: Progress) -> None:
        exchange, limits = self._exchange, self._context.limits
        if exchange is None or self._is_over:
            return
        if progress is Progress.UNDERWAY:
            self._deadline.set(limits.response_head_timeout_s)
        elif progress is Progress.NEEDS_TASK or progress is Progress.FAILED:
            self._deadline.lift()
            self._task = self._context.tasks.start(
                self._run(exchange), name=f"{self._context.name} exchange"
            )
        else:
            self._exchange = None
            self._deadline.set(limits.request_wait_s)
            if progress is Progress.LAST:
                self._end(is_gentle=not exchange.is_request_read)

    async def _run(self, exchange: Exchange) -> None:
        try:
            is_next = await exchange.run()
        except asyncio.CancelledError:
            self._task = None
            self._end()
            raise
        except Exception:
            # A fault of ours: nothing passes, and `tasks.failures` keeps it.
            self._task = None
            self._write_refusal(ExchangeRefusedError("the filter could not decide"))
            self._end()
            raise
        self._task = None
        self._answered(Progress.DONE if is_next else Progress.LAST)

    def _too_late(self) -> None:
        if self._exchange is not None:
            if self._task is None and self._exchange.is_still_moving():
                self._deadline.set(self._context.limits.stall_timeout_s)
        elif self._client.is_in_head:
            self._refuse(RequestTimeoutError("the request was begun and not finished"))
        else:
            self._end()

    def _refuse(self, refusal: ExchangeRefusedError) -> None:
        self._context.on_refusal(refusal)
        self._write_refusal(refusal)
        self._end(is_gentle=True)

    def _write_refusal(self, refusal: ExchangeRefusedError) -> None:
        page = self._context.pages.refusal(refusal, accept="")
        self._client.write(page_answer(refusal.status, page, is_keep_alive=False))

    def _end(self, *, is_gentle: bool = False) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._deadline.close()
        self._forwarder.close()
        if is_gentle:
            self._client.close_gently()
        else:
            self._client.close()
