"""When an agent's connection is cut, and when its computer sleeps. Pure.

* A laptop is awake and asleep for spans drawn evenly from half to one and a half of the kind's.
* Cuts come at random, about one in so many seconds.

Provenance: ours.
"""

import random
from typing import Final

from utmlab.fleet.behaviour import Behaviour

NEVER_S: Final = float("inf")


class Restlessness:
    """What happens to one agent beside its own doing.

    Attributes:
        next_at_s: When something happens, by the loop's clock.
    """

    __slots__ = ("_behaviour", "_cut_at_s", "_rng", "_sleep_at_s", "next_at_s")

    def __init__(self, behaviour: Behaviour, rng: random.Random, start_s: float) -> None:
        self._behaviour, self._rng = behaviour, rng
        self._cut_at_s = self._next_cut_s(start_s)
        self._sleep_at_s = self._next_sleep_s(start_s)
        self.next_at_s = min(self._cut_at_s, self._sleep_at_s)

    def happen(self, now_s: float) -> float:
        """Let what is due happen; return how long the computer sleeps, 0 for a cut only."""
        asleep_s = 0.0
        if now_s >= self._sleep_at_s:
            asleep_s = self._behaviour.asleep_s * self._rng.uniform(0.5, 1.5)
            self._sleep_at_s = self._next_sleep_s(now_s + asleep_s)
        if now_s + asleep_s >= self._cut_at_s:
            self._cut_at_s = self._next_cut_s(now_s + asleep_s)
        self.next_at_s = min(self._cut_at_s, self._sleep_at_s)
        return asleep_s

    def _next_cut_s(self, from_s: float) -> float:
        mean_s = self._behaviour.flaps_s
        return from_s + self._rng.expovariate(1 / mean_s) if mean_s else NEVER_S

    def _next_sleep_s(self, from_s: float) -> float:
        mean_s = self._behaviour.awake_s
        return from_s + mean_s * self._rng.uniform(0.5, 1.5) if mean_s else NEVER_S
