"""A client's connection: bytes become requests, in the order in which they came.

- Requests wait in a bounded queue; a refusal takes its place in it, so that earlier requests on
  the connection are still answered.
- After a CONNECT or an upgrade the bytes belong to a tunnel and are kept until it stands.
- Whoever serves the client is told of news and of its end, and keeps no task while it waits.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from foundation.webfilter.body_stream import BodyStream
from foundation.webfilter.flow import Flow
from foundation.webfilter.limits import Limits
from foundation.webfilter.refusals import ExchangeRefusedError
from foundation.webfilter.request_reader import IncomingRequest, RequestReader


class Server(Protocol):
    """Whoever serves a client."""

    def advance(self) -> None:
        """Take note of news: a request, a refusal, or the end of sending."""

    def lost(self) -> None:
        """Take note that the connection is gone."""


class Client(Flow):
    """One client connection; `on_connected` says who serves it, or None to turn it away."""

    def __init__(self, limits: Limits, on_connected: Callable[["Client"], Server | None]) -> None:
        super().__init__()
        self._limits, self._on_connected = limits, on_connected
        self._reader = RequestReader(limits, on_request=self._queue_up, make_body=self._make_body)
        self._queue: deque[IncomingRequest | ExchangeRefusedError] = deque()
        self._last_body: BodyStream | None = None
        self._is_http = True
        self._is_deaf = False
        self._linger: asyncio.TimerHandle | None = None
        self._server: Server | None = None
        self._news: asyncio.Future[None] | None = None
        self.prelude = b""
        self.address = ""

    @property
    def is_in_head(self) -> bool:
        """Whether a request has begun whose head is not complete."""
        return self._reader.is_in_head

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Transport callback."""
        super().connection_made(transport)
        name: Any = transport.get_extra_info("peername")
        self.address = str(name[0]) if name else ""
        self._server = self._on_connected(self)
        if self._server is None:
            self.abort()
        elif self._queue:  # TLS may hand over bytes before it tells of the connection
            self._server.advance()

    def data_received(self, data: bytes) -> None:
        """Transport callback."""
        if self._peer is not None:
            self.relay(data)
        elif not self._is_http:
            self._keep_for_tunnel(data)
        elif not self._is_deaf:
            self._parse(data)

    def eof_received(self) -> bool:
        """Transport callback: the client sends no more, but may still read."""
        if self.is_relaying:
            return self.relay_eof()
        self.has_ended_sending = True
        body = self._last_body
        self._tell()
        is_half_open = body is None or body.is_complete
        if is_half_open and self._server is not None:
            self._server.advance()
        return is_half_open and not self._is_secured

    def connection_lost(self, error: Exception | None) -> None:
        """Transport callback."""
        super().connection_lost(error)
        if self._linger is not None:
            self._linger.cancel()
        if self._server is not None:
            self._server.lost()

    @property
    def _is_secured(self) -> bool:
        """Whether this is the inside of TLS, which knows no half-closed connections."""
        transport = self.transport
        return transport is None or transport.get_extra_info("sslcontext") is not None

    def take(self) -> IncomingRequest | ExchangeRefusedError | None:
        """Return what came next: a request, why it is none, or None while there is nothing."""
        if not self._queue:
            return None
        item = self._queue.popleft()
        if len(self._queue) == self._limits.pipelined_requests - 1:
            self.resume()
        return item

    def wait_for_bytes(self) -> "asyncio.Future[None]":
        """Return what is done when more came for a tunnel, or nothing more will."""
        self._news = asyncio.get_running_loop().create_future()
        return self._news

    def take_prelude(self) -> bytes:
        """Return what came after a CONNECT or an upgrade, for the other end of the tunnel."""
        data, self.prelude = self.prelude, b""
        return data

    def close_gently(self) -> None:
        """Close so that the last answer arrives although not everything sent was read."""
        self._is_deaf = True
        if self.transport is None or not self.is_open or not self.transport.can_write_eof():
            self.close()
            return
        self.resume()
        self.transport.write_eof()
        loop = asyncio.get_running_loop()
        self._linger = loop.call_later(self._limits.linger_s, self.close)

    def _parse(self, data: bytes) -> None:
        try:
            rest = self._reader.feed(data)
        except ExchangeRefusedError as refusal:
            self._is_deaf = True
            self._queue.append(refusal)
            rest = None
        if rest is not None:
            self._is_http = False
            self._keep_for_tunnel(rest)
        if self._queue and self._server is not None:
            self._server.advance()

    def _keep_for_tunnel(self, data: bytes) -> None:
        self.prelude += data
        if len(self.prelude) >= self._limits.buffered_body_bytes:
            self.pause()
        self._tell()

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _queue_up(self, request: IncomingRequest) -> None:
        self._queue.append(request)
        if len(self._queue) >= self._limits.pipelined_requests:
            self.pause()

    def _make_body(self) -> BodyStream:
        self._last_body = BodyStream(
            limit=self._limits.buffered_body_bytes, pause=self.pause, resume=self.resume
        )
        return self._last_body
