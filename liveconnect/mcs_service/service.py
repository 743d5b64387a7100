"""The routes of MCS below the configured base path.

- Success is exactly 200, each answer carries Content-Length, connections stay open: documented
  clients take anything else for an error or reconnect each time.
- The order of routes is of no account: their fixed prefixes differ.
"""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from foundation.protocol.answers import AuthenticateAnswer, encode_flags
from liveconnect.access_token import Bearer
from liveconnect.feed_allowance import FeedLimits
from liveconnect.mcs_service.context import JSON, Handler, McsContext
from liveconnect.mcs_service.documents import MOST_BYTES
from liveconnect.mcs_service.feeding import Feeding
from liveconnect.mcs_service.installing import Installing
from liveconnect.mcs_service.migrating import Migrating
from liveconnect.mcs_service.near_misses import KnownCall
from liveconnect.mcs_service.poll_resource import PollResource
from liveconnect.mcs_service.polling import Polling
from liveconnect.mcs_service.pushing import Pushing
from liveconnect.mcs_service.strangers import Strangers
from liveconnect.mcs_service.telling import Telling
from liveconnect.push import PushHub

_Route = tuple[str, str, str, Handler]
"""The name of a call, its method, its path below the base, and what answers it."""


class McsService:
    """Answers endpoints."""

    def __init__(
        self,
        context: McsContext,
        base_path: str,
        hub: PushHub | None,
        *,
        feed_limits: FeedLimits | None = None,
    ) -> None:
        self._context = context
        self._telling = Telling(context)
        self._feeding = Feeding(context, feed_limits or FeedLimits())
        self._pushing = Pushing(context, hub)
        self._base = "/" + base_path.strip("/") if base_path.strip("/") else ""

    def application(self, middlewares: Iterable[Any] = ()) -> web.Application:
        """Return the application to serve."""
        app = web.Application(middlewares=tuple(middlewares), client_max_size=MOST_BYTES)
        polling, guarded = Polling(self._context), self._context.guarded
        app.on_cleanup.append(polling.close)
        polled = "/commands/applications/{apps}/endpoint/{endpoint}"
        poll = PollResource(self._base + polled)
        poll.add_route("GET", guarded("poll", polling.poll))
        app.router.register_resource(poll)
        routes = (*self._routes_of_endpoints(polling), *self._routes_of_devices())
        for call, method, path, handler in routes:
            # A stream that is held for hours takes nobody's place.
            tells = method in ("POST", "PUT")
            counted = handler if call == "push" else self._context.admitted(handler, tells=tells)
            app.router.add_route(method, self._base + path, guarded(call, counted))
        if self._base:
            app.router.add_get(self._base, guarded("capabilities", self._capabilities))
        calls = tuple(KnownCall(method, path) for _, method, path, _ in routes)
        strangers = Strangers(self._base, (KnownCall("GET", polled), *calls))
        app.router.add_route("*", "/{rest:.*}", guarded("none", strangers.refuse))
        return app

    def _routes_of_endpoints(self, polling: Polling) -> tuple[_Route, ...]:
        """The calls whose credentials are an endpoint's or a token."""
        telling, installing = self._telling, Installing(self._context)
        acknowledged = "/commands/endpoint/{endpoint}/{commands}"
        fragment = "/policy/fragment/application/{app}/{fragment}"
        authenticate = "/authenticate/endpoint/{endpoint}/role/endpoint"
        deployment_info = "/install/deployment-info/2"
        return (
            ("ack", "DELETE", acknowledged, polling.acknowledge),
            ("ack", "GET", acknowledged, polling.acknowledge),
            ("policy", "GET", "/policy/application/{app}/{policy}", polling.policy),
            ("fragment", "GET", fragment, polling.fragment),
            ("register", "POST", "/register", telling.register),
            ("deployment info", "POST", deployment_info, installing.deployment_info),
            ("statuses", "PUT", "/statuses/endpoint/{endpoint}", telling.statuses),
            ("events", "POST", "/events/endpoint/{endpoint}", telling.events),
            ("authenticate", "POST", authenticate, self._authenticate),
            ("flags", "GET", "/flags/endpoint/{endpoint}", self._flags),
            ("capabilities", "GET", "/", self._capabilities),
        )

    def _routes_of_devices(self) -> tuple[_Route, ...]:
        """The calls that show an access token."""
        response = "/v2/responses/device/{device}/app_id/{app}/correlation_id/{command}"
        data_feed = "/v2/data_feed/device/{device}/feed_id/{feed}"
        return (
            ("response", "POST", response, self._telling.response),
            ("data feed", "POST", data_feed, self._feeding.upload),
            ("push", "GET", "/v2/push/device/{device}", self._pushing.push),
            ("migrate", "POST", "/v2/migrate", Migrating(self._context).migrate),
        )

    async def _capabilities(self, _request: web.Request) -> web.Response:
        return web.Response()

    async def _authenticate(self, request: web.Request) -> web.Response:
        context = self._context
        entry = context.gate.endpoint_of_path(request)
        bearer = Bearer(
            endpoint_id=entry.endpoint_id, device_id=entry.device_id, tenant_id=entry.tenant
        )
        answer = AuthenticateAnswer(
            access_token=context.tokens.issue(bearer),
            expires_in=context.tokens.life_s,
            device_id=entry.device_id,
            tenant_id=entry.tenant,
        )
        response = web.Response(body=answer.encode(), content_type=JSON)
        return await context.in_session(entry, request, response)

    async def _flags(self, request: web.Request) -> web.Response:
        entry = self._context.gate.endpoint_of_path(request)
        flags = await self._context.store.flags(entry.tenant, entry.endpoint_id)
        return web.Response(body=encode_flags(flags), content_type=JSON)
