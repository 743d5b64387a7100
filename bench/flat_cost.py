"""What an agent costs, from 1,000 to 15,000: CPU for each poll, memory, and time in the server.

- One server; fleets are added to it step by step, and each step is watched once it has settled.
- The plot goes to docs/fleet-cost.svg, the steps to standard output.
"""

import contextlib
import tempfile
from pathlib import Path

from bench.agents import kib_per_agent, results
from bench.fleet_load import POLL_S, Watched, fleet_server, plan_for, settled_fleet, watch
from bench.result import Result
from utm.drawing.svg import picture
from utmlab.fleet.plots import COST_PALETTE, cost_elements

STEPS = (1_000, 5_000, 10_000, 15_000)
WATCH_S = 2 * POLL_S
PLOT = Path(__file__).parent.parent / "docs" / "fleet-cost.svg"


async def run() -> tuple[Result, ...]:
    """Measure, and draw."""
    seen: dict[int, Watched] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with (
            fleet_server(Path(folder), "--timed") as server,
            contextlib.AsyncExitStack() as running,
        ):
            empty_mib, fleets, there = (await server.usage()).resident_mib, [], 0
            for agents in STEPS:
                plan = plan_for(server, agents - there, first=there)
                fleets.append(await running.enter_async_context(settled_fleet(plan)))
                seen[agents], there = await watch(server, fleets, WATCH_S), agents
                print(_sentence(agents, seen[agents], empty_mib), flush=True)
    rows = [(agents, *_costs(agents, one, empty_mib)) for agents, one in seen.items()]
    PLOT.write_text(draw(rows) + "\n")
    first, last = rows[0], rows[-1]
    return (
        *results("15,000 agents", STEPS[-1], seen[STEPS[-1]], empty_mib),
        Result(
            name="cost of an agent, flat",
            value=round(last[1], 1),
            unit=f"CPU us per poll with {last[0]:,}",
            peer=f"with {first[0]:,}",
            peer_value=round(first[1], 1),
            ratio=round(last[1] / first[1], 3),
        ),
    )


def draw(rows: list[tuple[int, float, float, float]]) -> str:
    """Return the plot: agents, and CPU of the server, CPU of the fleet, memory for each."""
    width, height, children = cost_elements(rows)
    return picture(width, height, children, label="What an agent costs", palette=COST_PALETTE)


def _costs(agents: int, seen: Watched, empty_mib: float) -> tuple[float, float, float]:
    polls = max(seen.answers, 1)
    return (
        seen.server_cpu_s / polls * 1e6,
        seen.fleet_cpu_s / polls * 1e6,
        kib_per_agent(agents, seen, empty_mib),
    )


def _sentence(agents: int, seen: Watched, empty_mib: float) -> str:
    server, fleet, kib = _costs(agents, seen, empty_mib)
    return (
        f"{agents:>6,} agents: {seen.answers / seen.seconds:6.0f} polls/s, server {server:6.1f} "
        f"and fleet {fleet:6.1f} CPU us per poll, {kib:5.1f} KiB, service p50 "
        f"{seen.service_ms(0.5):.2f} p99 {seen.service_ms(0.99):.2f} ms, failed {seen.failures}, "
        f"server {seen.server_cpu_s / seen.seconds:.0%} of a core"
    )
