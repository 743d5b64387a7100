"""The push channel of one agent: a held request on a raw connection.

* It is up once the answer is a 200 of `text/event-stream`; a redirect is followed to https only.
* What the stream says is read by the client's own reader of events.
"""

import asyncio
import ssl
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urljoin, urlsplit

import httptools

from endpoint.mcs_client.push_target import PushTarget, push_headers
from foundation.protocol.push import (
    CONTENT_TYPE,
    EventReader,
    PushEvent,
    PushStreamBrokenError,
)

if TYPE_CHECKING:
    from utmlab.fleet.fleet import Fleet

MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 307, 308})


class Listener(Protocol):
    """Who is told."""

    def push_said(self, event: PushEvent) -> None:
        """Take an event."""

    def push_up(self) -> None:
        """Take note that the channel is up."""

    def push_lost(self, push: "PushLink", reason: str) -> None:
        """Take note that the channel is down."""


class _Connection(asyncio.Protocol):
    """One connection of a channel; what a former one still says is not heard."""

    def __init__(self, link: "PushLink") -> None:
        self._link = link
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's transports have the methods, but not the base class.
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Hand on what came."""
        self._link.received(self, data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that it has ended."""
        del exc
        self._transport = None
        self._link.ended(self)

    def write(self, data: bytes) -> None:
        """Send."""
        if self._transport is not None:
            self._transport.write(data)

    def abort(self) -> None:
        """End it at once."""
        if self._transport is not None:
            self._transport.abort()


class PushLink:
    """One push channel.

    Attributes:
        heard_at_s: Loop time of the last bytes.
    """

    def __init__(self, listener: Listener, now_s: float) -> None:
        self._listener = listener
        self._connection: _Connection | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._events = EventReader()
        self._headers: dict[str, str] = {}
        self._redirect: asyncio.Future[str | None] | None = None
        self._is_closed = False
        self._loop = asyncio.get_running_loop()
        self.heard_at_s = now_s

    async def open(self, fleet: "Fleet", target: PushTarget, number: int) -> None:
        """Connect and ask for the stream, following redirects."""
        url = target.url
        try:
            for _ in range(MOST_REDIRECTS + 1):
                location = await self._ask(fleet, url, target, number)
                if location is None:
                    return
                url = urljoin(url, location)
                if urlsplit(url).scheme != "https":
                    self._end("redirected to no https")
                    return
            self._end("too many redirects")
        except (OSError, ssl.SSLError, TimeoutError) as error:
            self._end(type(error).__name__)

    def close(self) -> None:
        """End it; nobody is told."""
        self._is_closed = True
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort()

    def received(self, connection: _Connection, data: bytes) -> None:
        """Read on."""
        if connection is not self._connection:
            return
        self.heard_at_s = self._loop.time()
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._end(str(cause) if isinstance(cause, PushStreamBrokenError) else "no HTTP")

    def ended(self, connection: _Connection) -> None:
        """Take the end of a connection."""
        if connection is self._connection:
            self._end("the server ended the stream")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Judge the head."""
        status = self._parser.get_status_code()
        answered = self._redirect
        if answered is None or answered.done():
            return
        if status in _REDIRECTS:
            answered.set_result(self._headers.get("location", ""))
            return
        answered.set_result(None)
        kind = self._headers.get("content-type", "").partition(";")[0].strip().lower()
        if status != 200:
            self._end(f"the server answered {status}")
        elif kind != CONTENT_TYPE:
            self._end(f"the server answered with {kind}")
        elif not self._is_closed:
            self._listener.push_up()

    def on_body(self, body: bytes) -> None:
        """Hand events on."""
        for event in self._events.feed(body):
            if not self._is_closed:
                self._listener.push_said(event)

    def on_message_complete(self) -> None:
        """Take the end of the stream."""
        if self._redirect is not None and self._redirect.done() and not self._redirect.result():
            self._end("the server ended the stream")

    async def _ask(self, fleet: "Fleet", url: str, target: PushTarget, number: int) -> str | None:
        """Send the request; return where it is redirected to."""
        former, self._connection = self._connection, None
        self._redirect = self._loop.create_future()
        self._parser, self._headers = httptools.HttpResponseParser(self), {}
        if former is not None:
            former.abort()
        parts = urlsplit(url)
        connection = await fleet.connect(lambda: _Connection(self), number, parts)
        if self._is_closed:
            connection.abort()  # it comes too late
            return None
        self._connection, self.heard_at_s = connection, self._loop.time()
        lines = "".join(f"{name}: {value}\r\n" for name, value in push_headers(target).items())
        path = parts.path or "/"
        head = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{lines}\r\n"
        connection.write(head.encode())
        return await self._redirect

    def _end(self, reason: str) -> None:
        if self._redirect is not None and not self._redirect.done():
            self._redirect.set_result(None)
        if self._is_closed:
            return
        self.close()
        self._listener.push_lost(self, reason)
