"""The life of an HTTP server: bound when started, named when its port is taken.

- A client that leaves in the middle of its request is no fault of ours: nothing is printed of it.
- Any other exception that a handler lets through is printed whole, and answered by 500.
"""

import errno
import logging
import ssl
from typing import ClassVar

from aiohttp import web

from foundation.errors import DomainError

KEEP_ALIVE_S = 3600.0
"""Long against any poll interval, so that an endpoint keeps its one connection."""
SHUTDOWN_S = 1.0


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
    return not (record.exc_info and isinstance(record.exc_info[1], ConnectionError))


def _crash_printer() -> logging.Logger:
    # Made by hand, not by getLogger, so that it stands outside the process-wide tree.
    printer = logging.Logger("http_server")  # noqa: LOG001 - see above
    printer.addFilter(_is_worth_printing)
    return printer


class HttpServer:
    """One listener of one application.

    With `reuse_port` other processes of the same user may listen on the port too; the system hands
    each connection to one of them.
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
    ) -> None:
        self._name = name
        self._host = host
        self._wanted_port = port
        self._ssl_context = ssl_context
        self._reuse_port = reuse_port
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=_crash_printer(),
            keepalive_timeout=KEEP_ALIVE_S,
            handle_signals=False,
            shutdown_timeout=SHUTDOWN_S,
        )
        self.port = 0

    async def start(self) -> None:
        """Bind and serve; a port that was given by the system is kept over a restart.

        Raises:
            PortInUseError: If the port is taken.
        """
        await self._runner.setup()
        port = self.port or self._wanted_port
        site = web.TCPSite(
            self._runner,
            self._host,
            port,
            ssl_context=self._ssl_context,
            reuse_address=True,
            reuse_port=self._reuse_port,
        )
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            if error.errno == errno.EADDRINUSE:
                raise PortInUseError(self._name, self._host, port) from error
            raise
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the listener and every connection."""
        await self._runner.cleanup()
