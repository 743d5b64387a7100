"""The life of an HTTP server: bound when started, named when its port is taken.

- A client that leaves in the middle of its request is no fault of ours: nothing is printed of it.
- Any other exception that a handler lets through is printed whole, and answered by 500.
"""

import asyncio
import errno
import logging
import ssl
from collections.abc import Callable
from typing import ClassVar

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage

from foundation.errors import DomainError
from foundation.net.shared_reading import SharedReading

KEEP_ALIVE_S = 3600.0
"""Long against any poll interval, so that an endpoint keeps its one connection."""
SHUTDOWN_S = 1.0
_CLIENTS_OWN = (ConnectionError, BadHttpMessage)
"""A client that left, or that sent no HTTP: answered where it can be, and no fault of ours."""
BACKLOG = 1024
"""Connections that may wait to be accepted: thousands of clients come back at once after a stop."""
RETRY_AFTER_S = 5
_NO_ROOM = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"Retry-After: %d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % RETRY_AFTER_S
)


class PortInUseError(DomainError):
    """The port is taken by somebody else."""

    code: ClassVar[str] = "port_in_use"
    hint: ClassVar[str] = (
        "Stop the other program, or choose another port (0 takes a free one); "
        "a lab that has run keeps its ports."
    )

    def __init__(self, name: str, host: str, port: int) -> None:
        super().__init__(f"{name} cannot listen on {host}:{port}: the port is in use")
        self.port = port


def _is_worth_printing(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], _CLIENTS_OWN))


def _crash_printer() -> logging.Logger:
    # Made by hand, not by getLogger, so that it stands outside the process-wide tree.
    printer = logging.Logger("http_server")  # noqa: LOG001 - see above
    printer.addFilter(_is_worth_printing)
    return printer


def _tell_nobody(_connections: int) -> None:
    """Hear of a refused connection."""


class HttpServer:
    """One listener of one application.

    Beyond `most_connections` a new one is answered 503 and closed; `on_refused` hears how many
    there are.

    With `reuse_port` other processes of the same user may listen on the port too; the system hands
    each connection to one of them. Without `inflate_bodies` the handlers see compressed bodies as
    they came, and inflate them within limits of their own.
    """

    def __init__(
        self,
        app: web.Application,
        *,
        name: str,
        host: str = "127.0.0.1",
        port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
        reuse_port: bool = False,
        most_connections: int | None = None,
        on_refused: Callable[[int], None] = _tell_nobody,
        inflate_bodies: bool = True,
    ) -> None:
        self._name = name
        self._host = host
        self._wanted_port = port
        self._ssl_context = ssl_context
        self._reading: SharedReading | None = None
        self._reuse_port = reuse_port
        self._most_connections = most_connections
        self._on_refused = on_refused
        self._listener: asyncio.AbstractServer | None = None
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=_crash_printer(),
            keepalive_timeout=KEEP_ALIVE_S,
            handle_signals=False,
            auto_decompress=inflate_bodies,
            shutdown_timeout=SHUTDOWN_S,
        )
        self.port = 0

    async def start(self) -> None:
        """Bind and serve; a port that was given by the system is kept over a restart.

        Raises:
            PortInUseError: If the port is taken.
        """
        await self._runner.setup()
        if self._ssl_context is not None:
            self._reading = SharedReading()
        port = self.port or self._wanted_port
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                self._protocol,
                self._host,
                port,
                ssl=self._ssl_context,
                backlog=BACKLOG,
                reuse_address=True,
                reuse_port=self._reuse_port,
            )
        except OSError as error:
            await self._runner.cleanup()
            if error.errno == errno.EADDRINUSE:
                raise PortInUseError(self._name, self._host, port) from error
            raise
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the listener and every connection."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._reading is not None:
            self._reading.close()
        await self._runner.cleanup()

    def _protocol(self) -> asyncio.BaseProtocol:
        server = self._runner.server
        if server is None:
            return _Refusing()
        if self._most_connections is not None:
            count = len(server.connections)
            if count >= self._most_connections:
                self._on_refused(count)
                return _Refusing()
        return server() if self._reading is None else self._reading.of(server())


class _Refusing(asyncio.Protocol):
    """A connection for which there is no room: it is told so, and closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods, but not the base class.
        transport.write(_NO_ROOM)  # type: ignore[attr-defined]
        transport.close()
