"""`utmlab mcs replay`: does a server answer as another one was recorded to?"""

import asyncio
from pathlib import Path

import click

from foundation.service import utc_now
from utmlab.cli.failures import ExitCode
from utmlab.cli.output import emit
from utmlab.cli.server_trust import server_options, trusting
from utmlab.cli.session import LabCommand, Session
from utmlab.conformance import Target
from utmlab.redrive import Step, read_recording, redrive


@click.command("replay", cls=LabCommand)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", required=True, envvar="UTMLAB_MCS_URL", help="The base URL of the server.")
@server_options
@click.option("--verbose", "-v", is_flag=True, help="Show what was answered as recorded, too.")
@click.pass_context
def replay_command(
    ctx: click.Context, *, file: Path, url: str, token: str, ca: Path | None, verbose: bool
) -> None:
    """Send a recording of `utmlab journal record` to an MCS server and tell what differs.

    Each endpoint of the recording registers afresh with the token; ids of endpoints, commands and
    policies are those that the server gives. Compared are statuses, the headers that clients act
    on, and the bodies. Ends with 1 when something differs.
    """
    session = ctx.find_object(Session) or Session()
    recording = read_recording(file)
    target = Target(url=url, token=token, context=trusting(session, ca))

    def show(step: Step) -> None:
        if verbose or step.differences or step.not_sent:
            click.echo(step.line())

    report = asyncio.run(
        redrive(recording, target, now=utc_now, on_step=None if session.as_json else show)
    )
    emit(session, report.as_record(), report.sums)
    ctx.exit(ExitCode.FAILED if report.differing else ExitCode.OK)
