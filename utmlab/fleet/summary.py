"""What came of a run, in a few numbers: for JSON, for the terminal and for the report. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from utmlab.fleet.tally import FAILED, Spread, Tally

SHARES = (0.5, 0.9, 0.99, 0.999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that is over, or how it is so far.

    Attributes:
        url: The server.
        agents: How many were wanted.
        processes: In how many processes.
        mix: Kind to share.
        seed: Of everything that was left to chance.
        began_at: When it began.
        elapsed_s: How long it has run.
        cpu_s: CPU time of the fleet's processes.
        tally: What was counted.
    """

    url: str
    agents: int
    processes: int
    mix: dict[str, float]
    seed: int
    began_at: datetime
    elapsed_s: float
    cpu_s: float
    tally: Tally


def as_record(run: Run) -> dict[str, Any]:
    """Return a run as JSON values."""
    tally = run.tally
    return {
        "url": run.url,
        "agents": run.agents,
        "processes": run.processes,
        "mix": run.mix,
        "seed": run.seed,
        "began_at": run.began_at.isoformat(),
        "elapsed_s": round(run.elapsed_s, 3),
        "cpu_s": round(run.cpu_s, 3),
        "requests": tally.requests,
        "failures": tally.failures,
        "events": tally.events,
        "states": dict(tally.states),
        "counts": dict(tally.counts),
        "calls": [_call_record(tally, call) for call in calls_of(tally)],
        "reasons": [
            {"call": call, "reason": reason, "count": count}
            for call, reason, count in reasons(tally)
        ],
        "policies": [_spread_record(revision, one) for revision, one in tally.spreads.items()],
    }


def calls_of(tally: Tally) -> list[str]:
    """Return the calls that were timed, the most frequent first."""
    return sorted(tally.latencies, key=lambda call: -sum(tally.latencies[call].values()))


def reasons(tally: Tally) -> list[tuple[str, str, int]]:
    """Return what failed: call, reason and how often, the most frequent first."""
    failed = [
        (call, outcome, count)
        for (call, outcome), count in tally.outcomes.items()
        if outcome != "200"
    ]
    return sorted(failed, key=lambda one: (-one[2], one[:2]))


def at_share(durations: Sequence[float], share: float) -> float:
    """Return the duration that a share of the sorted ones does not exceed; 0 without any."""
    if not durations:
        return 0.0
    return durations[min(int(share * len(durations)), len(durations) - 1)]


def rate(tally: Tally, spans: int = 5) -> float:
    """Return the answers per second over the last whole spans."""
    last = max(tally.course, default=0)
    counted = sum(
        _succeeded(tally.course[number].calls)
        for number in range(last - spans, last)
        if number in tally.course
    )
    return counted / (spans * tally.span_s)


def _succeeded(calls: Counter[str]) -> int:
    return sum(count for call, count in calls.items() if call != FAILED)


def _call_record(tally: Tally, call: str) -> dict[str, Any]:
    shares = {f"p{100 * share:g}_ms": tally.percentile_s(share, call) * 1e3 for share in SHARES}
    answers = sum(tally.latencies[call].values())
    return {"call": call, "answers": answers, **{k: round(v, 3) for k, v in shares.items()}}


def _spread_record(revision: str, spread: Spread) -> dict[str, Any]:
    record: dict[str, Any] = {"app": spread.app_id, "revision": revision}
    for name, durations in (("enforced", spread.enforced_s), ("reported", spread.reported_s)):
        ordered = sorted(durations)
        record[name] = {
            "agents": len(ordered),
            "mean_s": round(sum(ordered) / len(ordered), 4) if ordered else 0.0,
            "p50_s": round(at_share(ordered, 0.5), 4),
            "p99_s": round(at_share(ordered, 0.99), 4),
            "last_s": round(ordered[-1], 4) if ordered else 0.0,
        }
    return record
