"""The appliance's HTTPS listener: WebAdmin at `/` and the REST API at `/api`, one certificate.

- WebAdmin is an application; what is below `/api` (`//api` too) never gets as far as that one's
  middlewares, and has its own way to say who asks.
- An answer of either carries the headers that every answer needs; no cache keeps it.
"""

import re
from typing import TYPE_CHECKING, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from foundation.net.http_server import HttpServer
from foundation.net.tls import server_context
from foundation.service import Service
from utm import restd, webadmin
from utm.confd import Confd
from utm.storage import WEBADMIN_FOLDER
from utm.webadmin_certificate import certificate_files

if TYPE_CHECKING:
    from utm.app import Utm

_API: Final = re.compile(r"/+api(/.*)?", re.DOTALL)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class FrontDoor(Service):
    """The listener of one UTM."""

    def __init__(self, utm: "Utm") -> None:
        self._utm = utm
        self._server: HttpServer | None = None

    @property
    def port(self) -> int:
        """The port while it listens, otherwise 0."""
        return self._server.port if self._server is not None else 0

    @property
    def url(self) -> str:
        """WebAdmin's address."""
        return f"https://localhost:{self.port}"

    async def start(self) -> None:
        """Make the certificate if need be, and listen.

        Raises:
            PortInUseError: If the port is taken.
        """
        utm, config = self._utm, self._utm.config
        certificate, key = certificate_files(
            config.data / WEBADMIN_FOLDER, host_name=config.host_name, now=utm.now
        )
        port = config.webadmin_port
        if port is None:
            port = int(await utm.writer.read(lambda db: Confd(db).node("webadmin.port")) or 0)
        server = HttpServer(
            _application(utm),
            name="WebAdmin and the REST API",
            port=port,
            ssl_context=server_context(certificate=certificate, key=key, now=utm.now),
        )
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """Close the listener and every connection."""
        if self._server is not None:
            await self._server.stop()
            self._server = None


def _application(utm: "Utm") -> web.Application:
    answer = restd.make_handler(utm)

    @web.middleware
    async def lead(request: web.Request, handler: Handler) -> web.StreamResponse:
        path = _API.fullmatch(request.path)
        return await (handler(request) if path is None else answer(request, path[1] or "/"))

    application = webadmin.make_application(utm)
    # Outermost: WebAdmin's own middlewares, such as the session's, do not see the API's requests.
    application.middlewares.insert(0, lead)
    application.on_response_prepare.append(_add_headers)
    return application


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
