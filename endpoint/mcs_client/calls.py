"""The calls of MCS, one method each, with their paths, headers and authorization.

* A method returns what a 200 carried, or raises :class:`McsCallFailedError`.
* Where nothing could be sent to one address (no connection, a refused certificate) the next one is
  tried; any answer ends the search.
* The User-Agent is worked out anew for every call, since a policy can change the token; the whole
  of it can be set.

Provenance: mcs-protocol.md 1.2 and 1.3 (public).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from endpoint.identity import Identity
from endpoint.logs import EndpointLog
from endpoint.mcs_client.access import Access
from endpoint.mcs_client.attempt import ATTEMPT_HEADER
from endpoint.mcs_client.connection import Connection
from endpoint.mcs_client.errors import (
    LiveConnectUnreachableError,
    McsCallFailedError,
    NoServerConfiguredError,
    RegistrationRefusedError,
    failed,
)
from endpoint.mcs_client.options import McsClientOptions
from endpoint.mcs_client.outcome import Answer, Breakdown, NoAnswer, Outcome
from endpoint.mcs_client.requests import NO_MORE, call_headers, user_agent
from endpoint.mcs_client.routes import Routes
from endpoint.mcs_client.settings import Settings, SettingsSource
from foundation.protocol import paths
from foundation.protocol.authorization import (
    EndpointCredentials,
    RegistrationCredentials,
    encode_basic,
    encode_bearer,
)
from foundation.protocol.data_feeds import ENCODING, LENGTH_HEADER

_JSON: Final = "application/json"
_GONE: Final = frozenset({404, 410})


def _tell_nobody(_relay_id: str) -> None:
    return


class McsCalls:
    """What this client can ask of LiveConnect.

    Args:
        connection: The connection.
        settings: Addresses and token.
        options: The User-Agent, if it is not the usual one.
        log: Gets a Trace line of every request.
        routes: The addresses and ways, in the order of trying.
        on_relay: Hears which relay an answer came by; an empty id is none.
    """

    def __init__(
        self,
        connection: Connection,
        settings: SettingsSource,
        options: McsClientOptions,
        log: EndpointLog,
        *,
        routes: Routes,
        on_relay: Callable[[str], None] = _tell_nobody,
    ) -> None:
        self._connection = connection
        self._log = log
        self._settings = settings
        self._user_agent = options.user_agent
        self._routes = routes
        self._on_relay = on_relay
        self._ways: tuple[object, ...] | None = None

    async def capabilities(self) -> bytes:
        """Say hello to the bare base, without authorization."""
        return (await self._call("capabilities", "GET", paths.capabilities(), "")).body

    async def register(
        self, credentials: RegistrationCredentials, status: bytes, *, attempt: str = ""
    ) -> bytes:
        """Register, for the first time or again.

        Args:
            credentials: Token, and who this endpoint was.
            status: The computer's description.
            attempt: Names a first registration, so that a lost answer makes no second endpoint.

        Raises:
            RegistrationRefusedError: The server answered, and does not want this endpoint.
            McsCallFailedError: It could not be asked, or is in trouble.
        """
        self._connection.clear_cookies()
        authorization = encode_basic(credentials)
        more = {ATTEMPT_HEADER: attempt} if attempt else {}
        try:
            answer = await self._call(
                "register", "POST", paths.register(), authorization, status, more=more
            )
        except LiveConnectUnreachableError:
            raise
        except McsCallFailedError as error:
            outcome = error.outcome
            if isinstance(outcome, Answer) and 400 <= outcome.status < 500:
                raise RegistrationRefusedError("register", outcome) from error
            raise
        return answer.body

    async def commands(self, identity: Identity, app_ids: Iterable[str]) -> bytes:
        """Poll for commands."""
        path = paths.commands(app_ids, identity.endpoint_id)
        return (await self._call("command poll", "GET", path, _basic(identity))).body

    async def acknowledge(self, identity: Identity, command_id: str) -> None:
        """Delete a command; one that the server does not know any more is deleted."""
        path = paths.command_ack(identity.endpoint_id, [command_id])
        try:
            await self._call(f"delete command {command_id}", "DELETE", path, _basic(identity))
        except McsCallFailedError as error:
            # After a crash between a DELETE and its note, the DELETE is sent a second time.
            if not isinstance(error.outcome, Answer) or error.outcome.status not in _GONE:
                raise

    async def policy(self, identity: Identity, app_id: str, policy_id: str) -> bytes:
        """Fetch a policy."""
        path = paths.policy(app_id, policy_id)
        return (await self._call(f"fetch {app_id} policy", "GET", path, _basic(identity))).body

    async def policy_fragment(self, identity: Identity, app_id: str, fragment_id: str) -> bytes:
        """Fetch one piece of a policy."""
        path = paths.policy_fragment(app_id, fragment_id)
        call = f"fetch a fragment of the {app_id} policy"
        return (await self._call(call, "GET", path, _basic(identity))).body

    async def authenticate(self, identity: Identity) -> bytes:
        """Ask for a JWT."""
        path = paths.authenticate(identity.endpoint_id)
        return (await self._call("authenticate", "POST", path, _basic(identity))).body

    async def flags(self, identity: Identity) -> bytes:
        """Fetch the feature flags."""
        path = paths.flags(identity.endpoint_id)
        return (await self._call("fetch flags", "GET", path, _basic(identity))).body

    async def put_statuses(self, identity: Identity, document: bytes) -> None:
        """Send statuses."""
        path = paths.statuses(identity.endpoint_id)
        await self._call("send statuses", "PUT", path, _basic(identity), document)

    async def post_events(self, identity: Identity, document: bytes) -> None:
        """Send events."""
        path = paths.events(identity.endpoint_id)
        await self._call("send events", "POST", path, _basic(identity), document)

    async def respond(
        self, access: Access, app_id: str, command_id: str, document: bytes
    ) -> Answer:
        """Send the response to a command, as JSON."""
        path = paths.response(access.device_id, app_id, command_id)
        more = {"Content-Type": _JSON, "Accept": _JSON}
        return await self._call_v2(f"respond to command {command_id}", path, access, document, more)

    async def upload(
        self, access: Access, feed_id: str, compressed: bytes, *, characters: int
    ) -> Answer:
        """Send an item of a data feed, as a zlib stream."""
        more = {
            "Content-Type": "",
            "Accept": _JSON,
            "Content-Encoding": ENCODING,
            LENGTH_HEADER: str(characters),
        }
        path = paths.data_feed(access.device_id, feed_id)
        return await self._call_v2(f"upload to feed {feed_id}", path, access, compressed, more)

    async def begin_anew(self) -> None:
        """Forget cookies and connection: the next request is one to another server."""
        self._connection.clear_cookies()
        await self._connection.close()

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def _call_v2(
        self, call: str, path: str, access: Access, body: bytes, more: Mapping[str, str]
    ) -> Answer:
        token = access.token
        device = {"X-Device-ID": access.device_id, "X-Tenant-ID": access.tenant_id}
        authorization = encode_bearer(token.reveal()) if token is not None else ""
        return await self._call(call, "POST", path, authorization, body, more={**more, **device})

    async def _call(
        self,
        call: str,
        method: str,
        path: str,
        authorization: str,
        body: bytes = b"",
        *,
        more: Mapping[str, str] = NO_MORE,
    ) -> Answer:
        settings = self._settings.current()
        await self._take_up(settings)
        routes = self._routes.ordered(
            settings.policy_servers, settings.configured_servers, settings.ways
        )
        if not routes:
            raise NoServerConfiguredError("no https:// address of LiveConnect may be used")
        agent = self._user_agent
        if agent is None:
            agent = user_agent(has_token=bool(settings.token))
        headers = call_headers(authorization, agent, more)
        outcome: Outcome = NoAnswer(Breakdown.CONNECT, "no address was tried")
        for route in routes:
            outcome = await self._connection.request(
                method, paths.join(route.url, path), headers=headers, body=body, via=route.via
            )
            by = f" by {route.via.url}" if route.via else ""
            self._log.trace("Connection", f"{method} {path}{by}: {_came_of(outcome)}")
            if isinstance(outcome, Answer):
                self._routes.worked(route)
                self._on_relay(route.via.relay_id if route.via else "")
                if outcome.is_success:
                    return outcome
            if not isinstance(outcome, NoAnswer) or not outcome.was_nothing_sent:
                break
        raise failed(call, outcome)

    async def _take_up(self, settings: Settings) -> None:
        """Close the connection when servers or ways are others than at the last request."""
        now = (
            settings.policy_servers,
            settings.configured_servers,
            settings.ways,
            settings.ca,
            settings.ca_changed_ns,
        )
        if self._ways is not None and self._ways != now:
            self._log.information("Connection", "Servers, ways or the CA changed")
            await self._connection.close()
        self._ways = now


def _basic(identity: Identity) -> str:
    return encode_basic(EndpointCredentials(identity.endpoint_id, identity.password))


def _came_of(outcome: Outcome) -> str:
    if isinstance(outcome, Answer):
        return f"{outcome.status}, {len(outcome.body)} bytes"
    return f"no answer ({outcome.breakdown}): {outcome.detail}"
