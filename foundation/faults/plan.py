"""The faults of one program, and which of them a request meets.

- `is_active` is false without faults: whoever looks at it first calls nothing else.
- The first fault in the order of setting that meets a request and whose chance says so happens;
  one that happened as often as it may is gone.
- The same faults and the same requests give the same choices.
"""

import random
from dataclasses import dataclass, field
from typing import Protocol, Self

from foundation.faults.fault import Fault, Hop


@dataclass(slots=True)
class Active:
    """A fault that is set.

    Attributes:
        id: Its number, rising.
        fault: What it is.
        left: How often it may still happen; None until it is cleared.
        happened: How often it did.
    """

    id: int
    fault: Fault
    left: int | None
    happened: int = 0
    chance: random.Random = field(default_factory=random.Random, repr=False)

    @classmethod
    def of(cls, number: int, fault: Fault) -> Self:
        """Return a fault as it is when it is set."""
        return cls(number, fault, fault.times, chance=random.Random(fault.seed))

    def happens_to(self, hop: Hop, call: str, endpoint: str, tenant: str) -> bool:
        """Tell whether it happens to a request, by its target and its chance."""
        return (
            self.fault.hop is hop
            and self.fault.target.meets(call, endpoint, tenant)
            and self.chance.random() < self.fault.probability
        )

    def stands_at(self, hop: Hop, endpoint: str) -> bool:
        """Tell whether it stands at a place, whatever is asked there."""
        return self.fault.hop is hop and self.fault.target.meets("", endpoint, "")


class Faults(Protocol):
    """What a place that they happen at asks."""

    @property
    def is_active(self) -> bool:
        """Whether there is any fault."""

    def choose(
        self, hop: Hop, call: str = "", *, endpoint: str = "", tenant: str = ""
    ) -> Active | None:
        """Return the fault that happens to a request, and count it; None for most."""

    def standing(self, hop: Hop, *, endpoint: str = "") -> Fault | None:
        """Return the fault of a hop that stands without a request, such as a skewed clock."""


class FaultPlan:
    """The faults of one program.

    Attributes:
        is_active: Whether there is any.
    """

    def __init__(self) -> None:
        self.is_active = False
        self._last_id = 0
        self._set: dict[int, Active] = {}

    def set(self, fault: Fault) -> int:
        """Set a fault; return its number."""
        self._last_id += 1
        self._set[self._last_id] = Active.of(self._last_id, fault)
        self.is_active = True
        return self._last_id

    def clear(self, number: int | None = None) -> int:
        """Take back one fault, or all; return how many there were."""
        chosen = list(self._set) if number is None else [number]
        cleared = sum(self._set.pop(each, None) is not None for each in chosen)
        self.is_active = bool(self._set)
        return cleared

    def knows(self, number: int) -> bool:
        """Whether a fault is still set."""
        return number in self._set

    def active(self) -> tuple[Active, ...]:
        """Return every fault that is set."""
        return tuple(self._set.values())

    def choose(
        self, hop: Hop, call: str = "", *, endpoint: str = "", tenant: str = ""
    ) -> Active | None:
        """Return the fault that happens to a request, and count it; None for most."""
        # A copy: a disk asks on the thread of its database.
        for one in tuple(self._set.values()):
            if one.happens_to(hop, call, endpoint, tenant):
                self._happened(one)
                return one
        return None

    def standing(self, hop: Hop, *, endpoint: str = "") -> Fault | None:
        """Return the fault of a hop that stands without a request, such as a skewed clock."""
        for one in self._set.values():
            if one.stands_at(hop, endpoint):
                return one.fault
        return None

    def _happened(self, one: Active) -> None:
        one.happened += 1
        if one.left is not None:
            one.left -= 1
            if not one.left:
                self.clear(one.id)
