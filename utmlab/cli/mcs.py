"""`utmlab mcs`: do an MCS server and a client do what the protocol says?"""

import asyncio
import random
import ssl
from collections.abc import Collection
from pathlib import Path

import click

from foundation.service import utc_now
from utmlab.cli.ca import ca_file
from utmlab.cli.checks import finish, report_options
from utmlab.cli.mcs_client import check_client_command
from utmlab.cli.session import LabCommand, LabGroup, Session
from utmlab.conformance import ALL_RULES, Finding, Report, Target, check_server
from utmlab.conformance.expected import read_expected
from utmlab.errors import NothingStoredError
from utmlab.journal import printable


@click.group(cls=LabGroup)
def mcs() -> None:
    """Check an MCS server or a client, ours or any other."""


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


mcs.add_command(check_client_command)
