"""A worker of LiveConnect as a process under measurement: `python -m bench.worker`.

With `--timed` it answers the question `service` with the times of requests since the last time.
"""

import argparse
import asyncio
from pathlib import Path

import uvloop

from bench.measured import answer_usage
from bench.service_time import ServiceTimes
from foundation.allocator import map_large_blocks_apart
from foundation.collector import leave_out_of_collections
from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig


async def serve(config: LiveConnectConfig, times: ServiceTimes | None) -> None:
    """Serve until the standard input ends."""
    if times is not None:
        times.install()
    service = LiveConnect(config)
    await service.start()
    try:
        ca = str(service.ca_file)
        leave_out_of_collections(is_server=True)
        await answer_usage(times, mcs_port=service.mcs_port, link_url=service.link_url, ca=ca)
    finally:
        await service.stop()


def main() -> None:
    """Run one worker."""
    parser = argparse.ArgumentParser(prog="python -m bench.worker", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--database")
    for name in ("--worker", "--mcs-port", "--link-port"):
        parser.add_argument(name, type=int, default=0)
    parser.add_argument("--timed", action="store_true")
    options = vars(parser.parse_args())
    times = ServiceTimes() if options.pop("timed") else None
    map_large_blocks_apart()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(LiveConnectConfig(**options), times))


if __name__ == "__main__":
    main()
