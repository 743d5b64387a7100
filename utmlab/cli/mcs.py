"""`utmlab mcs`: does an MCS server do what the protocol says?"""

import asyncio
import random
import ssl
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import click

from foundation.durable.files import write_atomic
from foundation.service import utc_now
from utmlab.cli.ca import ca_file
from utmlab.cli.failures import ExitCode
from utmlab.cli.output import emit
from utmlab.cli.session import LabCommand, LabGroup, Session
from utmlab.conformance import ALL_RULES, Finding, Report, Target, check_server
from utmlab.conformance.expected import read_expected
from utmlab.errors import NothingStoredError
from utmlab.journal import printable


def report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what both checks can do with their findings."""
    for option in (
        click.option(
            "--xfail",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Rules expected to fail, one id a line; one that passes is a failure.",
        ),
        click.option(
            "--junit",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Write the findings as JUnit's XML, too.",
        ),
        click.option("--rule", multiple=True, help="Only this rule, by its id; may be repeated."),
    ):
        command = option(command)
    return command


@click.group(cls=LabGroup)
def mcs() -> None:
    """Check an MCS server, ours or any other."""


@mcs.command("check-server", cls=LabCommand)
@click.argument("url")
@click.option(
    "--token", required=True, envvar="UTMLAB_TOKEN", help="A registration token (or $UTMLAB_TOKEN)."
)
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="UTMLAB_CA_FILE",
    help="The server's CA (or $UTMLAB_CA_FILE; default: that of the data folder, else the "
    "system's).",
)
@report_options
@click.option("--seed", type=int, help="For the names that the run makes up.")
@click.pass_context
def check_server_command(
    ctx: click.Context,
    *,
    url: str,
    token: str,
    ca: Path | None,
    rule: tuple[str, ...],
    junit: Path | None,
    xfail: Path | None,
    seed: int | None,
) -> None:
    """Check an MCS server by raw HTTP against every rule of the protocol notes.

    URL is the base of the server, such as https://localhost:4443/sophos/management/ep. The run
    registers a few endpoints called conformance-...; MCS has no call to remove them. Ends with 1
    when a rule is broken.
    """
    session = ctx.find_object(Session) or Session()
    expected = read_expected(xfail.read_text(), (one.id for one in ALL_RULES)) if xfail else ()
    target = Target(url=url, token=token, context=_context(session, ca))
    report = asyncio.run(_check(session, target, rule, random.Random(seed), expected))
    finish(ctx, session, report, junit)


def finish(ctx: click.Context, session: Session, report: Report, junit: Path | None) -> None:
    """Tell the sums, write what is asked for, and end with the exit code."""
    if junit is not None:
        write_atomic(junit.absolute(), report.as_junit(f"utmlab.mcs.{ctx.info_name}").encode())
    emit(session, report.as_record(), report.sums)
    ctx.exit(ExitCode.OK if report.conforms else ExitCode.FAILED)


async def _check(
    session: Session,
    target: Target,
    rules: tuple[str, ...],
    rng: random.Random,
    expected: Collection[str],
) -> Report:
    def show(finding: Finding) -> None:
        click.echo(printable(finding.expecting(expected).line()))

    on_finding = None if session.as_json else show
    report = await check_server(target, now=utc_now, rng=rng, only=rules, on_finding=on_finding)
    return report.expecting(expected)


def _context(session: Session, ca: Path | None) -> ssl.SSLContext:
    if ca is not None:
        return ssl.create_default_context(cafile=str(ca))
    try:
        return ssl.create_default_context(cafile=str(ca_file(session.places)))
    except NothingStoredError:
        return ssl.create_default_context()
