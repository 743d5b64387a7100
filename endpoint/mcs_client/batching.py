"""When a batch of events goes out.

* A while after the last event, but no longer than a limit after the first, or as soon as there
  are enough of them.
* Times are the event loop's.

Provenance: mcs-protocol.md 1.5 (public: 5 s, 60 s, 20 events).
"""

from dataclasses import dataclass, replace

from endpoint.mcs_client.options import McsClientOptions


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that wait to be sent.

    Attributes:
        ids: Which ones.
        first_s: When the first one was seen.
        last_s: When the last one was seen.
    """

    ids: frozenset[str]
    first_s: float
    last_s: float

    def due_at_s(self, options: McsClientOptions) -> float:
        """When the batch goes out, if no other event comes."""
        if len(self.ids) >= options.events_max_count:
            return self.last_s
        return min(self.last_s + options.events_delay_s, self.first_s + options.events_max_delay_s)


def seen(batch: Batch | None, ids: frozenset[str], now_s: float) -> Batch | None:
    """The batch after a look at the spool.

    Args:
        batch: The batch before.
        ids: What lies in the spool now.
        now_s: The loop's time.
    """
    if not ids:
        return None
    if batch is None:
        return Batch(ids, now_s, now_s)
    if ids <= batch.ids:
        return replace(batch, ids=ids)
    return Batch(ids, batch.first_s, now_s)
