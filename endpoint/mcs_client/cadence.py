"""When the next poll is due.

* The first poll is at once; the n-th is at start + n * interval, counted start to start, so that
  slow answers never make the cadence drift.
* A slot that passed while the client was busy is skipped, not caught up with.
* A poll out of turn, as push asks for one, moves no slot.
* Another interval counts from the last slot; after a back-off the cadence starts anew.
* Times are the event loop's; the wall clock may jump without a poll being repeated or left out.

Provenance: 20 s is the seed's (MCS-04); start to start and skew 0 are ours (design 2); the Linux
client reads no skew either (mcs-protocol 1.5).
"""

import math
from dataclasses import dataclass
from typing import Final

_GRAIN_S: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Cadence:
    """A grid of poll times.

    Attributes:
        start_s: Loop time of slot 0.
        interval_s: Distance of slots.
        slot: Number of the slot that is next, or being served.
    """

    start_s: float
    interval_s: float
    slot: int = 0

    @property
    def due_at_s(self) -> float:
        """Loop time of the current slot."""
        return self.start_s + self.slot * self.interval_s

    def after(self, now_s: float, interval_s: float) -> "Cadence":
        """The cadence once the current slot has been served.

        Args:
            now_s: The loop's time.
            interval_s: The interval in force now.
        """
        if now_s < self.due_at_s - _GRAIN_S:
            # Polled out of turn: the slot stays, so that a fleet that was woken at once is spread.
            return Cadence(self.due_at_s, interval_s)
        if interval_s != self.interval_s:
            return Cadence(self.due_at_s, interval_s).after(now_s, interval_s)
        passed = math.ceil((now_s - self.start_s) / interval_s - 1e-9)
        return Cadence(self.start_s, interval_s, max(self.slot + 1, passed))
