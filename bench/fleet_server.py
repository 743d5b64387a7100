"""The server that a fleet is measured against: `python -m bench.fleet_server`.

- LiveConnect on uvloop as in a lab, without a journal; a UTM is registered with it, and with
  `--utm` one runs beside it in the same process.
- Each line on standard input is a question: `usage`, `service` (times of requests since the last
  time it was asked, with `--timed`), `edit` (blocks one more host).
"""

import argparse
import asyncio
import time
from pathlib import Path

import uvloop

from bench.measured import own_cpu_s, own_resident_mib, say, standard_input
from bench.service_time import ServiceTimes
from bench.tenant import enabled_utm, register_utm, token_of
from foundation.allocator import map_large_blocks_apart
from foundation.collector import leave_out_of_collections
from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig
from utm.app import Utm
from utm.verbs import verbs_of
from utmlab.demo.configuration import CONFIGURATION

POLL_S = 20.0


async def serve(data: Path, *, push: bool, timed: bool, has_utm: bool) -> None:
    """Run the houses until the input ends."""
    times = ServiceTimes()
    if timed:
        times.install()
    service = LiveConnect(
        LiveConnectConfig(
            data=data / "lc", mcs_port=0, link_port=0, push=push, poll_interval_s=POLL_S
        )
    )
    await service.start()
    try:
        if has_utm:
            await _with_utm(service, data, times)
        else:
            token = await register_utm(service.link_url, service.ca_file, data / "utm")
            leave_out_of_collections(is_server=True)
            await _answer(service, token, times)
    finally:
        await service.stop()


async def _with_utm(service: LiveConnect, data: Path, times: ServiceTimes) -> None:
    async with enabled_utm(service, data) as utm:
        await verbs_of(utm)["edit"](operations=CONFIGURATION, summary="web control on")
        leave_out_of_collections(is_server=True)
        await _answer(service, await token_of(utm), times, utm)


async def _answer(
    service: LiveConnect, token: str, times: ServiceTimes, utm: Utm | None = None
) -> None:
    lines = await standard_input()
    url = f"https://localhost:{service.mcs_port}/sophos/management/ep"
    say({"url": url, "token": token, "ca": str(service.ca_file)})
    edits = 0
    while question := (await lines.readline()).decode().strip():
        if question == "edit" and utm is not None:
            edits += 1
            at = time.time()
            host = f"host-{edits}.example"
            await verbs_of(utm)["policy_block"](host=host)
            say({"at": at})
        elif question == "service":
            say(times.take())
        else:
            say({"cpu_s": own_cpu_s(), "resident_mib": own_resident_mib()})


def main() -> None:
    """Run the server until its standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m bench.fleet_server", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--push", action="store_true")
    parser.add_argument("--timed", action="store_true")
    parser.add_argument("--utm", action="store_true")
    options = parser.parse_args()
    map_large_blocks_apart()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options.data, push=options.push, timed=options.timed, has_utm=options.utm))


if __name__ == "__main__":
    main()
