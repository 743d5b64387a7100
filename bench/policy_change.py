"""From a policy change to every agent enforcing it: by push, and by the authentic 20 s poll.

- Counted from the moment the edit was asked for at the UTM to the moment an agent stored the
  policy; UTM, LiveConnect and the fleet share the machine.
- The floor of push: bare aiohttp, which is asked twice by each of as many connections at once, and
  answers with a constant. Who acknowledges and fetches asks twice.
"""

import asyncio
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.fleet_load import fleet_server, plan_for, settle, settled_fleet
from bench.load import Connection, connect_often, request
from bench.measured import MeasuredProcess, measured_process
from bench.result import Result, Target
from utmlab.fleet.running import FleetProcesses
from utmlab.fleet.tally import Spread

PUSHED = 5_000
POLLING = 1_000
PATIENCE_S = 120.0
REST_S = 10.0
FLOOR = "aiohttp, two constant answers to each at once"


async def run() -> tuple[Result, ...]:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        pushed = await _durations(PUSHED, Path(folder), push=True)
        floor = await _floor(PUSHED, Path(folder) / "lc")
    with tempfile.TemporaryDirectory() as folder:
        polled = await _durations(POLLING, Path(folder), push=False)
    return (
        _beside(_result("push p99", _p99(pushed), PUSHED, 1.0), _p99(floor)),
        _beside(_result("push last", pushed[-1], PUSHED, 2.0), floor[-1]),
        _result("poll mean", sum(polled) / len(polled), POLLING, 10.2),
        _result("poll last", polled[-1], POLLING, 20.5),
    )


def _result(name: str, value: float, agents: int, limit: float) -> Result:
    result = Result(
        name=f"policy change, {name}", value=round(value, 3), unit=f"s to {agents:,} agents"
    )
    return result.judged(Target("value", "<=", limit))


def _beside(result: Result, floor: float) -> Result:
    ratio = round(result.value / floor, 3)
    return replace(result, peer=FLOOR, peer_value=round(floor, 3), ratio=ratio)


def _p99(ascending: list[float]) -> float:
    return ascending[int(0.99 * len(ascending))]


async def _durations(agents: int, folder: Path, *, push: bool) -> list[float]:
    """Return how long each agent took, ascending."""
    options = ("--utm", "--push") if push else ("--utm",)
    async with (
        fleet_server(folder, *options) as server,
        settled_fleet(plan_for(server, agents), is_listening=push) as fleet,
    ):
        return await _changed(server, fleet, agents, is_listening=push)


async def _floor(agents: int, data: Path) -> list[float]:
    """Return how long each of so many connections waits for two answers, ascending.

    Args:
        agents: How many.
        data: The folder of a LiveConnect, for its certificate.
    """
    async with measured_process("bench.server", "static", "--data", str(data)) as server:
        ca = data / "pki" / "ca.crt"
        connections = await connect_often(server.ready["mcs_port"], ca, agents)
        twice = [request("GET", "/static")] * 2
        for _ in range(2):  # the first time warms up
            await asyncio.sleep(REST_S)
            began_s = time.monotonic()
            waited = await asyncio.gather(*(_waited(one, twice, began_s) for one in connections))
        return sorted(waited)


async def _waited(connection: Connection, requests: list[bytes], began_s: float) -> float:
    await connection.run(requests)
    return time.monotonic() - began_s


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
