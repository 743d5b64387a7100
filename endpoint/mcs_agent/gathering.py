"""Notices of the components on their way to the client.

- Stored for sending first, removed from the component's outbox after; a notice that comes twice is
  recognised by its id, so that a kill in between neither loses nor doubles it.

Provenance: the seed's (MCS-09: stored locally, picked up by the client).
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from endpoint.handover import Handover
from endpoint.outbox import Outbox
from endpoint.retention import Retention
from foundation.checkpoints import Checkpoints
from foundation.protocol.events import Event

EVENT_TTL_S: Final = 10_000.0
_BREATH: Final = 20


class Gathering:
    """Carries notices from the outboxes of one host to its event spool.

    Args:
        outboxes: The components' outboxes.
        handover: Where events go.
        retention: Bounds the event spool while nobody fetches from it.
        checkpoints: Named points for tests.
    """

    def __init__(
        self,
        outboxes: Sequence[Outbox],
        *,
        handover: Handover,
        retention: Retention,
        checkpoints: Checkpoints,
    ) -> None:
        self._outboxes = tuple(outboxes)
        self._handover = handover
        self._retention = retention
        self.dropped = 0
        self._checkpoints = checkpoints

    async def gather(self) -> int:
        """Carry on everything that waits; return how much it was."""
        carried = 0
        for outbox in self._outboxes:
            for notice in outbox.notices():
                event = Event(
                    app_id=notice.app_id,
                    creation_time=notice.at,
                    ttl_s=EVENT_TTL_S,
                    body=notice.body,
                    seq=0,
                    id=notice.id,
                )
                self._handover.put_event(notice.id, event)
                self._checkpoints.reach("agent.after_event_stored")
                outbox.taken(notice.id)
                carried += 1
                if carried % _BREATH == 0:
                    await asyncio.sleep(0)
        self.dropped += self._retention.added(carried)
        return carried
