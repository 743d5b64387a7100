"""What the timeline of a changeset is made of: hops, lanes, and their statistics."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import Final, Literal

HOPS: Final = (
    "edited",
    "4233",
    "broker",
    "polled",
    "fetched",
    "applied",
    "reported",
    "4211",
    "4212",
)
"""The hops in order; `polled` is the poll, or the event of push, that carried the command."""

MEANING: Final = {
    "edited": "the configuration was changed on the UTM",
    "4233": "the UTM began to send the changeset",
    "broker": "LiveConnect committed it and queued the command",
    "polled": "the command went to the endpoint, by its poll or by push",
    "fetched": "the endpoint fetched the policy",
    "applied": "the adapter put it in force",
    "reported": "LiveConnect committed the endpoint's status",
    "4211": "the UTM received the report",
    "4212": "the UTM acknowledged the report",
}

PHASES: Final = {
    "send": ("4233", "broker"),
    "wait": ("polled",),
    "work": ("fetched", "applied"),
    "report": ("reported", "4211", "4212"),
}
"""What is done until each hop, as four colours."""
PHASE_OF: Final = {hop: phase for phase, hops in PHASES.items() for hop in hops}
PHASE_WORDS: Final = {
    "send": "sends to LiveConnect",
    "wait": "waits for its poll",
    "work": "fetches and applies",
    "report": "reports back",
}

State = Literal["ok", "info", "warning", "error", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One endpoint's way.

    Attributes:
        name: The computer's name.
        hops: Hop to its time, for those that happened.
        state: `ok` once it enforces; else why it does not.
        note: What to say while it does not.
    """

    name: str
    hops: Mapping[str, datetime]
    state: State = "ok"
    note: str = ""

    def offsets(self) -> dict[str, float]:
        """Return hop to seconds since the edit, in the order of hops."""
        began = self.hops["edited"]
        return {hop: (self.hops[hop] - began).total_seconds() for hop in HOPS if hop in self.hops}

    def steps(self) -> list[tuple[str, float, float]]:
        """Return (hop, from, to) in seconds since the edit, for each but the first."""
        known = list(self.offsets().items())
        return [(hop, before, at) for (_, before), (hop, at) in pairwise(known)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What there is to draw of a changeset.

    Attributes:
        title: What was changed.
        edited_at: Where time begins.
        committed_at: When LiveConnect had it, None before.
        now: The present, up to which whoever waits has waited; None when nobody does.
        poll_s: The poll interval.
        zone: In which times of day are told.
        lanes: Those it concerns.
    """

    title: str
    edited_at: datetime
    committed_at: datetime | None
    now: datetime | None
    poll_s: float
    zone: tzinfo
    lanes: Sequence[Lane]

    def since_edit(self, at: datetime) -> float:
        """Return the seconds since the edit."""
        return (at - self.edited_at).total_seconds()

    @property
    def poll_begins_s(self) -> float | None:
        """From when a poll carries the command."""
        return None if self.committed_at is None else self.since_edit(self.committed_at)


@dataclass(frozen=True, slots=True)
class Stats:
    """Seconds over endpoints; percentiles are values that occurred (nearest rank)."""

    count: int
    first: float
    mean: float
    p50: float
    p95: float
    p99: float
    last: float


def statistics(values: Iterable[float]) -> Stats | None:
    """Return the statistics of values, None of none."""
    ordered = sorted(values)
    if not ordered:
        return None

    def rank(share: float) -> float:
        return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]

    mean = math.fsum(ordered) / len(ordered)
    return Stats(len(ordered), ordered[0], mean, rank(0.5), rank(0.95), rank(0.99), ordered[-1])


def hop_statistics(lanes: Iterable[Lane]) -> dict[str, Stats]:
    """Return hop to the statistics of its seconds since the edit, for hops that happened."""
    offsets = [lane.offsets() for lane in lanes]
    found = {hop: statistics(one[hop] for one in offsets if hop in one) for hop in HOPS}
    return {hop: stats for hop, stats in found.items() if stats is not None}
