"""`python -m utmlab.fleet`: one process of a fleet; see `utmlab.fleet.running`."""

import asyncio
import json
import resource
import sys

import uvloop

from foundation.allocator import map_large_blocks_apart
from foundation.collector import leave_out_of_collections
from foundation.errors import DomainError
from foundation.service import utc_now
from utmlab.fleet.fleet import Fleet
from utmlab.fleet.plan import FleetPlan


async def _serve() -> None:
    lines = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    fleet = Fleet(FleetPlan.from_record(json.loads(await lines.readline())), now=utc_now)
    try:
        await fleet.start()
    except DomainError as error:
        _say({"error": f"{error}. {error.hint}"})
        return
    leave_out_of_collections(is_server=True)
    _say(_numbers(fleet))
    while await lines.readline():
        _say(_numbers(fleet))
    await fleet.stop()


def _numbers(fleet: Fleet) -> dict[str, object]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"tally": fleet.snapshot().as_record(), "cpu_s": used.ru_utime + used.ru_stime}


def _say(content: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    map_large_blocks_apart()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve())
