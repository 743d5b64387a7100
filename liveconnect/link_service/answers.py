"""What endpoints answered and uploaded, for the UTM that they belong to."""

from typing import Any

from aiohttp import web

from foundation.protocol.reasons import Reason
from liveconnect.link_service.context import LinkContext
from liveconnect.refusals import NotFoundError


class AnswerCalls:
    """Handlers of what a UTM reads of its endpoints."""

    def __init__(self, context: LinkContext) -> None:
        self._context = context

    async def responses(self, request: web.Request, tenant: str) -> web.Response:
        """GET /link/v1/endpoints/{endpoint}/responses."""
        found = await self._context.store.responses(self._own(request, tenant))
        listed: list[dict[str, Any]] = [
            {"app_id": one.app_id, "command_id": one.command_id, "body": one.body} for one in found
        ]
        return web.json_response({"responses": listed})

    async def feeds(self, request: web.Request, tenant: str) -> web.Response:
        """GET /link/v1/endpoints/{endpoint}/feeds."""
        found = await self._context.store.feeds(tenant, self._own(request, tenant))
        listed: list[dict[str, Any]] = [
            {"feed_id": one.feed_id, "at": one.at.isoformat(), "body": one.body} for one in found
        ]
        return web.json_response({"feeds": listed})

    def _own(self, request: web.Request, tenant: str) -> str:
        endpoint_id = request.match_info["endpoint"]
        entry = self._context.roster.by_id(endpoint_id)
        if entry is None or entry.tenant != tenant:
            raise NotFoundError(Reason.ENDPOINT_UNKNOWN, f"there is no endpoint {endpoint_id}")
        return endpoint_id
