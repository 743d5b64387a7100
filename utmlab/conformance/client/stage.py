"""What scenes share: the world, the pace, and the episodes that rules read afterwards."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from utmlab.conformance.outcomes import NotSeen

if TYPE_CHECKING:
    from collections.abc import Callable

    from utmlab.conformance.client.listener import Listener, Reply
    from utmlab.conformance.client.record import Seen
    from utmlab.conformance.client.world import World

POLICY_DELAY_S = 5
"""The floor of the poll interval."""
STATUS_S = 60.0
"""A client waits 30 s before it sends a status that changed."""


@dataclass(slots=True, kw_only=True)
class Episode:
    """One fault, and when the client came back.

    Attributes:
        fault: The fault's name.
        row: How many faults in a row it was, this one included.
        met: The request that met it.
        back: The next poll or registration; None if there was none in time.
        between: What was sent in the meantime.
        waited_s: How long was waited for `back`.
    """

    fault: str
    row: int
    met: Seen
    back: Seen | None
    between: tuple[Seen, ...]
    waited_s: float

    @property
    def pause_s(self) -> float:
        """From the wrong answer to the next attempt."""
        return self.back.at - self.met.answered_at if self.back else self.waited_s


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of the run: how many requests there had been, and when it was.

    Rules count requests: in virtual time a second has room for many.
    """

    index: int
    at: float


@dataclass(slots=True)
class Stage:
    """One run.

    Attributes:
        interval_s: The poll interval that the client goes by, once it has the policy.
        first_s: How long the first request is waited for.
        episodes: One per fault.
        marks: Points of the run, by name.
        names: Ids that scenes noted, by name.
    """

    world: World
    listener: Listener
    interval_s: float
    first_s: float
    episodes: list[Episode] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def patience_s(self) -> float:
        """How long the next poll is waited for, back-off included."""
        return 4 * self.interval_s + 10.0

    def mark(self, name: str) -> int:
        """Note the point that the run is at; return the number of requests before it."""
        index = len(self.world.seen)
        self.marks[name] = Mark(index, asyncio.get_running_loop().time())
        return index

    async def polls(self, number: int, *, patience_s: float = 0.0) -> bool:
        """Wait for so many more polls that are answered rightly, each in time."""
        for _ in range(number):
            before = len(self.good_polls())
            if not await self.world.until(
                lambda have=before: len(self.good_polls()) > have,  # type: ignore[misc]
                patience_s or self.patience_s,
            ):
                return False
        return True

    def good_polls(self) -> list[Seen]:
        """Return the polls that were answered rightly and whose answer has left."""
        return [s for s in self.world.calls("poll") if s.answered_at and not s.fault]

    async def until(self, condition: Callable[[], bool], timeout_s: float = 0.0) -> bool:
        """Wait until something holds; return whether it does."""
        return await self.world.until(condition, timeout_s or self.patience_s)

    async def endure(self, *replies: Reply) -> None:
        """Answer the next polls wrongly, one after the other, and note what the client does."""
        self.world.faults.extend(replies)
        for row, reply in enumerate(replies, start=1):
            await self._episode(reply, row)
        if not await self.polls(1, patience_s=self.patience_s * 2 ** len(replies)):
            self.world.faults.clear()
            raise NotSeen("the client does not poll any more")

    async def _episode(self, reply: Reply, row: int) -> None:
        def met() -> list[Seen]:
            return [s for s in self.world.calls("poll") if s.fault and s.answered_at]

        known = len(self.episodes)
        if not await self.until(lambda: len(met()) > known, self.patience_s * 2**row):
            raise NotSeen("the client does not poll any more")
        hit = met()[known]
        index = self.world.seen.index(hit)

        def later() -> list[Seen]:
            return [s for s in self.world.seen[index + 1 :] if s.call in ("poll", "register")]

        waited = self.patience_s * 2**row
        await self.until(lambda: bool(later()), waited)
        back = later()[0] if later() else None
        end = self.world.seen.index(back) if back else len(self.world.seen)
        between = tuple(self.world.seen[index + 1 : end])
        self.episodes.append(
            Episode(fault=reply.name, row=row, met=hit, back=back, between=between, waited_s=waited)
        )
