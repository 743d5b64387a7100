"""A fleet that is measured together with its server: started, settled, and watched for a while."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bench.measured import MeasuredProcess, Usage, measured_process
from utmlab.fleet.plan import FleetPlan, Server
from utmlab.fleet.running import FleetProcesses, Moment, fleet_processes
from utmlab.fleet.tally import percentile_s

START_RATE = 200.0
PROCESSES = 2
SETTLE_S = 900.0
QUIET_S = 5.0
POLL_S = 20.0


class Watchable(Protocol):
    """A server, or several that are one to their clients."""

    async def usage(self) -> Usage:
        """Return what it has used."""

    async def ask(self, line: str) -> dict[str, Any]:
        """Return the answer to a line; to `service` the times of requests, by bucket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What server and fleet did within a span of time.

    Attributes:
        seconds: How long it was watched.
        answers: Requests that were answered.
        failures: Requests that failed.
        service: Times in the server, by bucket.
        server_cpu_s: CPU time of the server.
        fleet_cpu_s: CPU time of the fleet.
        resident_mib: Resident memory of the server at the end.
    """

    seconds: float
    answers: int
    failures: int
    service: Counter[int]
    server_cpu_s: float
    fleet_cpu_s: float
    resident_mib: float

    def service_ms(self, share: float) -> float:
        """Return a percentile of the time in the server."""
        return percentile_s(self.service, share) * 1e3


@contextlib.asynccontextmanager
async def fleet_server(folder: Path, *options: str) -> AsyncIterator[MeasuredProcess]:
    """Run the server for the length of a block."""
    async with measured_process("bench.fleet_server", "--data", str(folder), *options) as server:
        yield server


def plan_for(server: MeasuredProcess, agents: int, *, first: int = 0) -> FleetPlan:
    """Return the plan of steady agents of a server, whose polls are spread over the interval."""
    place = server.ready
    return FleetPlan(
        server=Server(url=place["url"], token=place["token"], ca=Path(place["ca"])),
        agents=agents,
        first=first,
        start_rate=START_RATE,
        spread=True,
    )


@contextlib.asynccontextmanager
async def settled_fleet(
    plan: FleetPlan, *, is_listening: bool = False, processes: int = PROCESSES
) -> AsyncIterator[FleetProcesses]:
    """Run a fleet for the length of a block, which begins when all agents are connected."""
    async with fleet_processes(plan, processes) as fleet:
        await settle(fleet, plan.agents, is_listening=is_listening)
        yield fleet


async def settle(fleet: FleetProcesses, agents: int, *, is_listening: bool) -> None:
    """Wait until all agents are there and do nothing but poll."""
    async with asyncio.timeout(SETTLE_S):
        while not await _is_settled(fleet, agents, is_listening=is_listening):
            pass


async def _is_settled(fleet: FleetProcesses, agents: int, *, is_listening: bool) -> bool:
    """Look for a while: all are there, and nothing but polls is under way any more."""
    before = (await fleet.moment()).tally
    await asyncio.sleep(QUIET_S)
    after = (await fleet.moment()).tally
    grown = after.requests - before.requests
    polls = after.outcomes["poll", "200"] - before.outcomes["poll", "200"]
    wanted = after.states["listening" if is_listening else "connected"]
    return after.states["enrolled"] == agents and wanted >= 0.999 * agents and grown == polls


async def watch(server: Watchable, fleets: list[FleetProcesses], seconds: float) -> Watched:
    """Look at a server and its fleets for a while."""
    await server.ask("service")
    before, cpu = [await one.moment() for one in fleets], await server.usage()
    await asyncio.sleep(seconds)
    service, used = await server.ask("service"), await server.usage()
    after = [await one.moment() for one in fleets]
    return Watched(
        seconds=after[0].elapsed_s - before[0].elapsed_s,
        answers=_grown(before, after, "requests") - _grown(before, after, "failures"),
        failures=_grown(before, after, "failures"),
        service=Counter(dict(service["buckets"])),
        server_cpu_s=used.cpu_s - cpu.cpu_s,
        fleet_cpu_s=sum(one.cpu_s for one in after) - sum(one.cpu_s for one in before),
        resident_mib=used.resident_mib,
    )


def _grown(before: list[Moment], after: list[Moment], what: str) -> int:
    return sum(
        int(getattr(late.tally, what)) - int(getattr(early.tally, what))
        for early, late in zip(before, after, strict=True)
    )
