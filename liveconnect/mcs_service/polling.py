"""What an endpoint asks for: commands, acknowledgements, policies and their fragments.

- A poll is answered from memory: no commit, no slow hash, no XML built for it.
- A command is acknowledged before its work is done (documented), so policies stay fetchable.
"""

import asyncio

from aiohttp import web

from foundation.protocol.names import MCS
from foundation.protocol.paths import split_list
from foundation.protocol.reasons import Reason
from foundation.service import Tasks
from liveconnect.mcs_service.context import XML, McsContext
from liveconnect.mcs_service.near_misses import policy_hint
from liveconnect.refusals import NotFoundError
from liveconnect.roster import Entry
from liveconnect.store.records import Fetch

MOST_FETCHES_KEPT = 50


class Polling:
    """Handlers of the calls that fetch."""

    def __init__(self, context: McsContext) -> None:
        self._context = context
        self._reading: dict[tuple[str, str, str], asyncio.Task[bytes | None]] = {}
        self._tasks = Tasks()

    async def close(self, _app: web.Application) -> None:
        """End what is being read for somebody who left."""
        await self._tasks.close()

    async def poll(self, request: web.Request) -> web.Response:
        """GET /commands/applications/{apps}/endpoint/{endpoint}."""
        context = self._context
        entry = context.gate.endpoint_of_path(request)
        answer = context.roster.poll(entry, request.match_info["apps"], context.now())
        return web.Response(body=answer, content_type=XML)

    async def acknowledge(self, request: web.Request) -> web.Response:
        """DELETE /commands/endpoint/{endpoint}/{commands}; one real client uses GET."""
        context = self._context
        entry = context.gate.endpoint_of_path(request)
        context.turns.someone_fetches()
        commands = split_list(request.match_info["commands"])
        now = context.now()
        entry.last_seen = now
        delivered = {each: entry.delivered[each] for each in commands if each in entry.delivered}
        snapshot = await context.store.acknowledge(entry.endpoint_id, commands, delivered, now)
        context.checkpoints.reach("liveconnect.after_ack_commit")
        context.roster.apply((snapshot,))
        return web.Response()

    async def policy(self, request: web.Request) -> web.Response:
        """GET /policy/application/{app}/{policy}."""
        context = self._context
        entry = context.gate.endpoint(request)
        app_id, policy_id = request.match_info["app"], request.match_info["policy"]
        current = entry.policies.get(app_id) == policy_id
        body = context.shelf.get(entry.tenant, app_id, policy_id) if current else None
        if body is None:
            body = await self._read(entry, app_id, policy_id, is_current=current)
            if body is None:
                raise NotFoundError(
                    Reason.POLICY_UNKNOWN,
                    f"no {app_id} policy {policy_id} for this endpoint"
                    f"{policy_hint(app_id, policy_id, entry.policies)}",
                )
            if app_id != MCS:  # each endpoint has its own of this one, and nobody else fetches it
                context.shelf.put(entry.tenant, app_id, policy_id, body)
        self._note(entry, app_id, policy_id)
        context.turns.someone_fetches()
        return web.Response(body=body, content_type=XML)

    async def fragment(self, request: web.Request) -> web.Response:
        """GET /policy/fragment/application/{app}/{fragment}."""
        context = self._context
        entry = context.gate.endpoint(request)
        app_id, fragment_id = request.match_info["app"], request.match_info["fragment"]
        found = await context.store.fragment(entry.endpoint_id, app_id, fragment_id)
        if found is None:
            raise NotFoundError(
                Reason.POLICY_UNKNOWN, f"no {app_id} fragment {fragment_id} for this endpoint"
            )
        policy_id, body = found
        self._note(entry, app_id, policy_id)
        context.turns.someone_fetches()
        return web.Response(body=body, content_type="text/plain", charset="utf-8")

    async def _read(
        self, entry: Entry, app_id: str, policy_id: str, *, is_current: bool
    ) -> bytes | None:
        """Read a policy; one that is assigned to all who ask for it at a time is read once."""
        if not is_current:
            return await self._context.store.policy(entry.endpoint_id, app_id, policy_id)
        key = entry.tenant, app_id, policy_id
        reading = self._reading.get(key)
        if reading is None:
            read = self._policy(entry.endpoint_id, app_id, policy_id)
            reading = self._reading[key] = self._tasks.start(read, name="read a policy")
            reading.add_done_callback(lambda _: self._reading.pop(key))
        return await asyncio.shield(reading)  # who asked first may leave

    async def _policy(self, endpoint_id: str, app_id: str, policy_id: str) -> bytes | None:
        return await self._context.store.policy(endpoint_id, app_id, policy_id)

    def _note(self, entry: Entry, app_id: str, policy_id: str) -> None:
        now = self._context.now()
        entry.last_seen = now
        if len(entry.fetches) < MOST_FETCHES_KEPT:
            entry.fetches.append(
                Fetch(endpoint_id=entry.endpoint_id, app_id=app_id, policy_id=policy_id, at=now)
            )
