"""Sending events: gathered into batches, kept until LiveConnect has them.

* An event leaves the spool after a 200 for the batch it was in, and not before (MCS-09).
* An event keeps its id whenever it is sent, so that LiveConnect recognises a repetition.
* One that can never be sent (too large, or a script) is logged and removed: it would hold up all
  the others for ever.

Provenance: mcs-protocol.md 1.5, 2.5 (public); the size of a document's share is ours.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from endpoint.handover import Handover
from endpoint.identity import Identity
from endpoint.logs import EndpointLog
from endpoint.mcs_client.batching import Batch, seen
from endpoint.mcs_client.calls import McsCalls
from endpoint.mcs_client.options import McsClientOptions
from foundation.checkpoints import Checkpoints
from foundation.protocol.bodies import DocumentTooLargeError, ScriptRefusedError
from foundation.protocol.events import Event, encode_events

_MOST_TOGETHER: Final = 200


class EventSending:
    """Sends the events of one host."""

    def __init__(
        self,
        handover: Handover,
        calls: McsCalls,
        *,
        options: McsClientOptions,
        log: EndpointLog,
        checkpoints: Checkpoints,
    ) -> None:
        self._handover = handover
        self._calls = calls
        self._options = options
        self._log = log
        self._checkpoints = checkpoints
        self._batch: Batch | None = None
        self.sent = 0

    def due_at_s(self, now_s: float) -> float | None:
        """When the events that wait are due; None when there are none."""
        self._batch = seen(self._batch, self._handover.waiting_events(), now_s)
        return None if self._batch is None else self._batch.due_at_s(self._options)

    async def send(self, identity: Identity) -> None:
        """Send everything that waits.

        Raises:
            McsCallFailedError: What was not acknowledged waits on.
        """
        events = self._handover.events()
        for start in range(0, len(events), _MOST_TOGETHER):
            await self._send(identity, events[start : start + _MOST_TOGETHER])
        self._batch = None

    async def _send(self, identity: Identity, events: Sequence[Event]) -> None:
        numbered = [replace(event, seq=seq) for seq, event in enumerate(events)]
        try:
            document = encode_events(numbered)
        except (DocumentTooLargeError, ScriptRefusedError) as error:
            await self._send_apart(identity, events, error)
            return
        await self._calls.post_events(identity, document)
        self._checkpoints.reach("client.after_events_sent")
        self._handover.events_sent(event.id for event in events)
        self.sent += len(events)
        self._log.debug("EventSender", f"Sent {len(events)} event(s)")

    async def _send_apart(
        self, identity: Identity, events: Sequence[Event], error: Exception
    ) -> None:
        if len(events) == 1:
            self._log.error("EventSender", f"Dropped event {events[0].id}: {error}")
            self._handover.events_sent([events[0].id])
            return
        half = len(events) // 2
        await self._send(identity, events[:half])
        await self._send(identity, events[half:])
