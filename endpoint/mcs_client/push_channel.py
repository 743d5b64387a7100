"""The push channel of one client: a held request over which LiveConnect speaks first.

* Connected after a round, when the policy names a push server and the access token a device, by the
  ways that polls go: relays, proxies, none; the next one where nothing could be sent by one.
* Silence longer than the policy's ping time-out, an end, or anything that is no stream is an error:
  the channel is down, the client polls at once, and connects again after its next poll.
* A redirect (307) leads to the push host; the headers go along, to https only.
* It hands events on and decides nothing.

Provenance: mcs-protocol 1.3 row 14, 1.5, 1.7, 1.8 (public).
"""

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import aiohttp
from yarl import URL

from endpoint.logs import EndpointLog
from endpoint.mcs_client.access import Access
from endpoint.mcs_client.breakdowns import TRANSPORT_ERRORS, no_answer
from endpoint.mcs_client.push_target import PushTarget, push_headers, target_of
from endpoint.mcs_client.routes import Routes, Via
from endpoint.mcs_client.settings import Settings
from endpoint.mcs_client.tunnels import ByProxy, Tunnels
from foundation.net.tls import client_context
from foundation.protocol.push import (
    CONTENT_TYPE,
    EventReader,
    PushEvent,
    PushStreamBrokenError,
)
from foundation.service import Now, Tasks

if TYPE_CHECKING:
    import asyncio

CONNECT_S: Final = 30.0
MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 307, 308})


class _LostError(Exception):
    """The channel is down, for the reason given."""


class PushChannel:
    """The channel of one client.

    Args:
        routes: The ways, and which was the last good one.
        log: MCSClient.log.
        now: The time that certificates are checked against.
        on_event: Called with each event but pings.
        on_lost: Called when a channel that was up is down.
    """

    def __init__(
        self,
        routes: Routes,
        *,
        log: EndpointLog,
        now: Now,
        on_event: Callable[[PushEvent], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._routes = routes
        self._tunnels = Tunnels()
        self._log = log
        self._now = now
        self._on_event = on_event
        self._on_lost = on_lost
        self._tasks = Tasks(on_failure=self._crashed)
        self._listening: asyncio.Task[None] | None = None
        self._target: PushTarget | None = None
        self.is_up = False

    async def ensure(self, settings: Settings, access: Access) -> None:
        """Connect, or leave a channel that is there as it is."""
        target = target_of(settings, access)
        if target == self._target and self._listening is not None and not self._listening.done():
            return
        await self.close()
        if target is not None:
            self._target = target
            self._listening = self._tasks.start(
                self._listen(target, settings), name="mcs-client-push"
            )

    async def close(self) -> None:
        """Stop listening; nobody is told."""
        self._target, self.is_up = None, False
        await self._tasks.close()
        self._listening = None

    async def _listen(self, target: PushTarget, settings: Settings) -> None:
        try:
            await self._stream(target, client_context(ca=settings.ca, now=self._now))
        except TimeoutError:
            self._lost("No Ping from Server" if self.is_up else "no connection")
        except (_LostError, PushStreamBrokenError, aiohttp.ClientError, OSError) as error:
            self._lost(str(error) or type(error).__name__)
        else:
            self._lost("the server ended the stream")

    def _lost(self, reason: str) -> None:
        was_up, self.is_up, self._target = self.is_up, False, None
        write = self._log.error if was_up else self._log.warning
        write("PushClient", f"Push is down: {reason}")
        if was_up:
            self._on_lost()

    def _crashed(self, _name: str, error: BaseException) -> None:
        self._lost(f"{type(error).__name__}: {error}")

    async def _stream(self, target: PushTarget, context: ssl.SSLContext) -> None:
        async with (
            _session(context, target.ping_timeout_s) as session,
            await self._open(session, target) as answer,
        ):
            await self._read(answer)

    async def _open(
        self, session: aiohttp.ClientSession, target: PushTarget
    ) -> aiohttp.ClientResponse:
        """Try the ways in their order; any answer ends the search."""
        reason = "no way to it may be used"
        for route in self._routes.to(target.url, target.ways):
            try:
                return await self._ask(session, target, route.via)
            except TRANSPORT_ERRORS as error:
                failure = no_answer(error)
                if not failure.was_nothing_sent:
                    raise
                reason = failure.detail
                by = route.via.url if route.via else "directly"
                self._log.debug("PushClient", f"No connection {by}: {reason}")
        raise _LostError(reason)

    async def _ask(
        self, session: aiohttp.ClientSession, target: PushTarget, via: Via | None
    ) -> aiohttp.ClientResponse:
        url, headers = URL(target.url, encoded=True), push_headers(target)

        async def send(by_proxy: ByProxy) -> aiohttp.ClientResponse:
            return await session.get(url, headers=headers, allow_redirects=False, **by_proxy)

        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._tunnels.exchange(via, url, send)
            if answer.status not in _REDIRECTS:
                return answer
            answer.close()
            url = _redirected(url, answer)
        raise _LostError(f"more than {MOST_REDIRECTS} redirects")

    async def _read(self, answer: aiohttp.ClientResponse) -> None:
        if answer.status != 200:
            raise _LostError(f"the server answered {answer.status}")
        if answer.content_type != CONTENT_TYPE:
            raise _LostError(f"the server answered with {answer.content_type}")
        self.is_up = True
        self._log.information("PushClient", "Push is up")
        reader = EventReader()
        async for chunk in answer.content.iter_any():
            for event in reader.feed(chunk):
                self._on_event(event)


def _session(context: ssl.SSLContext, silence_s: float) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=1, ssl=context),
        cookie_jar=aiohttp.DummyCookieJar(),
        # Connecting includes what a proxy takes for its part, which may be for ever.
        timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_S, sock_read=silence_s),
        trust_env=False,
    )


def _redirected(url: URL, answer: aiohttp.ClientResponse) -> URL:
    location = url.join(URL(answer.headers.get("Location", "")))
    if location.scheme != "https":
        raise _LostError(f"redirected to {location.scheme}")
    return location
