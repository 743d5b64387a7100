"""What a fleet did, counted: per call, per outcome, over time. Pure but for the numbers it keeps.

- Latencies fall into buckets that grow by a tenth, so that any number of requests takes the same
  room and parts of several processes are added without loss.
- The course of a run is told in spans of the loop's time, which all processes of a machine share.
- How a policy spread is kept by revision, for policies that replaced another one: when it was
  assigned, and when each agent had it in force and had reported it, by the wall clock.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SMALLEST_S: Final = 1e-4
GROWTH: Final = 1.1
_LOG_GROWTH: Final = math.log(GROWTH)
MOST_REVISIONS: Final = 50
FAILED: Final = "failed"


def bucket_of(seconds: float) -> int:
    """Return the number of the bucket that a latency falls into."""
    return max(0, math.ceil(math.log(max(seconds, SMALLEST_S) / SMALLEST_S) / _LOG_GROWTH))


def upper_edge_s(bucket: int) -> float:
    """Return the largest latency of a bucket."""
    return float(SMALLEST_S * GROWTH**bucket)


def percentile_s(buckets: Mapping[int, int], share: float) -> float:
    """Return the latency that this share of all did not exceed, 0 without any."""
    wanted, seen = share * sum(buckets.values()), 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= wanted:
            return upper_edge_s(bucket)
    return 0.0


@dataclass(slots=True)
class Span:
    """What happened within one span of time: answers by call, and their latencies."""

    calls: Counter[str] = field(default_factory=Counter)
    buckets: Counter[int] = field(default_factory=Counter)


@dataclass(slots=True)
class Spread:
    """How a policy spread: seconds from its assignment, one number for each agent.

    Attributes:
        app_id: Its app.
        assigned_at: Wall-clock seconds of the first assignment.
        enforced_s: Until it was in force.
        reported_s: Until LiveConnect had acknowledged the status that says so.
    """

    app_id: str
    assigned_at: float
    enforced_s: list[float] = field(default_factory=list)
    reported_s: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """The numbers of a fleet, or of a part of it.

    Attributes:
        latencies: Call to bucket to count, of answers; `connect` for connections.
        outcomes: (call, outcome) to count; an outcome is a status or why there was no answer.
        span_s: Length of a span.
        course: Number of a span to what happened in it.
        spreads: Revision to how it spread.
        events: Events that were acknowledged.
        counts: What happened beside requests, by name.
        states: What agents are: `enrolled`, `connected`, `listening`, `failing`.
    """

    latencies: dict[str, Counter[int]] = field(default_factory=dict)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    span_s: float = 1.0
    course: dict[int, Span] = field(default_factory=dict)
    spreads: dict[str, Spread] = field(default_factory=dict)
    events: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)

    def answered(self, call: str, outcome: str, took_s: float, at_s: float) -> None:
        """Count one request that was answered."""
        bucket = self.timed(call, took_s)
        self.outcomes[call, outcome] += 1
        span = self._span(at_s)
        span.calls[call if outcome == "200" else FAILED] += 1
        span.buckets[bucket] += 1

    def unanswered(self, call: str, outcome: str, at_s: float) -> None:
        """Count one request that got no answer."""
        self.outcomes[call, outcome] += 1
        self._span(at_s).calls[FAILED] += 1

    def timed(self, call: str, took_s: float) -> int:
        """Count how long something took; return the bucket."""
        bucket = bucket_of(took_s)
        self.latencies.setdefault(call, Counter())[bucket] += 1
        return bucket

    def spread(self, revision: str, app_id: str, assigned_at: float) -> Spread:
        """Return how a revision spreads; the oldest ones are forgotten."""
        found = self.spreads.get(revision)
        if found is None:
            if len(self.spreads) >= MOST_REVISIONS:
                del self.spreads[next(iter(self.spreads))]
            found = self.spreads[revision] = Spread(app_id, assigned_at)
        found.assigned_at = min(found.assigned_at, assigned_at)
        return found

    @property
    def requests(self) -> int:
        """How many requests had an outcome."""
        return sum(self.outcomes.values())

    @property
    def failures(self) -> int:
        """How many of them did not succeed."""
        return sum(count for (_, outcome), count in self.outcomes.items() if outcome != "200")

    def percentile_s(self, share: float, call: str = "") -> float:
        """Return the latency that this share did not exceed, of a call or of all; 0 without any."""
        return percentile_s(self.buckets(call), share)

    def buckets(self, call: str = "") -> Counter[int]:
        """Return the buckets of a call, or of all but connecting."""
        if call:
            return self.latencies.get(call, Counter())
        chosen = (buckets for name, buckets in self.latencies.items() if name != "connect")
        return sum(chosen, Counter())

    def add(self, other: "Tally") -> None:
        """Add the numbers of another part."""
        for call, buckets in other.latencies.items():
            self.latencies.setdefault(call, Counter()).update(buckets)
        self.outcomes.update(other.outcomes)
        self.span_s = other.span_s
        for number, span in other.course.items():
            mine = self.course.setdefault(number, Span())
            mine.calls.update(span.calls)
            mine.buckets.update(span.buckets)
        for revision, spread in other.spreads.items():
            ours = self.spread(revision, spread.app_id, spread.assigned_at)
            ours.enforced_s += spread.enforced_s
            ours.reported_s += spread.reported_s
        self.events += other.events
        self.counts.update(other.counts)
        self.states.update(other.states)

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "latencies": {call: _pairs(buckets) for call, buckets in self.latencies.items()},
            "outcomes": [[call, outcome, n] for (call, outcome), n in self.outcomes.items()],
            "span_s": self.span_s,
            "course": [
                [number, _pairs(span.calls), _pairs(span.buckets)]
                for number, span in sorted(self.course.items())
            ],
            "spreads": [
                [revision, one.app_id, one.assigned_at, one.enforced_s, one.reported_s]
                for revision, one in self.spreads.items()
            ],
            "events": self.events,
            "counts": dict(self.counts),
            "states": dict(self.states),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Tally":
        """Read what `as_record` gave."""
        return cls(
            latencies={call: Counter(dict(pairs)) for call, pairs in record["latencies"].items()},
            outcomes=Counter({(call, outcome): n for call, outcome, n in record["outcomes"]}),
            span_s=record["span_s"],
            course={
                number: Span(Counter(dict(calls)), Counter(dict(buckets)))
                for number, calls, buckets in record["course"]
            },
            spreads={revision: Spread(*rest) for revision, *rest in record["spreads"]},
            events=record["events"],
            counts=Counter(record["counts"]),
            states=Counter(record["states"]),
        )

    def _span(self, at_s: float) -> Span:
        number = int(at_s // self.span_s)
        span = self.course.get(number)
        if span is None:
            span = self.course[number] = Span()
        return span


def summed(parts: Iterable[Tally]) -> Tally:
    """Return the sum of parts."""
    whole = Tally()
    for part in parts:
        whole.add(part)
    return whole


def _pairs(counter: Mapping[Any, int]) -> list[tuple[Any, int]]:
    return sorted(counter.items())
