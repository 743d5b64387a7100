"""`utmlab doctor`: what waits or is wrong, since when, and what holds meanwhile."""

from dataclasses import asdict

import click

from foundation.service import utc_now
from utmlab.cli.failures import ExitCode
from utmlab.cli.output import emit
from utmlab.cli.render.lab import findings_table
from utmlab.cli.session import LabCommand, Session
from utmlab.doctor import examine
from utmlab.syslog_servers import syslog_servers


@click.command(cls=LabCommand)
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Say what waits or is wrong, and since when.

    Reads the stored state, so it works with nothing running too. Ends with 5 when something is
    wrong that will not settle itself, else with 0.
    """
    session = ctx.find_object(Session) or Session()
    findings = examine(session.places, utc_now(), syslog_servers(session.places))
    is_degraded = any(one.level == "error" for one in findings)
    document = {"degraded": is_degraded, "findings": [asdict(one) for one in findings]}
    emit(session, document, lambda: findings_table(findings))
    if is_degraded:
        ctx.exit(ExitCode.DEGRADED)
