"""What a LiveConnect tells about itself: is it ready, and its numbers.

- Ready means that the store answers and both listeners are open.
- Everything is read when it is asked for; only answers and refusals are counted on the way.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from foundation.observation import Metric, Observation, Sample, gauge, labelled
from foundation.service import Now
from liveconnect.refusals import Refusals, RefusedError
from liveconnect.roster import Roster
from liveconnect.store.port import Store
from liveconnect.traffic import Traffic

STORE_PATIENCE_S = 5.0
ONLINE_INTERVALS = 2
"""An endpoint that was heard of within so many poll intervals is online."""


class Observer:
    """Observes one LiveConnect.

    Args:
        store: Its store.
        roster: Its endpoints in memory.
        refusals: What it refused.
        traffic: What it answered.
        is_listening: Whether both listeners are open.
        interval_s: The poll interval.
        now: The present.
    """

    def __init__(
        self,
        *,
        store: Store,
        roster: Roster,
        refusals: Refusals,
        traffic: Traffic,
        is_listening: Callable[[], bool],
        interval_s: float,
        now: Now,
    ) -> None:
        self._store = store
        self._roster = roster
        self._refusals = refusals
        self._traffic = traffic
        self._is_listening = is_listening
        self._online = timedelta(seconds=ONLINE_INTERVALS * interval_s)
        self._now = now

    async def observe(self) -> Observation:
        """Return how it is now."""
        store, of_store = await self._ask_store()
        listeners = "" if self._is_listening() else "a listener is closed"
        return Observation(
            {"store": store, "listeners": listeners},
            (*self._of_memory(), *of_store),
        )

    async def _ask_store(self) -> tuple[str, tuple[Metric, ...]]:
        try:
            async with asyncio.timeout(STORE_PATIENCE_S):
                utms = await self._store.tenants()
        except TimeoutError:
            return f"the store does not answer within {STORE_PATIENCE_S:g} s", ()
        except (RefusedError, OSError, RuntimeError) as error:
            return f"the store does not answer: {error}", ()
        there = [utm for utm in utms if utm.removed_at is None]
        waiting = sum(utm.reports_waiting for utm in utms)
        return "", (
            gauge("liveconnect_utms", "UTMs that are registered.", len(there)),
            gauge("liveconnect_reports_waiting", "Reports that no UTM acknowledged yet.", waiting),
        )

    def _of_memory(self) -> tuple[Metric, ...]:
        standing = self._roster.standing(self._now() - self._online)
        answers = tuple(
            Sample(count, {"call": call, "code": str(status)})
            for (call, status), count in sorted(self._traffic.answers.items())
        )
        refused = {reason.value: float(n) for reason, n in self._refusals.counts.items()}
        return (
            Metric("liveconnect_answers", "counter", "Requests answered, by call.", answers),
            labelled(
                "liveconnect_refusals", "counter", "Requests refused, by reason.", "reason", refused
            ),
            labelled(
                "liveconnect_endpoints",
                "gauge",
                "Endpoints, by what is known of them.",
                "state",
                {"online": standing.online, "silent": standing.silent, "removed": standing.removed},
            ),
            gauge("liveconnect_commands_waiting", "Commands not acknowledged.", standing.waiting),
        )
