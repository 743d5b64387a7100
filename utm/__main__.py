"""`python -m utm`: one UTM as its own process, on its own data folder.

Prints one JSON line when it is ready; SIGTERM and SIGINT stop it cleanly.
"""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

import uvloop

from foundation.checkpoints import Checkpoints
from foundation.collector import leave_out_of_collections
from foundation.errors import DomainError
from foundation.faults.clock import shared_clock
from foundation.net.control import ControlServer
from foundation.webfilter.destinations import ConnectTo
from utm.app import Utm
from utm.config import UtmConfig
from utm.logs.catalogue import EPLOG_PROCESSES, LOG_PROFILES
from utm.observing import observe
from utm.web_filter.options import WebFilterOptions


def main() -> int:
    """Run until told to stop; return the exit code."""
    arguments = _parser().parse_args()
    try:
        uvloop.run(_serve(arguments))
    except DomainError as error:
        sys.stderr.write(f"utm: {error}. {error.hint}\n")
        return 1
    return 0


async def _serve(arguments: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    config = UtmConfig(
        data=arguments.data,
        logs=arguments.logs or arguments.data / "logs",
        liveconnect_url=arguments.liveconnect,
        liveconnect_ca=arguments.ca,
        enrolment_secret=arguments.enrolment_secret,
        host_name=arguments.host_name,
        timezone=arguments.timezone,
        extra_lines=not arguments.strict,
        log_profile=arguments.log_profile,
        eplog_process=arguments.eplog_process,
        web_filter=WebFilterOptions(
            port=arguments.web_filter_port,
            connect_to=_connect_to(arguments.connect_to),
            refuse_ports=lambda: arguments.refuse_ports,
            scanning_ca=arguments.scanning_ca,
            site_ca=arguments.site_ca,
            clients=arguments.web_clients,
        ),
        webadmin_port=arguments.webadmin_port,
    )
    utm = Utm(
        config,
        now=shared_clock(arguments.faults, "utm"),
        checkpoints=Checkpoints(arguments.kill_at),
    )
    control = ControlServer(
        utm.verbs,
        arguments.data,
        port=arguments.control_port,
        observe=lambda: observe(utm),
    )
    await utm.start()
    try:
        await control.start()
        sys.stdout.write(json.dumps({"ready": "utm", "data": str(arguments.data)}) + "\n")
        sys.stdout.flush()
        leave_out_of_collections(is_server=True)
        await stopped.wait()
        await control.stop()
    finally:
        await utm.stop()


def _connect_to(path: Path | None) -> ConnectTo:
    if path is None:
        return {}
    content = json.loads(path.read_bytes())
    return {str(name): (str(address), int(port)) for name, (address, port) in content.items()}


def _ports(text: str) -> frozenset[int]:
    return frozenset(int(part) for part in text.split(",") if part)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m utm", description="Run one UTM.")
    parser.add_argument("--data", type=Path, required=True, help="its data folder")
    parser.add_argument(
        "--control-port",
        type=int,
        default=0,
        help="for verbs, /healthz, /readyz and /metrics, on 127.0.0.1 (default: any)",
    )
    parser.add_argument("--logs", type=Path, help="where its logs go (default DATA/logs)")
    _add_link_options(parser)
    _add_log_options(parser)
    _add_web_options(parser)
    parser.add_argument(
        "--faults", type=Path, metavar="DIR", help="where a lab tells of its faults"
    )
    parser.add_argument("--kill-at", metavar="POINT[:N]", help="end by SIGKILL at a checkpoint")
    return parser


def _add_link_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--liveconnect", required=True, help="LiveConnect's link, https://host:port"
    )
    parser.add_argument("--ca", type=Path, required=True, help="the CA of LiveConnect")
    parser.add_argument(
        "--enrolment-secret",
        type=Path,
        metavar="FILE",
        help="LiveConnect's enrolment secret, needed from another machine",
    )


def _add_log_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host-name", default="utm", help="its name in log lines")
    parser.add_argument("--timezone", default="UTC", help="IANA name; logs are in local time")
    parser.add_argument("--strict", action="store_true", help="write public message ids only")
    parser.add_argument(
        "--log-profile", choices=LOG_PROFILES, default="9.7", help="the version of web lines"
    )
    parser.add_argument(
        "--eplog-process", choices=EPLOG_PROCESSES, default="eplog", help="who writes eplog.log"
    )


def _add_web_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--web-filter-port",
        type=int,
        metavar="N",
        help="where the gateway's web filter listens (default: node http.port); 0 takes any",
    )
    parser.add_argument(
        "--webadmin-port",
        type=int,
        metavar="N",
        help="where WebAdmin and the REST API listen (default: node webadmin.port); 0 takes any",
    )
    parser.add_argument(
        "--web-clients", type=Path, metavar="FILE", help="which computer has which source address"
    )
    parser.add_argument(
        "--scanning-ca",
        type=Path,
        metavar="DIR",
        help="the CA for HTTPS scanning, made if need be (default: one of its own in DATA)",
    )
    parser.add_argument(
        "--site-ca", type=Path, metavar="FILE", help="CAs of sites to believe besides the machine's"
    )
    parser.add_argument(
        "--connect-to", type=Path, metavar="FILE", help="where the web filter finds hosts instead"
    )
    parser.add_argument(
        "--refuse-ports",
        type=_ports,
        default=frozenset(),
        metavar="N,N",
        help="ports of this machine that nobody reaches through the web filter",
    )


if __name__ == "__main__":
    sys.exit(main())
