"""A fleet in processes of its own, watched from here.

- `python -m utmlab.fleet` is one process; the plan comes on its standard input, so that no token
  is in an argument; each line there asks for its numbers; it stops when the input ends.
- What processes tell is added up; percentiles are of all.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from foundation.errors import DomainError
from utmlab.fleet.known import fleet_secret
from utmlab.fleet.plan import FleetPlan, parted
from utmlab.fleet.tally import Tally, summed

TICK_S = 1.0
READ_LIMIT = 1 << 26


class FleetProcessError(DomainError):
    """A process of the fleet ended by itself."""

    code: ClassVar[str] = "fleet_process"
    hint: ClassVar[str] = "Its own words are in the message."


@dataclass(frozen=True, slots=True)
class Moment:
    """How a fleet is: its numbers, the CPU time that its processes used, and its age."""

    tally: Tally
    cpu_s: float
    elapsed_s: float


class FleetProcesses:
    """The processes of a running fleet."""

    def __init__(self, processes: list[asyncio.subprocess.Process]) -> None:
        self._processes = processes
        self._began_s = asyncio.get_running_loop().time()

    async def moment(self) -> Moment:
        """Ask every process for its numbers.

        Raises:
            FleetProcessError: If one has ended.
        """
        told = await asyncio.gather(*(_asked(process) for process in self._processes))
        elapsed_s = asyncio.get_running_loop().time() - self._began_s
        tally = summed(Tally.from_record(one["tally"]) for one in told)
        return Moment(tally, sum(one["cpu_s"] for one in told), elapsed_s)


@contextlib.asynccontextmanager
async def fleet_processes(plan: FleetPlan, processes: int = 1) -> AsyncIterator[FleetProcesses]:
    """Run a fleet for the length of a block, in so many processes.

    Raises:
        FleetProcessError: If one does not start.
    """
    started: list[asyncio.subprocess.Process] = []
    fleet_secret(plan.identities)  # one for all processes, so it is made before they are
    try:
        for part in parted(plan, processes):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "utmlab.fleet"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=READ_LIMIT,
            )
            started.append(process)
            await _asked(process, json.dumps(part.as_record()))
        yield FleetProcesses(started)
    finally:
        for process in started:
            if process.stdin is not None:
                process.stdin.close()
        for process in started:
            await process.wait()


async def run_fleet(
    plan: FleetPlan,
    *,
    duration_s: float,
    processes: int = 1,
    on_tick: Callable[[Moment], None] = lambda _moment: None,
) -> Moment:
    """Run a fleet for a while; return how it was at the end.

    Args:
        plan: What is wanted.
        duration_s: How long, from the first start on.
        processes: In how many processes.
        on_tick: Told each second how it is.

    Raises:
        FleetProcessError: If a process does not start, or ends.
    """
    async with fleet_processes(plan, processes) as fleet:
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + duration_s
        while (left_s := ends_s - loop.time()) > 0:
            await asyncio.sleep(min(TICK_S, left_s))
            on_tick(await fleet.moment())
        return await fleet.moment()


async def _asked(process: asyncio.subprocess.Process, line: str = "numbers") -> dict[str, Any]:
    assert process.stdin is not None  # noqa: S101 - asked for above
    assert process.stdout is not None  # noqa: S101 - likewise
    try:
        process.stdin.write(line.encode() + b"\n")
        answer = await process.stdout.readline()
        told: dict[str, Any] = json.loads(answer)
    except (ValueError, ConnectionError) as error:
        raise FleetProcessError("a process of the fleet ended; see standard error") from error
    if "error" in told:
        raise FleetProcessError(told["error"])
    return told
