"""Data feeds: what a device uploads for later reading.

- The body is read up to its limit and inflated up to its limit, off the loop.
- 413 for an item that is too long, 429 with Retry-After for a device that uploads too much.
- Answered after the commit; what was sent twice is stored once.

Provenance: path, headers and reactions are documented (mcs-protocol 1.3, 1.6).
"""

import asyncio

from aiohttp import web

from foundation.protocol.data_feeds import (
    ENCODING,
    LENGTH_HEADER,
    MOST_BYTES,
    DataFeedRefusedError,
    inflate,
    is_feed_id,
)
from foundation.protocol.reasons import Reason
from liveconnect.feed_allowance import FeedAllowance, FeedLimits
from liveconnect.mcs_service.context import McsContext
from liveconnect.refusals import (
    DocumentRefusedError,
    DocumentTooLargeError,
    FeedOverLimitError,
    NotFoundError,
    RefusedError,
)
from liveconnect.store.records import DataFeed


class Feeding:
    """The handler of the call that uploads."""

    def __init__(self, context: McsContext, limits: FeedLimits) -> None:
        self._context = context
        self._allowance = FeedAllowance(limits)

    async def upload(self, request: web.Request) -> web.Response:
        """POST /v2/data_feed/device/{device}/feed_id/{feed}."""
        context = self._context
        entry = context.gate.device_of_path(request)
        feed_id = request.match_info["feed"]
        if not is_feed_id(feed_id):
            raise NotFoundError(Reason.FEED_UNKNOWN, "a feed is named by letters, digits and _")
        if request.headers.get("Content-Encoding", "").lower() != ENCODING:
            raise DocumentRefusedError(
                Reason.ENCODING_WRONG, f"a data feed has Content-Encoding: {ENCODING}"
            )
        now = context.now()
        entry.last_seen = now
        wait_s = self._allowance.wait_s(entry.device_id, now)
        if wait_s:
            raise FeedOverLimitError(wait_s, purge=self._allowance.limits.purge)
        text = await _text_of(request)
        self._allowance.use(entry.device_id, len(text), now)
        await context.store.record_feed(
            DataFeed(
                tenant=entry.tenant,
                endpoint_id=entry.endpoint_id,
                feed_id=feed_id,
                body=text,
                at=now,
            )
        )
        return web.Response()


async def _text_of(request: web.Request) -> str:
    body, announced = await _read(request), request.headers.get(LENGTH_HEADER)
    try:
        return await asyncio.get_running_loop().run_in_executor(None, inflate, body, announced)
    except DataFeedRefusedError as error:
        raise _refusal(error) from error


async def _read(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MOST_BYTES:
            raise DocumentTooLargeError(
                Reason.BODY_TOO_LARGE, f"the feed is over {MOST_BYTES} bytes"
            )
    return bytes(body)


def _refusal(error: DataFeedRefusedError) -> RefusedError:
    kind = DocumentTooLargeError if error.reason is Reason.BODY_TOO_LARGE else DocumentRefusedError
    return kind(error.reason, str(error))
