"""One persistent TLS connection to LiveConnect; requests are strictly serial.

* Headers are written as :mod:`endpoint.mcs_client.requests` says; nothing else.
* Exactly one CA is trusted and the host name is checked; no proxy is taken from the environment.
* Bodies are at most 100 MiB with Content-Length and 10 MiB without; a short one is an error.
* Redirects are not followed: only 200 is success.
* An error of the transport is an outcome, not an exception; cancellation passes.

Provenance: mcs-protocol.md 1.1 and 1.2 (public, seen on the wire).
"""

import asyncio
import secrets
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import aiohttp
from yarl import URL

from endpoint.mcs_client.cookies import Cookies
from endpoint.mcs_client.errors import ServerCaUnusableError
from endpoint.mcs_client.outcome import Answer, Breakdown, NoAnswer, Outcome
from endpoint.mcs_client.proxy_auth import basic, digest
from endpoint.mcs_client.reactions import reaction_to
from endpoint.mcs_client.requests import transport_headers
from endpoint.mcs_client.routes import Via
from foundation.net.tls import client_context
from foundation.service import Now

_MOST_WITH_LENGTH: Final = 100 * 1024 * 1024
_MOST_WITHOUT_LENGTH: Final = 10 * 1024 * 1024
_MOST_PROXY_TRIES: Final = 5
_PROXY_WANTS_CREDENTIALS: Final = 407
_CHUNK: Final = 64 * 1024
# Longer than any poll interval: it is the server that ends an idle connection, not we.
_KEEP_IDLE_S: Final = 86_400.0
_NOT_AUTOMATIC: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class _BodyTooLongError(Exception):
    """A body over its limit."""


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
        self._shown: dict[Via, str] = {}
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
            if via is None:
                outcome = await self._exchange(method, url, headers, body)
            else:
                outcome = await self._exchange_by(via, method, url, headers, body)
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

    async def _exchange_by(
        self, via: Via, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Outcome:
        """Go by a proxy: Basic first, then what it asks for."""
        target = URL(url, encoded=True)
        shown = self._shown.get(via) or (basic(via.credentials) if via.credentials else "")
        for _ in range(_MOST_PROXY_TRIES):
            proxy_headers = {"Proxy-Connection": "Keep-Alive"}
            if shown:
                proxy_headers["Proxy-Authorization"] = shown
            try:
                outcome = await self._exchange(
                    method, url, headers, body, proxy=via.url, proxy_headers=proxy_headers
                )
            except aiohttp.ClientHttpProxyError as error:
                answer = self._answer_to(error, via, f"{target.host}:{target.port}")
                if not answer:
                    return NoAnswer(Breakdown.CONNECT, f"the proxy answered {error.status}")
                shown = self._shown[via] = answer
                continue
            return outcome
        return NoAnswer(Breakdown.CONNECT, "the proxy does not accept these credentials")

    def _answer_to(self, error: aiohttp.ClientHttpProxyError, via: Via, uri: str) -> str:
        self._shown.pop(via, None)
        if error.status != _PROXY_WANTS_CREDENTIALS or via.credentials is None:
            return ""
        challenges = error.headers.getall("Proxy-Authenticate", ()) if error.headers else ()
        cnonce = secrets.token_hex(8)
        answers = (digest(one, via.credentials, uri=uri, cnonce=cnonce) for one in challenges)
        return next((answer for answer in answers if answer), "")

    async def _exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        proxy: str | None = None,
        proxy_headers: Mapping[str, str] | None = None,
    ) -> Outcome:
        session = self._open()
        sent = transport_headers(headers, length=len(body), cookies=self._cookies.header)
        try:
            async with session.request(
                method,
                URL(url, encoded=True),
                headers=sent,
                data=body or None,
                allow_redirects=False,
                skip_auto_headers=_NOT_AUTOMATIC,
                proxy=proxy,
                proxy_headers=proxy_headers,
            ) as response:
                answer = await _read(response)
                if answer.is_success:
                    self._cookies.store(response.headers.getall("Set-Cookie", ()))
                return answer
        except aiohttp.ClientHttpProxyError:
            raise
        except (aiohttp.ClientError, OSError, _BodyTooLongError) as error:
            return _no_answer(error)

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
        raise _BodyTooLongError(f"{response.content_length} bytes; at most {most} are read")
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > most:
            raise _BodyTooLongError(f"more than {most} bytes")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, headers, bytes(body))


_BREAKDOWNS: Final[tuple[tuple[type[Exception], Breakdown], ...]] = (
    # Most special first: aiohttp's errors derive from one another and from OSError.
    (_BodyTooLongError, Breakdown.BODY_TOO_LONG),
    (aiohttp.ClientPayloadError, Breakdown.BODY_TOO_SHORT),
    (aiohttp.ClientSSLError, Breakdown.CERTIFICATE),
    (aiohttp.ConnectionTimeoutError, Breakdown.CONNECT),
    (TimeoutError, Breakdown.TIMEOUT),
    (aiohttp.ClientConnectorError, Breakdown.CONNECT),
    (aiohttp.ClientResponseError, Breakdown.MALFORMED),
    (aiohttp.InvalidURL, Breakdown.MALFORMED),
)


def _no_answer(error: Exception) -> NoAnswer:
    detail = str(error) or type(error).__name__
    for kind, breakdown in _BREAKDOWNS:
        if isinstance(error, kind):
            return NoAnswer(breakdown, detail)
    return NoAnswer(Breakdown.RESET, detail)
