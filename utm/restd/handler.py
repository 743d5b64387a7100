"""The REST API over HTTP: who asks is checked first, then the path says what is asked for."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from aiohttp import web

from utm.access import Administrator, LoginRefusedError, TooManyLoginsError

if TYPE_CHECKING:
    from utm.app import Utm

_CHALLENGE: Final = 'Basic realm="UTM REST API"'


def make_handler(utm: "Utm") -> Callable[[web.Request, str], Awaitable[web.Response]]:
    """Return the handler of every request below `/api`."""

    async def handle(request: web.Request, path: str) -> web.Response:
        try:
            await _administrator(utm, request)
        except LoginRefusedError:
            return web.json_response([], status=401, headers={"WWW-Authenticate": _CHALLENGE})
        except TooManyLoginsError as error:
            wait = {"Retry-After": str(error.retry_after_s)}
            return web.json_response([], status=429, headers=wait)
        if path.strip("/") == "status/version":
            return web.json_response({"utm": "9.723-4", "restd": "1.3.0"})
        return web.json_response([], status=404)

    return handle


async def _administrator(utm: "Utm", request: web.Request) -> Administrator:
    user, password = _credentials(request.headers.get("Authorization", ""))
    return await utm.administrators.check(
        user, password, srcip=request.remote or "", facility="restd"
    )


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise LoginRefusedError("no user name and password came")
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise LoginRefusedError("user name and password cannot be read") from error
    user, _, password = text.partition(":")
    return user, password
