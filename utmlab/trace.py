"""The timeline of a changeset: every hop from the edit to the acknowledged report.

- Built from stored state alone, the UTM's and LiveConnect's; nothing needs to run.
- A hop that has not happened has no time; the first such hop is what an endpoint waits for.
- "Waiting for the poll" is the time between the commit at LiveConnect and the poll, or push,
  that carried the command: it belongs to the protocol, not to this program.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from liveconnect.store.records import Hop
from utm.drawing.hops import HOPS, MEANING

__all__ = ["HOPS", "MEANING", "ChangesetTrace", "EndpointTrace", "as_record", "trace_changeset"]


@dataclass(frozen=True, slots=True)
class EndpointTrace:
    """One endpoint's way through a changeset.

    Attributes:
        name: The computer's name.
        group: The ref of its group.
        concerned: Whether the changeset assigned anything to it.
        hops: Hop to the time it happened, for those that did.
        delivered_by: `push` or `poll`, of the policy that came last; empty when it is not known.
    """

    name: str
    group: str
    concerned: bool
    hops: Mapping[str, datetime]
    delivered_by: str = ""

    @property
    def waits_for(self) -> str | None:
        """The first hop that has not happened, or None when all have."""
        return next((hop for hop in HOPS if hop not in self.hops), None)

    @property
    def waited_for_poll_s(self) -> float | None:
        """Seconds between LiveConnect's commit and the poll, or push, that carried the command."""
        return _between(self.hops, "broker", "polled")

    @property
    def total_s(self) -> float | None:
        """Seconds from the edit until the policy was in force."""
        return _between(self.hops, "edited", "applied")

    def steps(self) -> Iterable[tuple[str, datetime, float]]:
        """Yield each hop that happened with its time and the seconds since the one before."""
        happened = [(hop, self.hops[hop]) for hop in HOPS if hop in self.hops]
        if happened:
            yield (*happened[0], 0.0)
        for (_, before), (hop, at) in pairwise(happened):
            yield hop, at, (at - before).total_seconds()


@dataclass(frozen=True, slots=True)
class ChangesetTrace:
    """A changeset and what became of it on every endpoint."""

    epoch: int
    number: int
    summary: str
    user: str
    superseded_by: int | None
    endpoints: tuple[EndpointTrace, ...]


def trace_changeset(changeset: Mapping[str, Any], assigned: Iterable[Hop]) -> ChangesetTrace:
    """Put together what both sides know of a changeset.

    Args:
        changeset: The UTM's view (`utm.reading.changeset_view`).
        assigned: LiveConnect's account of each policy that the changeset assigned.
    """
    by_endpoint: dict[str, list[Hop]] = {}
    for one in assigned:
        by_endpoint.setdefault(one.endpoint_id, []).append(one)
    shared = {"edited": changeset["edited_at"], "4233": changeset["sent_at"]}
    return ChangesetTrace(
        epoch=changeset["epoch"],
        number=changeset["number"],
        summary=changeset["summary"],
        user=changeset["user"],
        superseded_by=changeset["superseded_by"],
        endpoints=tuple(
            EndpointTrace(
                name=endpoint["name"],
                group=endpoint["group"],
                concerned=endpoint["id"] in by_endpoint,
                hops={
                    **{hop: datetime.fromisoformat(at) for hop, at in shared.items() if at},
                    **_beyond_the_utm(changeset, endpoint, by_endpoint.get(endpoint["id"], [])),
                },
                delivered_by=_path(by_endpoint.get(endpoint["id"], [])),
            )
            for endpoint in changeset["endpoints"]
        ),
    )


def _beyond_the_utm(
    changeset: Mapping[str, Any], endpoint: Mapping[str, Any], assigned: list[Hop]
) -> dict[str, datetime]:
    """Return the hops from LiveConnect on; an endpoint that was assigned nothing ends there."""
    if not assigned:
        committed = changeset["committed_at"]
        return {"broker": datetime.fromisoformat(committed)} if committed else {}
    times: dict[str, list[datetime | None]] = {
        "broker": [one.assigned_at for one in assigned],
        "polled": [one.delivered_at for one in assigned],
        "fetched": [one.fetched_at for one in assigned],
        "applied": [one.applied_at for one in assigned],
        "reported": [one.committed_at for one in assigned],
    }
    # A hop has happened when it has for every policy of the changeset.
    hops = {hop: max(at for at in all_ if at) for hop, all_ in times.items() if all(all_)}
    if "received_at" in endpoint:
        hops["4211"] = hops["4212"] = datetime.fromisoformat(endpoint["received_at"])
    return hops


def _path(assigned: list[Hop]) -> str:
    """Tell what brought the last of the policies, once all are there."""
    delivered = [(one.delivered_at, one.delivered_by) for one in assigned if one.delivered_at]
    return max(delivered)[1] if delivered and len(delivered) == len(assigned) else ""


def _between(hops: Mapping[str, datetime], first: str, last: str) -> float | None:
    if first not in hops or last not in hops:
        return None
    return (hops[last] - hops[first]).total_seconds()


def as_record(trace: ChangesetTrace) -> dict[str, Any]:
    """Return a timeline as JSON values; times are ISO 8601 in UTC."""
    return {
        "epoch": trace.epoch,
        "changeset": trace.number,
        "summary": trace.summary,
        "user": trace.user,
        "superseded_by": trace.superseded_by,
        "endpoints": [
            {
                "name": one.name,
                "group": one.group,
                "concerned": one.concerned,
                "hops": {hop: at.isoformat() for hop, at, _ in one.steps()},
                "delivered_by": one.delivered_by or None,
                "waits_for": one.waits_for if one.concerned else None,
                "total_s": one.total_s,
                "waited_for_poll_s": one.waited_for_poll_s,
            }
            for one in trace.endpoints
        ],
    }
