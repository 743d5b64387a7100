"""`utmlab up`: the lab runs until it is told to stop."""

import asyncio
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import uvloop

from foundation.allocator import map_large_blocks_apart
from foundation.service import utc_now
from utm.logs.catalogue import EPLOG_PROCESSES, LOG_PROFILES
from utmlab.cli.session import LabCommand, Session
from utmlab.cli.up_options import UpOptions
from utmlab.clock import run_virtual
from utmlab.lab_clock import virtual_start
from utmlab.settings import Ports, recall


def port_choice(text: str) -> Ports:
    """Read `0` for free ports, or MCS, link, control, perhaps web filter, perhaps WebAdmin."""
    numbers = text.split(",")
    if not all(one.isdecimal() and int(one) < 1 << 16 for one in numbers):
        raise click.BadParameter(f"{text!r} holds something that is no port")
    if numbers == ["0"]:
        return Ports()
    if len(numbers) not in {3, 4, 5}:
        raise click.BadParameter(f"{text!r} is neither 0 nor MCS,LINK,CONTROL[,FILTER[,WEBADMIN]]")
    names = ("mcs", "link", "control", "web_filter", "webadmin")
    return Ports(**dict(zip(names, map(int, numbers), strict=False)))


def zone_name(text: str) -> str:
    """Check that there is a time zone of this name."""
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.BadParameter(f"there is no time zone {text!r}") from None


@click.command(cls=LabCommand)
@click.option(
    "--endpoints",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Have at least the computers PC-01 to PC-N; those missing are installed.",
)
@click.option(
    "--poll",
    type=click.FloatRange(min=0.05),
    metavar="S",
    help="Poll interval of the computers in seconds (default: the authentic 20).",
)
@click.option(
    "--ready-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Written when everything runs: the same JSON document as with --json.",
)
@click.option("--processes", is_flag=True, help="Every service is a process of its own.")
@click.option(
    "--preset",
    type=click.Choice(["demo", "strict"]),
    help="demo (default): a new lab begins with the demo's groups, filter actions and profiles. "
    "strict: it begins with factory settings, and epsecd.log holds public message ids only.",
)
@click.option(
    "--timezone",
    type=zone_name,
    metavar="ZONE",
    help="The UTM's time zone, for the stamps in its logs (default: as before, else UTC).",
)
@click.option(
    "--log-profile",
    type=click.Choice(LOG_PROFILES),
    help="The version whose keys and order web lines have (default: as before, else 9.7).",
)
@click.option(
    "--eplog-process",
    type=click.Choice(EPLOG_PROCESSES),
    help="The process in eplog.log: eplog, or httpproxy for consumers that look at it "
    "(default: as before, else eplog).",
)
@click.option(
    "--push",
    is_flag=True,
    help="LiveConnect tells computers at once what waits, over the push channel of MCS.",
)
@click.option(
    "--only",
    type=click.Choice(["liveconnect"]),
    help="Run LiveConnect alone, for a client or a UTM of your own.",
)
@click.option(
    "--auto-utm",
    is_flag=True,
    help="With --only: register a built-in UTM, so that there is a tenant, a token and a policy.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="LiveConnect is N processes that share PostgreSQL (extra `postgres`), and --processes. "
    "A new lab only; it keeps its workers from then on.",
)
@click.option(
    "--database",
    metavar="URL",
    envvar="UTMLAB_DATABASE",
    help="The workers' database, postgresql://... (default: one of the lab's own, in its folder).",
)
@click.option(
    "--clock",
    type=click.Choice(["real", "virtual"]),
    default="real",
    help="virtual: time runs at real pace, and `utmlab clock advance 7d` lets a week pass.",
)
@click.option("--no-journal", is_flag=True, help="Keep no exchanges.")
@click.option(
    "--ports",
    type=port_choice,
    metavar="0|MCS,LINK,CONTROL[,FILTER[,WEBADMIN]]",
    envvar="UTMLAB_PORTS",
    help="Listeners of a new lab: 0 takes free ports (default: 4443,4445,4480; or $UTMLAB_PORTS). "
    "A lab that is there keeps its own.",
)
@click.pass_obj
def up(session: Session, /, **given: Any) -> None:
    """Run the lab until Ctrl-C.

    Starts LiveConnect, the UTM and every installed computer, switches Endpoint Protection on and
    prints where everything is. Starting again goes on from the stored state. Ctrl-C or SIGTERM
    stops it cleanly.
    """
    options = UpOptions(**given)
    if options.is_broker_alone:
        options.check_alone()
        _run_broker(session, options)
    else:
        _run_lab(session, options)


def _run_broker(session: Session, options: UpOptions) -> None:
    from utmlab.cli.broker_running import run_broker  # noqa: PLC0415 - and the lab needs none of it

    map_large_blocks_apart()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(
            run_broker(
                session,
                options.broker_config,
                auto_utm=options.auto_utm,
                ready_file=options.ready_file,
            )
        )


def _run_lab(session: Session, options: UpOptions) -> None:
    from utmlab.cli.running import Wishes, run_lab  # noqa: PLC0415 - a broker alone starts faster

    settings = options.lab_settings(recall(session.places.settings))
    wishes = Wishes(
        endpoints=options.endpoints,
        configure=not settings.strict,
        ready_file=options.ready_file,
    )
    if options.clock == "virtual":
        start = virtual_start(session.places.clock, utc_now())
        run_virtual(
            lambda clock: run_lab(session, settings, wishes, clock), start=start, pace="stepped"
        )
        return
    map_large_blocks_apart()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_lab(session, settings, wishes))
