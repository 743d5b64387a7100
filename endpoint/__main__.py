"""`python -m endpoint client|agent|web-control|autoupdate|setup --host DIR`.

- One service per process; SIGTERM and SIGINT stop it cleanly.
- When the service answers, one JSON line says so on standard output.
- `setup` is the installer without its file: the archive is named on the command line.
"""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import uvloop

from endpoint.bells import file_bells
from endpoint.composition import Composition, EndpointOptions
from endpoint.host import HostFolder
from endpoint.mcs_client.options import McsClientOptions
from endpoint.service_lock import hold
from endpoint.service_table import AUTOUPDATE, MCS_AGENT, MCS_CLIENT, WEB_CONTROL
from endpoint.setup import bootstrap
from endpoint.web_control.options import WebControlOptions
from endpoint.web_control.service import WebControl
from foundation.checkpoints import Checkpoints
from foundation.collector import leave_out_of_collections
from foundation.errors import DomainError
from foundation.faults.clock import skewed
from foundation.faults.disk import refusing_files
from foundation.faults.shared import FollowedPlan
from foundation.service import utc_now
from foundation.webfilter.destinations import ConnectTo

_SERVICES: Final = {
    "client": MCS_CLIENT,
    "agent": MCS_AGENT,
    "web-control": WEB_CONTROL,
    "autoupdate": AUTOUPDATE,
}
_RESCAN_S: Final = 5.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one service until it is told to stop; return the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["setup"]:
        return _setup(words[1:])
    arguments = _parser().parse_args(words)
    try:
        uvloop.run(_serve(arguments))
    except (DomainError, OSError, ValueError) as error:
        hint = error.hint if isinstance(error, DomainError) else ""
        sys.stderr.write(f"{error}\n{hint}\n")
        return 1
    return 0


def read_connect_to(path: Path | None) -> ConnectTo:
    """Read a map of host patterns: `{"*.example": ["127.0.0.1", 41233]}`."""
    if path is None:
        return {}
    content = json.loads(path.read_bytes())
    return {str(name): (str(address), int(port)) for name, (address, port) in content.items()}


def read_ports(text: str) -> frozenset[int]:
    """Read port numbers with commas between them."""
    return frozenset(int(part) for part in text.split(",") if part)


def _setup(words: list[str]) -> int:
    if not words or words[0].startswith("-"):
        bootstrap.parser().print_help(sys.stderr)
        sys.stderr.write("\nusage: python -m endpoint setup INSTALLER --host DIR\n")
        return 2
    return bootstrap.main(words[1:], Path(words[0]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m endpoint", description="Run one service of an endpoint, or its setup."
    )
    commands = parser.add_subparsers(dest="service", required=True)
    for name in (*_SERVICES, "setup"):
        command = commands.add_parser(name)
        command.add_argument("--host", type=Path, required=True, help="the host folder")
        command.add_argument(
            "--faults", type=Path, metavar="DIR", help="where a lab tells of its faults"
        )
        command.add_argument("--kill-at", metavar="NAME", help=argparse.SUPPRESS)
        if name == "client":
            command.add_argument("--poll", type=float, metavar="S", help="the poll interval")
            command.add_argument("--events-delay", type=float, default=5.0, metavar="S")
        if name == "web-control":
            command.add_argument("--proxy-port", type=int, default=0, metavar="N")
            command.add_argument("--connect-to", type=Path, metavar="FILE")
            command.add_argument(
                "--refuse-ports", type=read_ports, default=frozenset(), metavar="N,N"
            )
            command.add_argument("--scanning-ca", type=Path, metavar="DIR")
            command.add_argument("--site-ca", type=Path, metavar="FILE")
    return parser


def _composition(arguments: argparse.Namespace, host: HostFolder) -> Composition:
    client, web_control = McsClientOptions(), WebControlOptions()
    if arguments.service == "client":
        client = McsClientOptions(
            poll_interval_s=arguments.poll, events_delay_s=arguments.events_delay
        )
    if arguments.service == "web-control":
        web_control = WebControlOptions(
            port=arguments.proxy_port,
            connect_to=read_connect_to(arguments.connect_to),
            refuse_ports=lambda: arguments.refuse_ports,
            scanning_ca=arguments.scanning_ca,
            site_ca=arguments.site_ca,
        )
    options = EndpointOptions(client=client, web_control=web_control, rescan_s=_RESCAN_S)
    now = utc_now
    if arguments.faults is not None:
        plan = FollowedPlan(arguments.faults)
        options = replace(options, before_spooling=refusing_files(plan, host.name))
        now = skewed(plan, host.name, utc_now)
    return Composition(
        host,
        bells=file_bells(host),
        options=options,
        now=now,
        checkpoints=Checkpoints(arguments.kill_at),
    )


async def _serve(arguments: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    host = HostFolder(arguments.host.absolute())
    name = _SERVICES[arguments.service]
    lock = hold(host, name)
    try:
        service = _composition(arguments, host).factories[name]()
        await service.start()
        ready = {"ready": arguments.service, "host": str(host.root)}
        if isinstance(service, WebControl):
            ready["port"] = str(service.port)
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        leave_out_of_collections()
        await stopping.wait()
        await service.stop()
    finally:
        lock.close()


if __name__ == "__main__":
    sys.exit(main())
