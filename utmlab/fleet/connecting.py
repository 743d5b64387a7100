"""Connecting agents: one TLS context for all, a name looked up once, source addresses on loopback.

- Towards one server an address has some 28,000 ports: agents of a server on loopback come from
  127.0.0.2, .3, …
- So many handshakes at a time: a thundering herd of one's own making would measure itself.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar
from urllib.parse import SplitResult

AGENTS_PER_ADDRESS: Final = 10_000
MOST_HANDSHAKES: Final = 32
ProtocolT = TypeVar("ProtocolT", bound=asyncio.Protocol)


class Connector:
    """Connects the agents of one process.

    Args:
        context: The TLS context that all share.
        timeout_s: Limit of connecting, handshake included.
        on_connected: Told how long each handshake took.
    """

    def __init__(
        self, context: ssl.SSLContext, timeout_s: float, on_connected: Callable[[float], object]
    ) -> None:
        self._on_connected = on_connected
        self._context = context
        self._timeout_s = timeout_s
        self._addresses: dict[str, str] = {}
        self._turns = asyncio.Semaphore(MOST_HANDSHAKES)

    async def connect(
        self, protocol: Callable[[], ProtocolT], number: int, server: SplitResult
    ) -> ProtocolT:
        """Return a connected protocol.

        Args:
            protocol: Makes it.
            number: The agent's.
            server: The server's URL.

        Raises:
            OSError: There is no connection; TimeoutError and SSLError are such.
        """
        host, port = server.hostname or "", server.port or 443
        loop = asyncio.get_running_loop()
        async with self._turns, asyncio.timeout(self._timeout_s):
            began_s = loop.time()
            address = await self._resolved(host, port)
            _, made = await loop.create_connection(
                protocol,
                address,
                port,
                ssl=self._context,
                server_hostname=host,
                local_addr=_source(address, number),
            )
        self._on_connected(loop.time() - began_s)
        return made

    async def _resolved(self, host: str, port: int) -> str:
        known = self._addresses.get(host)
        if known is None:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
            # IPv4 first: a lab listens there, and its source addresses are there.
            found.sort(key=lambda one: one[0] != socket.AF_INET)
            known = self._addresses[host] = str(found[0][4][0])
        return known


def _source(address: str, number: int) -> tuple[str, int] | None:
    """Return the address that an agent calls from, None where the system chooses."""
    with suppress(ValueError):
        if ipaddress.ip_address(address) in ipaddress.ip_network("127.0.0.0/8"):
            return f"127.0.0.{2 + number // AGENTS_PER_ADDRESS % 250}", 0
    return None
