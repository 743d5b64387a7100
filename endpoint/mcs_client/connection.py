"""One persistent TLS connection to LiveConnect; requests are strictly serial.

* Headers are written as :mod:`endpoint.mcs_client.requests` says; nothing else.
* Exactly one CA is trusted and the host name is checked; no proxy is taken from the environment.
* Bodies are at most 100 MiB with Content-Length and 10 MiB without; a short one is an error.
* Redirects are not followed: only 200 is success.
* An error of the transport is an outcome, not an exception; cancellation passes.

Provenance: mcs-protocol.md 1.1 and 1.2 (public, seen on the wire).
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import aiohttp
from yarl import URL

from endpoint.mcs_client.breakdowns import TRANSPORT_ERRORS, BodyTooLongError, no_answer
from endpoint.mcs_client.cookies import Cookies
from endpoint.mcs_client.errors import ServerCaUnusableError
from endpoint.mcs_client.outcome import Answer, Outcome
from endpoint.mcs_client.reactions import reaction_to
from endpoint.mcs_client.requests import transport_headers
from endpoint.mcs_client.routes import Via
from endpoint.mcs_client.tunnels import ByProxy, Tunnels
from foundation.net.tls import client_context
from foundation.service import Now

_MOST_WITH_LENGTH: Final = 100 * 1024 * 1024
_MOST_WITHOUT_LENGTH: Final = 10 * 1024 * 1024
_CHUNK: Final = 64 * 1024
# Longer than any poll interval: it is the server that ends an idle connection, not we.
_KEEP_IDLE_S: Final = 86_400.0
_NOT_AUTOMATIC: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class Connection:
    """A client's connection, its cookies, and what an outcome does to both.

    Args:
        ca: Names the PEM file of the one CA to trust, whenever a connection is opened.
        now: The time that certificates are checked against.
        timeout_s: Limit of connecting and of silence.
    """

    def __init__(self, *, ca: Callable[[], Path], now: Now, timeout_s: float) -> None:
        self._ca = ca
        self._now = now
        self._timeout = aiohttp.ClientTimeout(
            total=10 * timeout_s, sock_connect=timeout_s, sock_read=timeout_s
        )
        self._cookies = Cookies()
        self._session: aiohttp.ClientSession | None = None
        self._tunnels = Tunnels()
        self._serial = asyncio.Lock()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        via: Via | None = None,
    ) -> Outcome:
        """Send one request and read the whole answer.

        Args:
            method: The HTTP method.
            url: The whole URL, already encoded.
            via: The proxy or relay to go by.
            headers: ``Authorization``, ``Content-Type``, ``User-Agent`` and others, in this order.
            body: The request's body.

        Raises:
            ServerCaUnusableError: The CA file is missing or no certificate.
        """
        async with self._serial:
            outcome = await self._outcome(method, URL(url, encoded=True), headers, body, via)
            reaction = reaction_to(outcome)
            if reaction.clear_cookies:
                self._cookies.clear()
            if reaction.close_connection:
                await self._close()
            return outcome

    def clear_cookies(self) -> None:
        """Forget every cookie, as before a registration."""
        self._cookies.clear()

    async def close(self) -> None:
        """Close the connection; the next request opens another."""
        async with self._serial:
            await self._close()

    async def _outcome(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes, via: Via | None
    ) -> Outcome:
        async def send(by_proxy: ByProxy) -> Answer:
            return await self._exchange(method, url, headers, body, by_proxy)

        try:
            return await self._tunnels.exchange(via, url, send)
        except TRANSPORT_ERRORS as error:
            return no_answer(error)

    async def _exchange(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes, by_proxy: ByProxy
    ) -> Answer:
        session = self._open()
        sent = transport_headers(headers, length=len(body), cookies=self._cookies.header)
        async with session.request(
            method,
            url,
            headers=sent,
            data=body or None,
            allow_redirects=False,
            skip_auto_headers=_NOT_AUTOMATIC,
            **by_proxy,
        ) as response:
            answer = await _read(response)
            if answer.is_success:
                self._cookies.store(response.headers.getall("Set-Cookie", ()))
            return answer

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            ca = self._ca()
            try:
                context = client_context(ca=ca, now=self._now)
            except (OSError, ssl.SSLError) as error:
                raise ServerCaUnusableError(f"{ca} cannot be used: {error}") from error
            connector = aiohttp.TCPConnector(limit=1, ssl=context, keepalive_timeout=_KEEP_IDLE_S)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                auto_decompress=False,
                trust_env=False,
            )
            # aiohttp would send a GET or DELETE that met a reset again at once, with its cookies:
            # a reset is a failure with a back-off. It has no public switch for that.
            self._session._retry_connection = False  # noqa: SLF001
        return self._session

    async def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


async def _read(response: aiohttp.ClientResponse) -> Answer:
    most = _MOST_WITHOUT_LENGTH if response.content_length is None else _MOST_WITH_LENGTH
    if (response.content_length or 0) > most:
        raise BodyTooLongError(f"{response.content_length} bytes; at most {most} are read")
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > most:
            raise BodyTooLongError(f"more than {most} bytes")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, headers, bytes(body))
