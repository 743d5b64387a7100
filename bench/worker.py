"""A worker of LiveConnect as a process under measurement: `python -m bench.worker`."""

import argparse
import asyncio
from pathlib import Path

import uvloop

from bench.measured import answer_usage
from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig


async def serve(config: LiveConnectConfig) -> None:
    """Serve until the standard input ends."""
    service = LiveConnect(config)
    await service.start()
    try:
        ca = str(service.ca_file)
        await answer_usage(mcs_port=service.mcs_port, link_url=service.link_url, ca=ca)
    finally:
        await service.stop()


def main() -> None:
    """Run one worker."""
    parser = argparse.ArgumentParser(prog="python -m bench.worker", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--database")
    for name in ("--worker", "--mcs-port", "--link-port"):
        parser.add_argument(name, type=int, default=0)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(LiveConnectConfig(**vars(options))))


if __name__ == "__main__":
    main()
