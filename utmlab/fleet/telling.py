"""What an agent tells: statuses of what is in force, itself, and what its people did. Pure.

* A status goes out when something changed, after the client's own latency, and again after seven
  days or a registration; what was not acknowledged waits on.
* Events are gathered by the client's own rule of batches and kept until they are acknowledged.

Provenance: mcs-protocol.md 1.5, 2.4, 2.5 (public).
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from endpoint.mcs_client.batching import Batch, seen
from endpoint.mcs_client.settings import Settings
from endpoint.mcs_client.status_cache import REPEAT_AFTER
from foundation.protocol.events import Event, encode_events
from foundation.protocol.names import AGENT, APPSPROXY, MCS
from foundation.protocol.statuses import Res, Status, encode_statuses
from foundation.protocol.timestamps import DEFAULT_TTL_S
from utmlab.fleet.behaviour import Behaviour
from utmlab.fleet.browsing import browse
from utmlab.fleet.conversation import Conversation, Steps
from utmlab.fleet.restlessness import NEVER_S
from utmlab.fleet.surroundings import Surroundings

if TYPE_CHECKING:
    from utmlab.fleet.tally import Spread

_REPEAT_AFTER_S: Final = REPEAT_AFTER.total_seconds()
_MOST_TOGETHER: Final = 200


class Telling:
    """What one agent has to tell.

    Attributes:
        in_force: RevID by app.
    """

    __slots__ = (
        "_around",
        "_batch",
        "_behaviour",
        "_counter",
        "_events",
        "_name",
        "_next_event_s",
        "_rng",
        "_spreads",
        "_told_at_s",
        "_untold",
        "_waiting_since_s",
        "in_force",
    )

    def __init__(
        self,
        name: str,
        behaviour: Behaviour,
        around: Surroundings,
        rng: random.Random,
        start_s: float,
    ) -> None:
        self._name, self._behaviour = name, behaviour
        self._around, self._rng = around, rng
        self.in_force: dict[str, str] = {}
        self._untold: dict[str, str] = {AGENT: "", APPSPROXY: ""}
        self._told_at_s = start_s
        self._waiting_since_s: float | None = None
        self._spreads: dict[str, tuple[Spread, datetime]] = {}
        self._events: dict[str, Event] = {}
        self._batch: Batch | None = None
        self._counter = 0
        self._next_event_s = self._next_event_after(start_s)

    def resume(self, in_force: Mapping[str, str]) -> None:
        """Begin with what an earlier run left in force."""
        self.in_force = dict(in_force)
        self.tell_again()

    def tell_again(self) -> None:
        """Have every status sent again."""
        self._untold = {AGENT: "", APPSPROXY: "", **self.in_force}

    def enforced(self, app_id: str, revision: str, assigned_at: datetime) -> None:
        """Take note that a policy is in force now.

        Args:
            app_id: Its app.
            revision: Its RevID.
            assigned_at: When LiveConnect assigned it.
        """
        around = self._around
        before = self.in_force.get(app_id)
        self.in_force[app_id] = self._untold[app_id] = revision
        around.tally.counts["policies_enforced"] += 1
        # The MCS policy is each agent's own: it spreads to nobody.
        if app_id == MCS or before in (None, revision):
            return
        spread = around.tally.spread(revision, app_id, assigned_at.timestamp())
        spread.enforced_s.append((around.now() - assigned_at).total_seconds())
        self._spreads[app_id] = (spread, assigned_at)

    def statuses_due_at_s(self, now_s: float) -> float | None:
        """When statuses are due; None when nothing changed."""
        if not self._untold:
            if now_s - self._told_at_s < _REPEAT_AFTER_S:
                return self._told_at_s + _REPEAT_AFTER_S
            self.tell_again()
        if self._waiting_since_s is None:
            self._waiting_since_s = now_s
        return self._waiting_since_s + self._around.options.status_latency_s

    def events_due_at_s(self, now_s: float) -> float | None:
        """When the events that wait, or the next one, are due; None when there are none."""
        while now_s >= self._next_event_s:
            event = browse(self._name, self._around.now(), self._counter, self._rng)
            self._counter += 1
            self._events[event.id] = event
            self._next_event_s = self._next_event_after(self._next_event_s)
        self._batch = seen(self._batch, frozenset(self._events), now_s) if self._events else None
        due_s = self._next_event_s
        if self._batch is not None:
            due_s = min(due_s, self._batch.due_at_s(self._around.options))
        return None if due_s == NEVER_S else due_s

    def send_statuses(self, talk: Conversation, settings: Settings) -> Steps[None]:
        """Send what changed; what is not acknowledged waits on."""
        untold, around = dict(self._untold), self._around
        if not untold:
            return
        now = around.now()
        if AGENT in untold:
            body = talk.description(device_id=settings.device_id, tenant_id=settings.tenant_id)
            status = Status(AGENT, now, DEFAULT_TTL_S, body.decode())
            yield from talk.put_statuses(encode_statuses([status]))
            self._told({AGENT: ""})
        rest = {app_id: revision for app_id, revision in untold.items() if app_id != AGENT}
        if rest:
            res: Res = "Diff" if self._behaviour.says_diff else "Same"
            yield from talk.put_statuses(around.papers.statuses(tuple(rest.items()), now, res))
            self._told(rest)
        self._waiting_since_s = None
        self._told_at_s = around.clock()

    def send_events(self, talk: Conversation) -> Steps[None]:
        """Send everything that waits, if it is due; what is not acknowledged waits on."""
        batch = self._batch
        if batch is None or self._around.clock() < batch.due_at_s(self._around.options):
            return
        waiting = list(self._events.values())
        for start in range(0, len(waiting), _MOST_TOGETHER):
            together = waiting[start : start + _MOST_TOGETHER]
            numbered = (replace(event, seq=seq) for seq, event in enumerate(together))
            yield from talk.post_events(encode_events(numbered))
            for event in together:
                del self._events[event.id]
            self._around.tally.events += len(together)
        self._batch = None

    def _told(self, told: Mapping[str, str]) -> None:
        for app_id, revision in told.items():
            if self._untold.get(app_id) == revision:
                del self._untold[app_id]
        self._around.tally.counts["statuses"] += len(told)
        self._count_reported(told)

    def _count_reported(self, told: Iterable[str]) -> None:
        now = self._around.now()
        for app_id in told:
            found = self._spreads.pop(app_id, None)
            if found is not None:
                spread, assigned_at = found
                spread.reported_s.append((now - assigned_at).total_seconds())

    def _next_event_after(self, at_s: float) -> float:
        rate = self._behaviour.events_per_hour
        return at_s + self._rng.expovariate(rate / 3600) if rate else NEVER_S
