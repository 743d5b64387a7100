"""What a UTM sends and fetches: parts and changesets out, reports in, endpoints.

- A changeset is answered when it is committed; it is stored whole or not at all.
- The report request is held until there is a report, so that the link adds no poll.
"""

import asyncio
import hashlib
import math
from typing import Any

from aiohttp import web

from foundation.protocol.link import (
    Changeset,
    LinkDocumentMalformedError,
    decode_changeset,
    encode_reports,
    is_number,
    made_whole,
)
from foundation.protocol.reasons import Reason
from liveconnect.bodies import read_body
from liveconnect.link_service.context import LinkContext, read_object
from liveconnect.policies import check_changeset
from liveconnect.refusals import DocumentRefusedError, OutOfOrderError
from liveconnect.reports import MOST_IN_A_BATCH
from liveconnect.store.records import EndpointRecord

LONGEST_HOLD_S = 300.0
LARGE_BYTES = 100_000
"""Above this, reading a changeset would hold up the polls and leaves the loop."""


class SyncingCalls:
    """Handlers of what goes on between a UTM and LiveConnect."""

    def __init__(self, context: LinkContext) -> None:
        self._context = context

    async def put_part(self, request: web.Request, tenant: str) -> web.Response:
        """PUT /link/v1/parts/{sha256}."""
        body, digest = await read_body(request), request.match_info["sha256"]
        if hashlib.sha256(body).hexdigest() != digest:
            raise DocumentRefusedError(Reason.DIGEST_WRONG, "the part is not what its path says")
        await self._context.store.put_part(tenant, digest, body, self._context.now())
        return web.json_response({})

    async def put_changeset(self, request: web.Request, tenant: str) -> web.Response:
        """PUT /link/v1/changesets/{epoch}/{number}."""
        context, body = self._context, await read_body(request)
        if len(body) > LARGE_BYTES:
            loop = asyncio.get_running_loop()
            changeset = await loop.run_in_executor(None, _read_changeset, body)
        else:
            changeset = _read_changeset(body)
        if changeset.parts:
            changeset = await self._with_parts(tenant, changeset)
        path = (request.match_info["epoch"], request.match_info["number"])
        if path != (str(changeset.epoch), str(changeset.number)):
            raise LinkDocumentMalformedError("epoch and number differ from those of the path")
        digest = hashlib.sha256(body).hexdigest()
        committed = await context.store.commit_changeset(tenant, changeset, digest, context.now())
        context.checkpoints.reach("liveconnect.after_changeset_commit")
        context.roster.apply(committed.snapshots)
        if not committed.repeated:
            context.log.record(
                "changeset_committed",
                tenant=tenant,
                changeset=f"{changeset.epoch}/{changeset.number}",
                enabled=changeset.enabled,
                endpoints=len(committed.snapshots),
            )
        return web.json_response({"endpoints": len(committed.snapshots)})

    async def _with_parts(self, tenant: str, changeset: Changeset) -> Changeset:
        """Return the changeset with the bodies of its large policies, checked."""
        parts = await self._context.store.parts(tenant, changeset.parts)
        missing = tuple(one for one in changeset.parts if one not in parts)
        if missing:
            raise OutOfOrderError(
                Reason.PARTS_MISSING, f"{len(missing)} parts have to be sent first", missing=missing
            )

        def whole() -> Changeset:
            completed = made_whole(changeset, parts)
            check_changeset(completed)
            return completed

        return await asyncio.get_running_loop().run_in_executor(None, whole)

    async def latest_changeset(self, _request: web.Request, tenant: str) -> web.Response:
        """GET /link/v1/changesets/latest."""
        epoch, number = await self._context.store.latest_changeset(tenant)
        return web.json_response({"epoch": epoch, "number": number})

    async def take_reports(self, request: web.Request, tenant: str) -> web.Response:
        """GET /link/v1/reports?hold=S: at once when there are some, else within S seconds."""
        context, hold_s = self._context, _seconds(request.query.get("hold", "0"))
        ends = asyncio.get_running_loop().time() + hold_s
        while True:
            rung = context.bells.listen(tenant)
            reports = await context.store.take_reports(tenant, MOST_IN_A_BATCH)
            left = ends - asyncio.get_running_loop().time()
            if reports or left <= 0 or context.bells.closed:
                return web.Response(body=encode_reports(reports), content_type="application/json")
            try:
                async with asyncio.timeout(left):
                    await rung.wait()
            except TimeoutError:
                continue

    async def acknowledge_reports(self, request: web.Request, tenant: str) -> web.Response:
        """POST /link/v1/reports/ack."""
        numbers = (await read_object(request)).get("reports")
        if not isinstance(numbers, list) or not all(map(is_number, numbers)):
            raise LinkDocumentMalformedError("reports is a list of numbers")
        dropped = await self._context.store.acknowledge_reports(tenant, numbers)
        self._context.checkpoints.reach("liveconnect.after_reports_ack_commit")
        return web.json_response({"acknowledged": dropped})

    async def endpoints(self, _request: web.Request, tenant: str) -> web.Response:
        """GET /link/v1/endpoints."""
        found = await self._context.store.endpoints(tenant)
        return web.json_response({"endpoints": [describe_endpoint(each) for each in found]})

    async def remove_endpoint(self, request: web.Request, tenant: str) -> web.Response:
        """DELETE /link/v1/endpoints/{endpoint}."""
        context, endpoint_id = self._context, request.match_info["endpoint"]
        endpoint = await context.store.remove_endpoint(tenant, endpoint_id, context.now())
        return self._changed(endpoint, "endpoint_removed")

    async def restore_endpoint(self, request: web.Request, tenant: str) -> web.Response:
        """POST /link/v1/endpoints/{endpoint}/restore."""
        context, endpoint_id = self._context, request.match_info["endpoint"]
        endpoint = await context.store.restore_endpoint(tenant, endpoint_id, context.now())
        return self._changed(endpoint, "endpoint_restored")

    def _changed(self, endpoint: EndpointRecord, event: str) -> web.Response:
        context = self._context
        context.roster.put(endpoint)
        context.bells.ring(endpoint.tenant)
        context.log.record(event, tenant=endpoint.tenant, endpoint=endpoint.endpoint_id)
        return web.json_response(describe_endpoint(endpoint))


def describe_endpoint(endpoint: EndpointRecord) -> dict[str, Any]:
    """Return an endpoint as JSON values."""
    seen, removed = endpoint.last_seen_at, endpoint.removed_at
    return {
        "tenant": endpoint.tenant,
        "endpoint_id": endpoint.endpoint_id,
        "device_id": endpoint.device_id,
        "computer_name": endpoint.computer_name,
        "enrolled_at": endpoint.enrolled_at.isoformat(),
        "last_seen_at": seen.isoformat() if seen else None,
        "removed_at": removed.isoformat() if removed else None,
        "commands_waiting": len(endpoint.queue.waiting),
        "policies": dict(endpoint.queue.policies),
    }


def _read_changeset(body: bytes) -> Changeset:
    changeset = decode_changeset(body)
    if not changeset.parts:
        check_changeset(changeset)  # otherwise when its policies are whole
    return changeset


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), LONGEST_HOLD_S) if math.isfinite(seconds) else 0.0
