"""A week of a hundred agents in virtual time: real seconds, and CPU per poll of both sides.

- LiveConnect, UTM and the fleet in one process, over real TLS and real SQLite, at the authentic
  20 s; the fleet on its own transport, one change of the policy each day.
- The peer is the week itself: the ratio says what share of real time is needed.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.result import Result, Target
from utmlab.clock import VirtualClock, run_virtual
from utmlab.demo.configuration import CONFIGURATION
from utmlab.fleet.fleet import Fleet
from utmlab.fleet.plan import FleetPlan, Server
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import UTM, Stack

AGENTS = 100
DAYS = 7
DAY_S = 86_400.0
TARGET = Target("value", "<=", 600.0)
_START = datetime(2026, 11, 20, 12, tzinfo=UTC)
_Seen = tuple[float, float, int, int]


async def run() -> tuple[Result, ...]:
    """Measure."""
    # On a thread of its own, since a virtual loop cannot run inside this one.
    wall_s, cpu_s, polls, failures = await asyncio.to_thread(live, DAYS)
    week_s = DAYS * DAY_S
    return (
        Result(
            name="virtual week",
            value=round(wall_s, 1),
            unit=f"s for a week of {AGENTS} agents",
            peer="the week itself",
            peer_value=week_s,
            ratio=round(wall_s / week_s, 6),
        ).judged(TARGET),
        Result(
            name="virtual week, a poll",
            value=round(cpu_s / max(polls, 1) * 1e6, 1),
            unit="CPU us, server and fleet together",
        ),
        Result(name="virtual week, failures", value=failures, unit=f"of {polls:,} polls"),
    )


def live(days: float) -> _Seen:
    """Let days pass; return real seconds, CPU seconds, polls and failures."""
    seen: list[_Seen] = []

    async def main(clock: VirtualClock) -> None:
        with tempfile.TemporaryDirectory() as folder:
            await _live(Path(folder), clock, days, seen.append)

    run_virtual(main, start=_START)
    return seen.pop()


async def _live(
    folder: Path, clock: VirtualClock, days: float, tell: Callable[[_Seen], object]
) -> None:
    settings = LabSettings(ports=Ports(), journal=False)
    lab = Stack(Places.of(folder), settings, now=clock.now, rng=random.Random(1))
    async with lab:
        await lab.call(UTM, "enable")
        await lab.call(UTM, "edit", operations=CONFIGURATION, summary="web control")
        status = await lab.call(UTM, "status")
        token = (await lab.call(UTM, "token"))["token"]
        server = Server(url=status["mcs_url"], token=token, ca=lab.liveconnect_ca)
        plan = FleetPlan(server=server, agents=AGENTS, start_rate=AGENTS / 20, span_s=3600.0)
        fleet = Fleet(plan, now=clock.now)
        await fleet.start()
        wall, cpu = time.perf_counter(), time.process_time()
        for day in range(max(int(days), 1)):
            await asyncio.sleep(min(days, 1) * DAY_S)
            await lab.call(UTM, "policy_block", host=f"day-{day}.example")
        taken = time.perf_counter() - wall, time.process_time() - cpu
        await fleet.stop()
        tell((*taken, fleet.tally.outcomes["poll", "200"], fleet.tally.failures))
