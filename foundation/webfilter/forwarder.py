"""Forwards one client's requests to their origins and brings the answers back.

- The verdict came before; here nothing is decided, only moved.
- What is sent is the URL that was judged, in its normal form, with a Host header made from it.
- A kept connection may have died unseen: a request without body is then sent once more on a new
  one, provided that no byte of an answer came.
- A wait lasts as long as bytes move; it ends when nothing moved for the limit.
"""

import asyncio

from foundation.service import Tasks
from foundation.webfilter.answers import CONTINUE
from foundation.webfilter.body_stream import BodyStream
from foundation.webfilter.client import Client
from foundation.webfilter.destinations import Destinations
from foundation.webfilter.heads import RequestHead
from foundation.webfilter.interception import Interception
from foundation.webfilter.limits import Limits
from foundation.webfilter.origin import OnOutcome, Origin, connect
from foundation.webfilter.refusals import (
    OriginMalformedError,
    OriginTimeoutError,
    OriginUntrustedError,
)
from foundation.webfilter.relay import ResponseRelay
from foundation.webfilter.request_reader import IncomingRequest
from foundation.webfilter.target import Target

_Place = tuple[str, int, tuple[str, ...]]


class Forwarder:
    """The origins of one client."""

    def __init__(
        self,
        client: Client,
        destinations: Destinations,
        limits: Limits,
        tasks: Tasks,
        *,
        interception: Interception | None = None,
    ) -> None:
        self._client, self._destinations = client, destinations
        self._limits, self._tasks = limits, tasks
        self.loop = asyncio.get_running_loop()
        self._interception = interception
        self._idle: dict[_Place, Origin] = {}
        self.skips: tuple[str, ...] = ()
        """The checks that the request's exceptions switch off."""
        self.connect_s = 0.0
        self.origin_address = ""

    async def open(self, target: Target) -> Origin:
        """Open a connection to a target."""
        begun = self.loop.time()
        origin = await connect(self._destinations, target.host, target.port, self._limits)
        self._opened(origin, begun)
        return origin

    async def _open_for_requests(self, target: Target) -> Origin:
        """Open a connection to a target, with TLS where it is an https one."""
        begun = self.loop.time()
        interception = self._interception if target.scheme == "https" else None
        security = None
        if interception is not None:
            security = interception.site_context(self.skips)
        origin = await connect(
            self._destinations, target.host, target.port, self._limits, security=security
        )
        if interception is not None:
            try:
                interception.check_dates(origin.certificate, self.skips)
            except OriginUntrustedError:
                origin.abort()
                raise
        self._opened(origin, begun)
        return origin

    def _opened(self, origin: Origin, begun: float) -> None:
        self.connect_s = self.loop.time() - begun
        self.origin_address = origin.address

    def send_at_once(
        self, target: Target, head: RequestHead, relay: ResponseRelay, on_outcome: OnOutcome
    ) -> Origin | None:
        """Send a request without body on a connection that is kept; None if there is none."""
        origin = self._take_idle(target)
        if origin is not None:
            self._send(origin, target, head, relay, on_outcome)
        return origin

    async def forward(
        self, target: Target, request: IncomingRequest, relay: ResponseRelay
    ) -> Origin | None:
        """Send a request and relay the answer; return the origin if it switched protocols.

        Raises:
            ExchangeRefusedError: There is no answer, or only a part of one.
        """
        origin = self._take_idle(target)
        if origin is not None:
            try:
                return await self._exchange(origin, target, request, relay)
            except OriginMalformedError as error:
                if not origin.may_repeat(request.head, error):
                    raise
        return await self._exchange(await self._open_for_requests(target), target, request, relay)

    def forget_last(self) -> None:
        """Forget what the last exchange connected to."""
        self.connect_s, self.origin_address = 0.0, ""

    def close(self) -> None:
        """Close the connections that are kept."""
        for origin in self._idle.values():
            origin.close()
        self._idle.clear()

    def keep(self, origin: Origin, target: Target, relay: ResponseRelay) -> None:
        """Keep a connection whose answer is complete, if it may be used again."""
        self._client.source = origin.source = None
        head = relay.head
        if head is None or not head.is_keep_alive or not origin.is_open or origin.prelude:
            origin.close()
            return
        if self._client.is_full:
            origin.resume()
        while len(self._idle) >= self._limits.idle_origins_per_client:
            self._idle.pop(next(iter(self._idle))).close()
        self._idle[self._place(target)] = origin

    def drop(self, origin: Origin) -> None:
        """Give up a connection in the middle of an exchange."""
        self._client.source = origin.source = None
        origin.forget()
        origin.abort()

    def _send(
        self,
        origin: Origin,
        target: Target,
        head: RequestHead,
        relay: ResponseRelay,
        on_outcome: OnOutcome,
    ) -> None:
        origin.expect(relay, on_outcome, is_head_request=head.method == "HEAD")
        self._client.source, origin.source = origin, self._client
        origin.write(_request_head(target, head))

    async def _exchange(
        self, origin: Origin, target: Target, request: IncomingRequest, relay: ResponseRelay
    ) -> Origin | None:
        outcome: asyncio.Future[Exception | None] = self.loop.create_future()
        self._send(origin, target, request.head, relay, outcome.set_result)
        upload = self._upload(origin, request)
        is_done = False
        try:
            await self._wait(outcome, origin, relay)
            is_done = not relay.is_withheld and (upload is None or upload.done())
        finally:
            if upload is not None:
                upload.cancel()
            if not is_done:
                self.drop(origin)
        relay.is_keep_alive = relay.is_keep_alive and is_done
        if origin.is_switched:
            self._client.source = origin.source = None
            return origin
        if is_done:
            self.keep(origin, target, relay)
        return None

    def _upload(self, origin: Origin, request: IncomingRequest) -> "asyncio.Task[None] | None":
        if not request.head.has_body:
            return None
        if request.head.fields.find(b"expect") and not request.body.is_complete:
            self._client.write(CONTINUE)
        return self._tasks.start(
            _send_body(origin, request.body, is_chunked=request.head.is_chunked), name="upload"
        )

    async def _wait(
        self,
        outcome: "asyncio.Future[Exception | None]",
        origin: Origin,
        relay: ResponseRelay,
    ) -> None:
        """Wait for the outcome as long as bytes move in one direction or the other."""
        limits = self._limits
        while not outcome.done():
            has_head = relay.head is not None
            seconds = limits.stall_timeout_s if has_head else limits.response_head_timeout_s
            before = origin.sent_bytes + self._client.sent_bytes
            await asyncio.wait({outcome}, timeout=seconds)
            moved = origin.sent_bytes + self._client.sent_bytes - before
            if not outcome.done() and not moved:
                raise OriginTimeoutError(f"nothing came for {seconds:g} s")
        error = outcome.result()
        if error is not None:
            raise error

    def _place(self, target: Target) -> "_Place":
        # What an exception let pass unchecked is not good for a request without that exception.
        return target.host, target.port, self.skips if self._interception is not None else ()

    def _take_idle(self, target: Target) -> Origin | None:
        origin = self._idle.pop(self._place(target), None)
        if origin is None or not origin.is_open:
            return None
        self.origin_address = origin.address
        return origin


def _request_head(target: Target, head: RequestHead) -> bytes:
    begin = f"{head.method} {target.path} HTTP/1.1\r\nHost: {target.authority}\r\n"
    return begin.encode("ascii") + head.after_host()


async def _send_body(origin: Origin, body: BodyStream, *, is_chunked: bool) -> None:
    async for piece in body.pieces():
        origin.write(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
        await origin.drain()
        if not origin.is_open:
            return
    if is_chunked:
        origin.write(b"0\r\n\r\n")
