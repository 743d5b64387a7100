"""The filtering proxy: a forward proxy that asks for a verdict on every request.

- HTTP/1.1 with keep-alive on both sides, CONNECT, chunked bodies, WebSocket upgrades, IPv6.
- It binds to loopback unless told otherwise, and never connects to the lab's management ports, to
  itself or to link-local addresses.
- Connections, and the tasks of requests that must wait, are owned here; stopping ends them all.
- Provenance: RFC 9110 and 9112; the shape and the limits are ours.

Example:
    >>> async def main(decide, memory):
    ...     proxy = FilteringProxy(decide, on_activity=print, proceed=memory)
    ...     await proxy.start()
    ...     print(proxy.url)
"""

import asyncio
import errno
from collections.abc import Callable, Mapping

from foundation.net.http_server import PortInUseError
from foundation.service import Now, Service, Tasks, utc_now
from foundation.webfilter.activity import Activity
from foundation.webfilter.client import Client
from foundation.webfilter.context import Decide, DecideContent, ProxyContext
from foundation.webfilter.destinations import Destinations
from foundation.webfilter.interception import Interception
from foundation.webfilter.limits import Limits
from foundation.webfilter.pages import Page, Pages
from foundation.webfilter.proceed import ProceedMemory
from foundation.webfilter.refusals import ExchangeRefusedError
from foundation.webfilter.session import Session


def _nobody() -> str:
    return ""


def _no_protocol() -> None:
    """Leave every connection to the filter."""


def _no_ports() -> frozenset[int]:
    return frozenset()


def _ignore(_refusal: ExchangeRefusedError) -> None:
    """Keep no count of refusals."""


class FilteringProxy(Service):
    """A listener and its connections.

    Args:
        decide: The verdict on a request.
        on_activity: Told of every exchange that got a verdict.
        proceed: Tokens and memory of warnings.
        host: The address to bind to.
        port: The port; 0 takes a free one.
        name: What a taken port is reported under.
        pages: Block and warn pages.
        own_pages: Pages that it serves itself, by `host:port/path`; they may come and go.
        connect_to: The lab's own internet; see `destinations`.
        refuse_ports: Ports of this machine that nobody may reach.
        now: The time of activities.
        user: The user who is logged in.
        user_of: Who is behind a client's address; takes the place of `user` where clients differ.
        instead: Takes a new connection away from the filter by returning a protocol for it.
        decide_content: The verdict once the content type is known.
        on_refusal: Told of every request that the proxy itself refused.
        limits: Sizes and times.
        interception: Looks into HTTPS; None, the default, leaves tunnels closed.
    """

    def __init__(
        self,
        decide: Decide,
        *,
        on_activity: Callable[[Activity], None],
        proceed: ProceedMemory,
        host: str = "127.0.0.1",
        port: int = 0,
        name: str = "web filter",
        pages: Pages | None = None,
        own_pages: Mapping[str, Page] | None = None,
        connect_to: Mapping[str, tuple[str, int]] | None = None,
        refuse_ports: Callable[[], frozenset[int]] = _no_ports,
        now: Now = utc_now,
        user: Callable[[], str] = _nobody,
        user_of: Callable[[str], str] | None = None,
        instead: Callable[[], asyncio.BaseProtocol | None] = _no_protocol,
        decide_content: DecideContent | None = None,
        on_refusal: Callable[[ExchangeRefusedError], None] = _ignore,
        limits: Limits | None = None,
        interception: Interception | None = None,
    ) -> None:
        self._host, self._wanted_port, self._name = host, port, name
        self._server: asyncio.Server | None = None
        self._clients: set[Client] = set()
        self._refuse_ports = refuse_ports
        self._instead = instead
        self.tasks = Tasks()
        self.limits = limits or Limits()
        self._context = ProxyContext(
            decide=decide,
            decide_content=decide_content,
            on_activity=on_activity,
            on_refusal=on_refusal,
            pages=pages or Pages(),
            own_pages={} if own_pages is None else own_pages,
            proceed=proceed,
            destinations=Destinations(connect_to or {}, self._refused_ports),
            limits=self.limits,
            now=now,
            user=user_of or (lambda _address: user()),
            tasks=self.tasks,
            name=name,
            interception=interception,
            serve_inside=lambda client, target: Session(self._context, client, inside=target),
        )

    @property
    def port(self) -> int:
        """The port in use, 0 before the start."""
        if self._server is None or not self._server.sockets:
            return 0
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """The proxy's address as clients write it."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}"

    async def start(self) -> None:
        """Listen.

        Raises:
            PortInUseError: The port is taken.
        """
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: self._instead() or self.connection(),
                self._host,
                self._wanted_port,
            )
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortInUseError(self._name, self._host, self._wanted_port) from error

    async def move_to(self, port: int) -> None:
        """Listen on another port; connections that are open go on.

        Raises:
            PortInUseError: The port is taken; the old one stays.
        """
        before, self._wanted_port, old = self._wanted_port, port, self._server
        try:
            await self.start()
        except PortInUseError:
            self._wanted_port = before
            raise
        if old is not None:
            old.close()

    async def stop(self) -> None:
        """Stop listening and end every connection."""
        if self._server is None:
            return
        self._server.close()
        await self.tasks.close()
        for client in list(self._clients):
            client.abort()
        await asyncio.gather(*(client.ended for client in self._clients))
        await self._server.wait_closed()
        self._server = None

    def connection(self) -> asyncio.Protocol:
        """Return the protocol that filters a new connection."""
        return Client(self.limits, self._connected)

    def drop_clients(self) -> None:
        """End every connection; whoever wants to go on connects again."""
        for client in list(self._clients):
            client.abort()

    def _refused_ports(self) -> frozenset[int]:
        return self._refuse_ports() | {self.port}

    def _connected(self, client: Client) -> Session | None:
        if len(self._clients) >= self.limits.connections:
            return None
        self._clients.add(client)
        client.ended.add_done_callback(lambda _: self._clients.discard(client))
        return Session(self._context, client)
