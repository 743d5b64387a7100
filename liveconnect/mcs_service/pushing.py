"""The push channel: a response that goes on for as long as the endpoint listens.

- Bytes go to the transport at once, in chunks of the one response, so that telling an endpoint is
  one call and no task.
- A stream that is cut off is closed without ceremony: the client takes any end for an error, polls
  and connects again (documented).

Provenance: mcs-protocol 1.3 row 14 and 1.7 (public).
"""

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web

from foundation.net.fault_effects import ACTIVE
from foundation.protocol.push import CAPABILITIES, CAPABILITIES_HEADER, CONTENT_TYPE
from foundation.protocol.reasons import Reason
from liveconnect.mcs_service.context import McsContext
from liveconnect.push import PushHub, PushStream
from liveconnect.refusals import DocumentRefusedError, ForeignEndpointError

_HEADERS: Final = {
    "Content-Type": CONTENT_TYPE,
    "Cache-Control": "no-cache",
    CAPABILITIES_HEADER: CAPABILITIES,
}


class Pushing:
    """The handler of the push channel.

    Args:
        context: What the MCS service shares.
        hub: The streams; None when push is off.
    """

    def __init__(self, context: McsContext, hub: PushHub | None) -> None:
        self._context = context
        self._hub = hub

    async def push(self, request: web.Request) -> web.StreamResponse:
        """GET /v2/push/device/{device}; returns when the stream has ended."""
        try:
            entry = self._context.gate.device_of_path(request)
        except ForeignEndpointError as error:
            raise DocumentRefusedError(error.reason, str(error)) from error
        if self._hub is None:
            raise ForeignEndpointError(Reason.PUSH_OFF, "this LiveConnect offers no push")
        answer = web.StreamResponse(headers=_HEADERS)
        answer.enable_chunked_encoding()
        await answer.prepare(request)
        transport = request.transport
        if transport is None:  # it left while it was being let in
            return answer
        stream = PushStream(entry, _chunks_to(transport), transport.is_closing, asyncio.Event())
        self._hub.connect(stream)
        if ACTIVE in request:
            self._hub.let_happen(request[ACTIVE], stream)
        try:
            await stream.ended.wait()
        finally:
            self._hub.disconnect(stream)
            transport.abort()
        return answer


def _chunks_to(transport: asyncio.Transport) -> Callable[[bytes], int]:
    def write(data: bytes) -> int:
        if transport.is_closing():
            return 0
        transport.write(b"%x\r\n%b\r\n" % (len(data), data))
        return transport.get_write_buffer_size()

    return write
