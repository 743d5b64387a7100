"""Soak: thousands of agents against LiveConnect and a UTM for as long as is wanted.

- Resident memory, open files and tasks of the houses are sampled; the first third is warming up
  (agents enrol, memories fill) and is left out of the slopes, which are those of least squares.
- Laptops come and go: a connected agent's one file and one task are no growth.
- A moment's work is no growth either: of each handful of samples the lowest counts, which a leak
  raises and a busy moment does not.
- Flat is what grew by less than `MOST_GROWTH` over the rest of the run, by its slope.
- At the end every event that was acknowledged has its line in eplog.log.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.measured import MeasuredProcess, measured_process
from utmlab.fleet.behaviour import MIXES
from utmlab.fleet.plan import FleetPlan, Server
from utmlab.fleet.running import FleetProcesses, fleet_processes

MIX: Final = "office"
SAMPLES: Final = 120
HANDFUL: Final = 8
WARMING_UP: Final = 1 / 3
LONGEST_SETTLING_S: Final = 60.0
MOST_GROWTH: Final = {"memory_mib": 10.0, "open_files": 20.0, "tasks": 20.0}
START_RATE: Final = 100.0


@dataclass(frozen=True, slots=True)
class Sample:
    """The houses at one moment."""

    at_s: float
    memory_mib: float
    open_files: int
    tasks: int
    connected: int

    def held(self, name: str) -> float:
        """Return a quantity without the one file and task of each agent that is connected."""
        value: float = getattr(self, name)
        return value if name == "memory_mib" else value - self.connected


async def soak(
    agents: int, duration_s: float, folder: Path, seed: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Run it; return the summary as JSON values, with `failed`."""
    async with measured_process("bench.server", "houses", "--data", str(folder)) as houses:
        server = Server(
            url=f"https://localhost:{houses.ready['mcs_port']}/sophos/management/ep",
            token=houses.ready["token"],
            ca=Path(houses.ready["ca"]),
        )
        plan = FleetPlan(
            server=server, agents=agents, mix=MIXES[MIX], seed=seed, start_rate=START_RATE
        )
        async with fleet_processes(plan) as fleet:
            samples = await _sampled(houses, fleet, duration_s, say)
            tally = (await fleet.moment()).tally
        log = Path(houses.ready["logs"]) / "eplog.log"
        lines = await _settled(log, tally.events)
        cpu_s = (await houses.usage()).cpu_s
    answers = {f"{call} {outcome}": count for (call, outcome), count in tally.outcomes.items()}
    server_errors = sum(
        count for (_, outcome), count in tally.outcomes.items() if outcome.startswith("5")
    )
    grown = growth(samples)
    is_flat = all(grown[name] <= most for name, most in MOST_GROWTH.items())
    return {
        "seed": seed,
        "agents": agents,
        "seconds": duration_s,
        "cpu_s": round(cpu_s, 1),
        "answers": dict(sorted(answers.items())),
        "server_errors": server_errors,
        "events_acknowledged": tally.events,
        "lines": lines,
        "growth": {name: round(value, 2) for name, value in grown.items()},
        "most_growth": dict(MOST_GROWTH),
        "samples": [asdict(sample) for sample in samples],
        "failed": not is_flat or server_errors > 0 or lines < tally.events,
    }


def growth(samples: Sequence[Sample]) -> dict[str, float]:
    """Return by how much each quantity grew once warm, by its slope of least squares."""
    warm = samples[int(len(samples) * WARMING_UP) :]
    handfuls = [warm[start : start + HANDFUL] for start in range(0, len(warm), HANDFUL)]
    times = [handful[0].at_s for handful in handfuls]
    return {
        name: (times[-1] - times[0])
        * slope(times, [min(sample.held(name) for sample in handful) for handful in handfuls])
        for name in MOST_GROWTH
    }


def slope(times: Sequence[float], values: Sequence[float]) -> float:
    """Return the slope of the line of least squares; 0 for a single moment."""
    mean_t, mean_v = sum(times) / len(times), sum(values) / len(values)
    spread = sum((time_ - mean_t) ** 2 for time_ in times)
    pairs = zip(times, values, strict=True)
    together = sum((time_ - mean_t) * (value - mean_v) for time_, value in pairs)
    return together / spread if spread else 0.0


async def _sampled(
    houses: MeasuredProcess, fleet: FleetProcesses, duration_s: float, say: Callable[[str], None]
) -> list[Sample]:
    samples: list[Sample] = []
    began, every_s = time.monotonic(), duration_s / SAMPLES
    while (at_s := time.monotonic() - began) < duration_s:
        usage, moment = await houses.usage(), await fleet.moment()
        open_files = len(list(Path(f"/proc/{houses.pid}/fd").iterdir()))
        connected = moment.tally.states["connected"]
        samples.append(Sample(at_s, usage.resident_mib, open_files, usage.tasks, connected))
        say(f"soak: {samples[-1]}")
        await asyncio.sleep(max(0.0, every_s - (time.monotonic() - began - at_s)))
    return samples


async def _settled(log: Path, wanted: int) -> int:
    """Wait until the log has so many lines, or for a minute; return how many it has."""
    ends = time.monotonic() + LONGEST_SETTLING_S
    while True:
        lines = log.read_bytes().count(b"\n") if log.exists() else 0
        if lines >= wanted or time.monotonic() >= ends:
            return lines
        await asyncio.sleep(1.0)
