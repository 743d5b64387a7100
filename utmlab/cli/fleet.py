"""`utmlab fleet`: thousands of light endpoints against a lab, or against any MCS server.

- What the lab knows (address, token, CA) is taken from its data folder unless it is given.
- The first Ctrl-C ends the run as its duration would: the report is written all the same.

Provenance: ours.
"""

import asyncio
import signal
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click
import uvloop

from foundation.durable.files import write_atomic
from foundation.protocol.names import DEFAULT_BASE_PATH
from foundation.service import utc_now
from utmlab.cli.ca import ca_file
from utmlab.cli.fleet_progress import FleetProgress
from utmlab.cli.output import emit, say
from utmlab.cli.render.fleet import summary_text
from utmlab.cli.session import LabCommand, LabGroup, Session
from utmlab.fleet.behaviour import Behaviour, read_kinds, read_mix
from utmlab.fleet.limits import check_open_files
from utmlab.fleet.plan import FleetPlan, Server
from utmlab.fleet.report import report as report_page
from utmlab.fleet.running import Moment, fleet_processes
from utmlab.fleet.summary import Run, as_record
from utmlab.settings import recall
from utmlab.stored import stored_token

FULL_START_S = 20.0
TICK_S = 1.0


@click.group(cls=LabGroup)
def fleet() -> None:
    """Thousands of light endpoints, by the MCS Client's own rules."""


@fleet.command("run", cls=LabCommand)
@click.option("--agents", type=click.IntRange(min=1), required=True, help="How many.")
@click.option(
    "--start-rate",
    type=click.FloatRange(min=0, min_open=True),
    help="How many start in a second (default: all within 20 s).",
)
@click.option(
    "--mix",
    default="steady",
    show_default=True,
    metavar="NAME|SHARES|FILE",
    help="A mix, shares such as steady=9,laptop=1, or a TOML file of kinds.",
)
@click.option(
    "--duration",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="How long (default: until Ctrl-C).",
)
@click.option(
    "--poll",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="Poll interval, instead of what policies say.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Of everything left to chance."
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="In how many processes.",
)
@click.option("--url", help="Base URL of any MCS server (default: the lab's).")
@click.option("--token", envvar="UTMLAB_TOKEN", help="Registration token (or $UTMLAB_TOKEN).")
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="UTMLAB_CA_FILE",
    help="The server's CA (or $UTMLAB_CA_FILE; default: the lab's).",
)
@click.option(
    "--identities",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep who the agents are here (default: in the lab's data folder; with --url nowhere).",
)
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write a report as HTML."
)
@click.pass_obj
def run_command(
    session: Session,
    *,
    agents: int,
    start_rate: float | None,
    mix: str,
    duration: float | None,
    poll: float | None,
    seed: int,
    processes: int,
    url: str | None,
    token: str | None,
    ca: Path | None,
    identities: Path | None,
    report: Path | None,
) -> None:
    """Run a fleet, and say what came of it.

    Agents enrol, poll, acknowledge, fetch policies, report statuses and events, and listen for push
    where the policy offers it; they hold nothing but what the protocol needs. With the same seed
    the same agents do the same things at the same times. Who they are is kept, so that the next
    run goes on with the same endpoints.
    """
    shares, kinds = _mix(mix)
    if identities is None and url is None:
        identities = session.places.data / "fleet" / "identities.json"
    plan = FleetPlan(
        server=_server(session, url, token, ca),
        agents=agents,
        start_rate=start_rate or max(agents / FULL_START_S, 1.0),
        mix=shares,
        kinds=kinds,
        seed=seed,
        poll_interval_s=poll,
        identities=identities,
        spread=False,
    )
    check_open_files(agents, processes)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        run = runner.run(_run(plan, processes, duration))
    if report is not None:
        write_atomic(report.absolute(), report_page(run).encode())
        say(f"The report is {report}")
    emit(session, as_record(run), lambda: summary_text(run))


def _mix(text: str) -> tuple[dict[str, float], dict[str, Behaviour]]:
    path = Path(text)
    if path.suffix == ".toml" or path.is_file():
        return read_kinds(path)
    return read_mix(text), {}


def _server(session: Session, url: str | None, token: str | None, ca: Path | None) -> Server:
    places = session.places
    if url is None:
        port = recall(places.settings).get("ports", {}).get("mcs", 0)
        token, ca = token or stored_token(places), ca or ca_file(places)
        return Server(url=f"https://localhost:{port}{DEFAULT_BASE_PATH}", token=token, ca=ca)
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise click.UsageError(f"--url {url} is no https URL")
    if not token or ca is None:
        raise click.UsageError("--url needs --token and --ca")
    return Server(url=url, token=token, ca=ca)


async def _run(plan: FleetPlan, processes: int, duration_s: float | None) -> Run:
    loop = asyncio.get_running_loop()
    stopped, began_at = asyncio.Event(), utc_now()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        async with fleet_processes(plan, processes) as running:
            ends_s = float("inf") if duration_s is None else loop.time() + duration_s
            with FleetProgress(plan.agents, duration_s) as progress:
                while (left_s := ends_s - loop.time()) > 0 and not stopped.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stopped.wait(), min(TICK_S, left_s))
                    progress.show(await running.moment())
            moment = await running.moment()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return _as_run(plan, processes, began_at, moment)


def _as_run(plan: FleetPlan, processes: int, began_at: datetime, moment: Moment) -> Run:
    return Run(
        url=plan.server.url,
        agents=plan.agents,
        processes=processes,
        mix=dict(plan.mix),
        seed=plan.seed,
        began_at=began_at,
        elapsed_s=moment.elapsed_s,
        cpu_s=moment.cpu_s,
        tally=moment.tally,
    )
