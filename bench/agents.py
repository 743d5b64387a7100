"""Agents at a 20 s poll on one worker: service time in the server, memory and CPU for each.

- The fleet runs in processes of its own; its ramp is not measured.
- `run` measures a number that fits into the usual time. `python -m bench --only flat_cost` goes on
  to 15,000 in steps and draws what an agent costs.
"""

import tempfile
from pathlib import Path

from bench.fleet_load import POLL_S, Watched, fleet_server, plan_for, settled_fleet, watch
from bench.result import Result, Target

AGENTS = 3_000
WATCH_S = 2 * POLL_S
SERVICE = Target("value", "<=", 50.0)
MEMORY = Target("value", "<=", 60.0)


async def run() -> tuple[Result, ...]:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        async with fleet_server(Path(folder), "--timed") as server:
            empty_mib = (await server.usage()).resident_mib
            async with settled_fleet(plan_for(server, AGENTS)) as fleet:
                seen = await watch(server, [fleet], WATCH_S)
    return results("agents", AGENTS, seen, empty_mib)


def results(name: str, agents: int, seen: Watched, empty_mib: float) -> tuple[Result, ...]:
    """Return what was seen of so many agents."""
    polls = max(seen.answers, 1)
    return (
        Result(
            name=f"{name} service p99",
            value=round(seen.service_ms(0.99), 2),
            unit=f"ms in the server, {agents:,} agents",
            peer="its median",
            peer_value=round(seen.service_ms(0.5), 2),
        ).judged(SERVICE),
        Result(
            name=f"{name} memory",
            value=round(kib_per_agent(agents, seen, empty_mib), 1),
            unit="KiB of the server per agent",
        ).judged(MEMORY),
        Result(
            name=f"{name} server CPU",
            value=round(seen.server_cpu_s / polls * 1e6, 1),
            unit="CPU us per poll",
            peer="the fleet's",
            peer_value=round(seen.fleet_cpu_s / polls * 1e6, 1),
            ratio=round(seen.server_cpu_s / max(seen.fleet_cpu_s, 1e-9), 3),
        ),
        Result(name=f"{name} failures", value=seen.failures, unit=f"of {seen.answers:,} polls"),
    )


def kib_per_agent(agents: int, seen: Watched, empty_mib: float) -> float:
    """Return the memory that the server has for each agent."""
    return (seen.resident_mib - empty_mib) * 1024 / agents
