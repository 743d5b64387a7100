"""`utmlab mcs`: does an MCS server do what the protocol says?"""

import asyncio
import random
import ssl
from pathlib import Path

import click

from foundation.service import utc_now
from utmlab.cli.ca import ca_file
from utmlab.cli.failures import ExitCode
from utmlab.cli.output import emit
from utmlab.cli.session import LabCommand, LabGroup, Session
from utmlab.conformance import Finding, Report, Target, check_server
from utmlab.errors import NothingStoredError


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
@click.option("--rule", multiple=True, help="Only this rule, by its id; may be repeated.")
@click.option("--seed", type=int, help="For the names that the run makes up.")
@click.pass_context
def check_server_command(
    ctx: click.Context,
    *,
    url: str,
    token: str,
    ca: Path | None,
    rule: tuple[str, ...],
    seed: int | None,
) -> None:
    """Check an MCS server by raw HTTP against every rule of the protocol notes.

    URL is the base of the server, such as https://localhost:4443/sophos/management/ep. The run
    registers a few endpoints called conformance-...; MCS has no call to remove them. Ends with 1
    when a rule is broken.
    """
    session = ctx.find_object(Session) or Session()
    target = Target(url=url, token=token, context=_context(session, ca))
    report = asyncio.run(_check(session, target, rule, random.Random(seed)))
    if session.as_json:
        emit(session, report.as_record(), lambda: "")
    else:
        click.echo(report.text().splitlines()[-1])
    ctx.exit(ExitCode.OK if report.conforms else ExitCode.FAILED)


async def _check(
    session: Session, target: Target, rules: tuple[str, ...], rng: random.Random
) -> Report:
    def show(finding: Finding) -> None:
        click.echo(finding.line())

    on_finding = None if session.as_json else show
    return await check_server(target, now=utc_now, rng=rng, only=rules, on_finding=on_finding)


def _context(session: Session, ca: Path | None) -> ssl.SSLContext:
    if ca is not None:
        return ssl.create_default_context(cafile=str(ca))
    try:
        return ssl.create_default_context(cafile=str(ca_file(session.places)))
    except NothingStoredError:
        return ssl.create_default_context()
