"""What generated lines cost: pairs of a log and its expected records, written to files.

- The peer is the least that makes such a pair: one line by an f-string and `json.dumps` of its
  twelve fields, written to the same two files.
- Time is the CPU time of this process, user and system.
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.measured import own_cpu_s
from bench.result import Result, Target, compared
from utmlab.logtools.generate import Order, write_plain

PAIRS = 40_000
ROUNDS = 5
TARGET = Target("value", ">=", 100_000)
SCENARIOS = ("web-filtering", "endpoint-sync", "normal-day")
_KEYS = ("id", "severity", "sys", "sub", "name", "action", "method", "srcip", "user", "size", "url")


async def run() -> tuple[Result, ...]:
    """Measure."""
    return tuple(_measure(scenario) for scenario in SCENARIOS)


def _measure(scenario: str) -> Result:
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        order = Order(scenario=scenario, count=PAIRS)
        for _ in range(ROUNDS):
            ours.append(_rate(lambda: write_plain(order, place, lambda _count: None)))
            theirs.append(_rate(lambda: _floor(place)))
    result = compared(
        f"generate, {scenario}",
        ours,
        "pairs per CPU second",
        peer="one f-string and json.dumps of 12 fields",
        theirs=theirs,
    )
    return result.judged(TARGET)


def _floor(place: Path) -> None:
    with (place / "peer.log").open("w") as log, (place / "peer.ndjson").open("w") as expected:
        for number in range(PAIRS):
            values = {key: f"{key}{number}" for key in _KEYS}
            pairs = " ".join(f'{key}="{value}"' for key, value in values.items())
            raw = f"2026:11:16-07:00:00 utm httpproxy[1]: {pairs}"
            log.write(f"{raw}\n")
            expected.write(json.dumps({"raw": raw, **values}) + "\n")


def _rate(work: Callable[[], object]) -> float:
    began = own_cpu_s()
    work()
    return PAIRS / (own_cpu_s() - began)
