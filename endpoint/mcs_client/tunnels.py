"""Going by a proxy or a message relay: a tunnel with CONNECT, Basic first, then what it asks for.

* A proxy that wants other credentials is answered a few times, then left aside.
* What it accepted is shown at once the next time.

Provenance: mcs-protocol 1.8 (public: CONNECT, `Proxy-Connection`, Basic, then Digest on 407, at
most five times).
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Final, TypedDict, TypeVar

import aiohttp
from yarl import URL

from endpoint.mcs_client.breakdowns import ProxyRefusedError
from endpoint.mcs_client.proxy_auth import basic, digest
from endpoint.mcs_client.routes import Via

_MOST_TRIES: Final = 5
_WANTS_CREDENTIALS: Final = 407
_Came = TypeVar("_Came")


class ByProxy(TypedDict, total=False):
    """What a request of aiohttp takes to go by a proxy; nothing when it goes without."""

    proxy: str
    proxy_headers: dict[str, str]


class Tunnels:
    """The tunnels of one client, and what it showed to open them."""

    def __init__(self) -> None:
        self._shown: dict[Via, str] = {}

    async def exchange(
        self, via: Via | None, url: URL, send: Callable[[ByProxy], Awaitable[_Came]]
    ) -> _Came:
        """Send by a way; without one, directly.

        Args:
            via: The proxy or relay.
            url: Of the server.
            send: Sends the request; called again when the proxy asks for other credentials.

        Raises:
            ProxyRefusedError: The proxy opens no tunnel.
        """
        if via is None:
            return await send({})
        shown = self._shown.get(via) or (basic(via.credentials) if via.credentials else "")
        for _ in range(_MOST_TRIES):
            headers = {"Proxy-Connection": "Keep-Alive"}
            if shown:
                headers["Proxy-Authorization"] = shown
            try:
                return await send({"proxy": via.url, "proxy_headers": headers})
            except aiohttp.ClientHttpProxyError as error:
                shown = self._answer_to(error, via, f"{url.host}:{url.port}")
        raise ProxyRefusedError("the proxy does not accept these credentials")

    def _answer_to(self, error: aiohttp.ClientHttpProxyError, via: Via, uri: str) -> str:
        self._shown.pop(via, None)
        if error.status == _WANTS_CREDENTIALS and via.credentials is not None:
            challenges = error.headers.getall("Proxy-Authenticate", ()) if error.headers else ()
            cnonce = secrets.token_hex(8)
            for challenge in challenges:
                answer = digest(challenge, via.credentials, uri=uri, cnonce=cnonce)
                if answer:
                    self._shown[via] = answer
                    return answer
        raise ProxyRefusedError(f"the proxy answered {error.status}") from error
