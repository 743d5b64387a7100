"""`python -m liveconnect`: one LiveConnect as a process of its own.

- Prints one JSON line when it is ready; SIGTERM and SIGINT stop it cleanly.
- Its verbs are offered to other processes of the same user through the data folder.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import uvloop

from foundation.allocator import map_large_blocks_apart
from foundation.checkpoints import Checkpoints
from foundation.collector import leave_out_of_collections
from foundation.durable.files import write_atomic
from foundation.errors import DomainError
from foundation.faults.clock import shared_clock
from foundation.net.control import ControlServer
from foundation.protocol.names import DEFAULT_BASE_PATH
from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    map_large_blocks_apart()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(options))
    except DomainError as error:
        sys.stderr.write(f"{error}\n{error.hint}\n" if error.hint else f"{error}\n")
        return 1
    return 0


async def _serve(options: argparse.Namespace) -> None:
    config = LiveConnectConfig(
        data=options.data,
        host=options.host,
        mcs_port=options.mcs_port,
        link_port=options.link_port,
        base_path=options.base_path,
        poll_interval_s=options.poll,
        journal=options.journal,
        public_name=options.public_name,
        public_mcs_port=options.public_mcs_port,
        database=options.database,
        worker=options.worker,
        trusts_loopback=not options.secret_from_loopback,
        push=options.push,
    )
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    service = LiveConnect(
        config,
        now=shared_clock(options.faults, "liveconnect"),
        checkpoints=Checkpoints(options.kill_at),
    )
    await service.start()
    control = ControlServer(
        service.verbs, config.own_folder, port=options.control_port, observe=service.observe
    )
    try:
        await control.start()
        ready = _ready(service)
        if options.ready_file is not None:
            write_atomic(options.ready_file, ready.encode())
        sys.stdout.write(ready + "\n")
        sys.stdout.flush()
        leave_out_of_collections(is_server=True)
        await stopping.wait()
    finally:
        await control.stop()
        await service.stop()


def _ready(service: LiveConnect) -> str:
    return json.dumps(
        {
            "ready": "liveconnect",
            "mcs_port": service.mcs_port,
            "link_port": service.link_port,
            "mcs_url": service.mcs_url,
            "link_url": service.link_url,
            "ca_file": str(service.ca_file),
        }
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m liveconnect", description="Run one LiveConnect."
    )
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--mcs-port", type=int, default=4443, help="for endpoints; 0 takes any")
    parser.add_argument("--link-port", type=int, default=4445, help="for UTMs; 0 takes any")
    parser.add_argument(
        "--control-port",
        type=int,
        default=0,
        help="for verbs, /healthz, /readyz and /metrics, on 127.0.0.1 (default: any)",
    )
    parser.add_argument("--base-path", default=DEFAULT_BASE_PATH, help="of every MCS path")
    parser.add_argument("--poll", type=float, default=20.0, help="poll interval in seconds")
    parser.add_argument("--public-name", default="localhost", help="the host name in URLs")
    parser.add_argument(
        "--public-mcs-port", type=int, help="the port in URLs (default: that of the listener)"
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        default=os.environ.get("LIVECONNECT_DATABASE"),
        help="a PostgreSQL database, postgresql://..., for several workers (default: "
        "$LIVECONNECT_DATABASE, else a file in the data folder)",
    )
    parser.add_argument(
        "--secret-from-loopback",
        action="store_true",
        help="ask UTMs from this machine for the enrolment secret too: behind a proxy on this "
        "machine all of them are",
    )
    parser.add_argument(
        "--worker",
        type=int,
        default=0,
        metavar="N",
        help="be worker N of this host, with a folder of its own and ports that others share",
    )
    parser.add_argument("--push", action="store_true", help="offer endpoints the push channel")
    parser.add_argument("--journal", action="store_true", help="keep the last exchanges")
    parser.add_argument(
        "--faults", type=Path, metavar="DIR", help="where a lab tells of its faults"
    )
    parser.add_argument("--kill-at", help="a checkpoint at which the process ends by SIGKILL")
    parser.add_argument("--ready-file", type=Path, help="written when it answers")
    return parser


if __name__ == "__main__":
    sys.exit(main())
