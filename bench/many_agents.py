"""45,000 agents at a 20 s poll on three workers that share one PostgreSQL.

- Workers, PostgreSQL and the fleet's processes are told apart. The workers share a port, and the
  system deals out the connections. The ramp is not measured.
- A process may have 20,000 open files: 15,000 agents for each worker, and for each process
  of the fleet. Agents come from 127.0.0.2 and following.
- `python -m bench.many_agents --agents 3000` measures another number.
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from bench.fleet_load import POLL_S, Watched, settled_fleet, watch
from bench.measured import MeasuredProcess, Usage, measured_process
from bench.postgres_usage import usage_of
from bench.result import Result, Target
from bench.tenant import register_utm
from utmlab.fleet.plan import FleetPlan, Server
from utmlab.fleet.running import FleetProcesses
from utmlab.held_ports import HeldPorts
from utmlab.private_postgres import PrivatePostgres

AGENTS = 45_000
WORKERS = 3
FLEET_PROCESSES = 3
START_RATE = 75.0
WATCH_S = 3 * POLL_S
SERVICE = Target("value", "<=", 50.0)
MEMORY = Target("value", "<=", 60.0)


@dataclass(frozen=True, slots=True)
class Workers:
    """The workers of one database, asked together."""

    processes: list[MeasuredProcess]

    async def usage(self) -> Usage:
        """Return what all of them have used."""
        told = [await one.usage() for one in self.processes]
        return Usage(
            cpu_s=sum(one.cpu_s for one in told),
            resident_mib=sum(one.resident_mib for one in told),
            tasks=sum(one.tasks for one in told),
        )

    async def ask(self, line: str) -> dict[str, Any]:
        """Return the times of all of them."""
        buckets: Counter[int] = Counter()
        for one in self.processes:
            buckets.update(dict((await one.ask(line))["buckets"]))
        return {"buckets": sorted(buckets.items())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of so many agents.

    Attributes:
        agents: How many were wanted.
        connected: How many were connected at the end.
        ramp_s: From the first start until nothing but polls was under way.
        watched: What workers and fleet did.
        empty_mib: The workers' memory before.
        postgres_cpu_s: CPU time of PostgreSQL while it was watched.
        postgres_mib: Its memory at the end.
        ramp_cpu_s: CPU time of the workers, and of PostgreSQL, until then.
    """

    agents: int
    connected: int
    ramp_s: float
    watched: Watched
    empty_mib: float
    postgres_cpu_s: float
    postgres_mib: float
    ramp_cpu_s: tuple[float, float]


async def run() -> tuple[Result, ...]:
    """Measure."""
    return results(await measure(AGENTS))


async def measure(agents: int) -> Seen:
    """Run so many agents and watch them."""
    with tempfile.TemporaryDirectory() as folder:
        # PostgreSQL's own user has to enter it when root measures.
        Path(folder).chmod(0o755)
        cluster = Path(folder) / "postgres"
        postgres = PrivatePostgres(cluster)
        postgres.start()
        try:
            async with _workers(Path(folder), postgres.url()) as (workers, server):
                return await _watched(workers, server, agents, cluster)
        finally:
            postgres.close()


@contextlib.asynccontextmanager
async def _workers(folder: Path, url: str) -> AsyncIterator[tuple[Workers, Server]]:
    held = HeldPorts()
    port = held.take()
    words = ["--data", str(folder / "lc"), "--database", url, "--timed"]
    words += ["--mcs-port", str(port), "--link-port", str(held.take())]
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(held.release)
        processes = [
            await stack.enter_async_context(
                measured_process("bench.worker", *words, "--worker", str(number))
            )
            for number in range(1, WORKERS + 1)
        ]
        ready = processes[0].ready
        ca = Path(ready["ca"])
        token = await register_utm(ready["link_url"], ca, folder / "utm")
        base = f"https://localhost:{port}/sophos/management/ep"
        yield Workers(processes), Server(url=base, token=token, ca=ca)


async def _watched(workers: Workers, server: Server, agents: int, cluster: Path) -> Seen:
    plan = FleetPlan(server=server, agents=agents, start_rate=START_RATE, spread=True)
    empty, began_s = await workers.usage(), time.monotonic()
    postgres_empty = usage_of(cluster)
    async with settled_fleet(plan, processes=FLEET_PROCESSES) as fleet:
        while not await _is_steady(fleet, agents):
            pass
        ramp_s = time.monotonic() - began_s
        settled, before = await workers.usage(), usage_of(cluster)
        watched = await watch(workers, [fleet], WATCH_S)
        after = usage_of(cluster)
        connected = (await fleet.moment()).tally.states["connected"]
    return Seen(
        agents=agents,
        connected=connected,
        ramp_s=ramp_s,
        watched=watched,
        empty_mib=empty.resident_mib,
        postgres_cpu_s=after.cpu_s - before.cpu_s,
        postgres_mib=after.resident_mib,
        ramp_cpu_s=(settled.cpu_s - empty.cpu_s, before.cpu_s - postgres_empty.cpu_s),
    )


async def _is_steady(fleet: FleetProcesses, agents: int) -> bool:
    """Look for an interval: everybody polled and nobody did anything else.

    What is under way and not answered is not seen otherwise.
    """
    before = (await fleet.moment()).tally
    await asyncio.sleep(POLL_S)
    after = (await fleet.moment()).tally
    polls = after.outcomes["poll", "200"] - before.outcomes["poll", "200"]
    return polls >= 0.95 * agents and after.requests - before.requests == polls


def results(seen: Seen) -> tuple[Result, ...]:
    """Return what was seen as lines of the results."""
    watched, agents = seen.watched, seen.agents
    polls = max(watched.answers, 1)
    name = f"{agents:,} agents, {WORKERS} workers"
    kib = (watched.resident_mib - seen.empty_mib) * 1024 / agents
    return (
        Result(name=f"{name}: connected", value=seen.connected, unit="agents").judged(
            Target("value", ">=", 0.999 * agents)
        ),
        Result(
            name=f"{name}: service p99",
            value=round(watched.service_ms(0.99), 2),
            unit="ms in the servers",
            peer="its median",
            peer_value=round(watched.service_ms(0.5), 2),
        ).judged(SERVICE),
        Result(
            name=f"{name}: memory", value=round(kib, 1), unit="KiB of the workers per agent"
        ).judged(MEMORY),
        Result(
            name=f"{name}: CPU of the workers",
            value=round(watched.server_cpu_s / polls * 1e6, 1),
            unit="CPU us per poll",
            peer="the fleet's",
            peer_value=round(watched.fleet_cpu_s / polls * 1e6, 1),
            ratio=round(watched.server_cpu_s / max(watched.fleet_cpu_s, 1e-9), 3),
        ),
        Result(
            name=f"{name}: CPU of PostgreSQL",
            value=round(seen.postgres_cpu_s / polls * 1e6, 1),
            unit=f"CPU us per poll, {seen.postgres_mib:.0f} MiB",
        ),
        Result(
            name=f"{name}: failures",
            value=watched.failures,
            unit=f"of {polls:,} polls, {polls / watched.seconds:.0f}/s",
        ),
        Result(
            name=f"{name}: ramp",
            value=round(seen.ramp_s, 1),
            unit=f"s; workers {seen.ramp_cpu_s[0]:.0f}, PostgreSQL {seen.ramp_cpu_s[1]:.0f} CPU s",
        ),
    )


def main() -> None:
    """Measure any number of agents."""
    parser = argparse.ArgumentParser(prog="python -m bench.many_agents", description=__doc__)
    parser.add_argument("--agents", type=int, default=AGENTS)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for result in results(runner.run(measure(options.agents))):
            print(result.sentence(), flush=True)


if __name__ == "__main__":
    main()
