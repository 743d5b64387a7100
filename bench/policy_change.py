"""From a policy change to every agent enforcing it: by push, and by the authentic 20 s poll.

- Counted from the moment the edit was asked for at the UTM to the moment an agent stored the
  policy; UTM, LiveConnect and the fleet share the machine.
"""

import asyncio
import tempfile
from pathlib import Path

from bench.fleet_load import fleet_server, plan_for, settle, settled_fleet
from bench.measured import MeasuredProcess
from bench.result import Result, Target
from utmlab.fleet.running import FleetProcesses
from utmlab.fleet.tally import Spread

PUSHED = 5_000
POLLING = 1_000
PATIENCE_S = 120.0


async def run() -> tuple[Result, ...]:
    """Measure."""
    pushed = await _durations(PUSHED, push=True)
    polled = await _durations(POLLING, push=False)
    return (
        _result("push p99", pushed[int(0.99 * len(pushed))], PUSHED, 1.0),
        _result("push last", pushed[-1], PUSHED, 2.0),
        _result("poll mean", sum(polled) / len(polled), POLLING, 10.2),
        _result("poll last", polled[-1], POLLING, 20.5),
    )


def _result(name: str, value: float, agents: int, limit: float) -> Result:
    result = Result(
        name=f"policy change, {name}", value=round(value, 3), unit=f"s to {agents:,} agents"
    )
    return result.judged(Target("value", "<=", limit))


async def _durations(agents: int, *, push: bool) -> list[float]:
    """Return how long each agent took, ascending."""
    options = ("--utm", "--push") if push else ("--utm",)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            fleet_server(Path(folder), *options) as server,
            settled_fleet(plan_for(server, agents), is_listening=push) as fleet,
        ):
            return await _changed(server, fleet, agents, is_listening=push)


async def _changed(
    server: MeasuredProcess, fleet: FleetProcesses, agents: int, *, is_listening: bool
) -> list[float]:
    # The first change waits behind the reports that the ramp left the UTM with; the second is not
    # to wait behind those of the first.
    for _ in range(2):
        await settle(fleet, agents, is_listening=is_listening)
        known = set((await fleet.moment()).tally.spreads)
        asked_at = (await server.ask("edit"))["at"]
        async with asyncio.timeout(PATIENCE_S):
            while (spread := await _complete(fleet, agents, known)) is None:  # noqa: ASYNC110 - asked for
                await asyncio.sleep(1)
    return sorted(spread.assigned_at - asked_at + seconds for seconds in spread.enforced_s)


async def _complete(fleet: FleetProcesses, agents: int, known: set[str]) -> Spread | None:
    spreads = (await fleet.moment()).tally.spreads.items()
    new = (one for revision, one in spreads if revision not in known)
    return next((one for one in new if len(one.enforced_s) >= agents), None)
