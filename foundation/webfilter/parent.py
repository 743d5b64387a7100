"""Whole connections handed on to another proxy: the filter stands back, the parent decides.

- Bytes pass as they come, both ways, with back-pressure; nothing is read, judged or changed. The
  parent's pages, its tokens and its tunnels work as if the client had connected there.
- A parent that cannot be reached is a 502 page, never a way past it.
- A request in origin form (`GET /path`) was sent to this address itself, not through it: it goes to
  `own`. So a gateway that is asked for this very address comes back here and no further.
- `drop` ends all connections, for whoever moves to another network.

Provenance: ours.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from foundation.service import Tasks
from foundation.webfilter.answers import page_answer
from foundation.webfilter.flow import Flow
from foundation.webfilter.limits import Limits
from foundation.webfilter.pages import Pages
from foundation.webfilter.refusals import ExchangeRefusedError

_HEAD_END: Final = b"\r\n\r\n"
_FIRST_WORDS: Final = re.compile(rb"[A-Z]+ +[^ ]")
_ACCEPT: Final = re.compile(rb"\r\naccept:[ \t]*([^\r\n]*)", re.IGNORECASE)


class ParentUnreachableError(ExchangeRefusedError):
    """The proxy that everything has to pass does not answer."""

    status = 502
    code = "parent_unreachable"
    hint = "Start the gateway, or take the computer to another network."


@dataclass(frozen=True, slots=True)
class Parent:
    """A proxy, and the own address that it is reached from; empty takes any."""

    host: str
    port: int
    source: str = ""


class ParentRelay:
    """Hands connections on.

    Args:
        parent: Where to; asked anew for each connection.
        pages: For the page of a parent that is out of reach.
        limits: Sizes and times.
        own: Makes the protocol for requests to this address itself; None hands them on too.
        on_unreachable: Told each time.
    """

    def __init__(
        self,
        parent: Callable[[], Parent],
        *,
        pages: Pages | None = None,
        limits: Limits | None = None,
        own: Callable[[], asyncio.Protocol | None] = lambda: None,
        on_unreachable: Callable[[ParentUnreachableError], None] = lambda _error: None,
    ) -> None:
        self._parent = parent
        self._pages = pages or Pages()
        self._limits = limits or Limits()
        self._own = own
        self._on_unreachable = on_unreachable
        self._tasks = Tasks()
        self._clients: set[_Client] = set()

    def connection(self) -> asyncio.BaseProtocol:
        """Return the protocol for a new connection."""
        return _Client(self._limits, self._connected)

    def drop(self) -> None:
        """End every connection."""
        for client in list(self._clients):
            client.abort()

    async def stop(self) -> None:
        """End every connection and wait until all have ended."""
        await self._tasks.close()
        self.drop()
        await asyncio.gather(*(client.ended for client in self._clients))

    def _connected(self, client: "_Client") -> None:
        if len(self._clients) >= self._limits.connections:
            client.abort()
            return
        self._clients.add(client)
        client.ended.add_done_callback(lambda _: self._clients.discard(client))
        client.task = self._tasks.start(self._serve(client), name="handed-on connection")

    async def _serve(self, client: "_Client") -> None:
        far: Flow | None = None
        try:
            if not await client.has_begun():
                return
            own = self._own() if client.is_origin_form else None
            if own is not None:
                client.hand_over(own)
                return
            far = await self._connect()
            client.relay_to(far)
            far.relay_to(client)
            client.pass_on_what_came()
            await asyncio.wait({client.ended, far.ended}, return_when=asyncio.FIRST_COMPLETED)
        except ParentUnreachableError as error:
            self._on_unreachable(error)
            await self._show(client, error)
        finally:
            if far is not None:
                far.close()
            client.close()

    async def _connect(self) -> Flow:
        parent, loop = self._parent(), asyncio.get_running_loop()
        source = (parent.source, 0) if parent.source else None
        where = f"{parent.host}:{parent.port}"
        try:
            async with asyncio.timeout(self._limits.connect_timeout_s):
                _, far = await loop.create_connection(
                    _Far, parent.host, parent.port, local_addr=source
                )
        except (OSError, TimeoutError) as error:
            why = str(error) or "no answer"
            raise ParentUnreachableError(f"the gateway {where} cannot be reached: {why}") from error
        return far

    async def _show(self, client: "_Client", error: ParentUnreachableError) -> None:
        head = await client.first_head()
        if not head:
            return
        accept = _ACCEPT.search(head)
        shown = accept[1].decode("latin-1") if accept else ""
        page = self._pages.refusal(error, accept=shown)
        client.write(page_answer(error.status, page, is_keep_alive=False))
        await client.close_gently()


class _Client(Flow):
    """A client's connection: what it says before the parent answers is kept."""

    def __init__(self, limits: Limits, on_connected: Callable[["_Client"], None]) -> None:
        super().__init__()
        self._limits = limits
        self._on_connected = on_connected
        self._early = b""
        self._news = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Transport callback."""
        super().connection_made(transport)
        self._on_connected(self)

    def data_received(self, data: bytes) -> None:
        """Transport callback."""
        if self.is_relaying:
            self.relay(data)
            return
        self._early += data
        if len(self._early) >= self._limits.head_bytes:
            self.pause()
        self._news.set()

    def eof_received(self) -> bool:
        """Transport callback."""
        if self.is_relaying:
            return self.relay_eof()
        self.has_ended_sending = True
        self._news.set()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """Transport callback."""
        super().connection_lost(error)
        if self.task is not None and not self.is_relaying:
            self.task.cancel()

    def pass_on_what_came(self) -> None:
        """Begin the relay with what came before it stood."""
        early, self._early = self._early, b""
        if early:
            self.relay(early)
        if self.has_ended_sending:
            self.relay_eof()
        self.resume()

    @property
    def is_origin_form(self) -> bool:
        """Whether the first request is one to a server, not to a proxy."""
        words = _FIRST_WORDS.match(self._early)
        return words is not None and words[0].endswith(b"/")

    async def has_begun(self) -> bool:
        """Wait for the first words of a request; tell whether anything came."""
        await self._wait_until(lambda: _FIRST_WORDS.match(self._early) is not None)
        return bool(self._early)

    async def first_head(self) -> bytes:
        """Return what came up to the end of the first head."""
        await self._wait_until(lambda: _HEAD_END in self._early)
        return self._early

    def hand_over(self, protocol: asyncio.Protocol) -> None:
        """Let another protocol serve the connection from its first byte on."""
        transport, self.transport = self.transport, None
        if transport is not None:
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
            protocol.data_received(self._early)
            if self.has_ended_sending:
                protocol.eof_received()
        if not self.ended.done():
            self.ended.set_result(None)

    async def _wait_until(self, is_there: Callable[[], bool]) -> None:
        """Wait for what comes, as long as more may come."""
        try:
            async with asyncio.timeout(self._limits.request_wait_s):
                while not is_there():
                    if self.has_ended_sending or len(self._early) >= self._limits.head_bytes:
                        return
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return

    async def close_gently(self) -> None:
        """Close so that the answer arrives although not everything sent was read."""
        self._early = b""
        if self.transport is not None and self.is_open:
            if self.transport.can_write_eof():
                self.transport.write_eof()
            await asyncio.wait({self.ended}, timeout=self._limits.linger_s)


class _Far(Flow):
    """The connection to the parent."""

    def data_received(self, data: bytes) -> None:
        """Transport callback."""
        self.relay(data)

    def eof_received(self) -> bool:
        """Transport callback."""
        return self.relay_eof()
