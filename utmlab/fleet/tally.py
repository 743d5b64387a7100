"""What a fleet did, counted: per call, per outcome, per second. Pure but for the numbers it keeps.

- Latencies fall into buckets that grow by a tenth, so that any number of requests takes the same
  room and parts of several processes are added without loss.
- A policy's spread is kept by revision: when the first agent was told of it and when each had it
  in force, in loop time of the process and so comparable only inside it; parts carry wall times.
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


def bucket_of(seconds: float) -> int:
    """Return the number of the bucket that a latency falls into."""
    return max(0, math.ceil(math.log(max(seconds, SMALLEST_S) / SMALLEST_S) / _LOG_GROWTH))


def upper_edge_s(bucket: int) -> float:
    """Return the largest latency of a bucket."""
    return float(SMALLEST_S * GROWTH**bucket)


@dataclass(slots=True)
class Tally:
    """The numbers of a fleet, or of a part of it.

    Attributes:
        latencies: Call to bucket to count.
        outcomes: (call, outcome) to count; an outcome is a status or why there was no answer.
        seconds: Whole second of the run to answers in it.
        enforced: Revision to when agents had it in force, wall-clock seconds.
        events: Events that were acknowledged.
        states: What agents are: `enrolled`, `listening`, `failing`.
    """

    latencies: dict[str, Counter[int]] = field(default_factory=dict)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: Counter[int] = field(default_factory=Counter)
    enforced: dict[str, list[float]] = field(default_factory=dict)
    events: int = 0
    states: Counter[str] = field(default_factory=Counter)

    def answered(self, call: str, outcome: str, took_s: float, second: int) -> None:
        """Count one request."""
        self.latencies.setdefault(call, Counter())[bucket_of(took_s)] += 1
        self.outcomes[call, outcome] += 1
        self.seconds[second] += 1

    def in_force(self, revision: str, at: float) -> None:
        """Note that an agent has a policy in force; the oldest revisions are forgotten."""
        if revision not in self.enforced and len(self.enforced) >= MOST_REVISIONS:
            del self.enforced[next(iter(self.enforced))]
        self.enforced.setdefault(revision, []).append(at)

    @property
    def requests(self) -> int:
        """How many requests had an outcome."""
        return sum(self.outcomes.values())

    @property
    def failures(self) -> int:
        """How many of them did not succeed."""
        return sum(count for (_, outcome), count in self.outcomes.items() if outcome != "200")

    def percentile_s(self, share: float, call: str = "") -> float:
        """Return the latency that this share of the requests did not exceed, 0 without any."""
        chosen = [self.latencies[call]] if call in self.latencies else self.latencies.values()
        buckets: Counter[int] = sum(chosen if not call or call in self.latencies else [], Counter())
        wanted, seen = share * sum(buckets.values()), 0
        for bucket in sorted(buckets):
            seen += buckets[bucket]
            if seen >= wanted:
                return upper_edge_s(bucket)
        return 0.0

    def add(self, other: "Tally") -> None:
        """Add the numbers of another part."""
        for call, buckets in other.latencies.items():
            self.latencies.setdefault(call, Counter()).update(buckets)
        self.outcomes.update(other.outcomes)
        self.seconds.update(other.seconds)
        for revision, moments in other.enforced.items():
            self.enforced.setdefault(revision, []).extend(moments)
        self.events += other.events
        self.states.update(other.states)

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "latencies": {
                call: {str(bucket): count for bucket, count in sorted(buckets.items())}
                for call, buckets in self.latencies.items()
            },
            "outcomes": [[call, outcome, n] for (call, outcome), n in self.outcomes.items()],
            "seconds": {str(second): count for second, count in sorted(self.seconds.items())},
            "enforced": self.enforced,
            "events": self.events,
            "states": dict(self.states),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Tally":
        """Read what `as_record` gave."""
        return cls(
            latencies={
                call: Counter({int(bucket): count for bucket, count in buckets.items()})
                for call, buckets in record["latencies"].items()
            },
            outcomes=Counter({(call, outcome): n for call, outcome, n in record["outcomes"]}),
            seconds=Counter({int(second): count for second, count in record["seconds"].items()}),
            enforced={revision: list(at) for revision, at in record["enforced"].items()},
            events=record["events"],
            states=Counter(record["states"]),
        )


def summed(parts: Iterable[Tally]) -> Tally:
    """Return the sum of parts."""
    whole = Tally()
    for part in parts:
        whole.add(part)
    return whole
