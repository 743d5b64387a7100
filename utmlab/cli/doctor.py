"""`utmlab doctor`: what waits or is wrong, since when, and what holds meanwhile."""

from dataclasses import asdict
from pathlib import Path

import click

from foundation.service import utc_now
from utmlab.active_faults import active_faults
from utmlab.cli.failures import ExitCode
from utmlab.cli.output import emit
from utmlab.cli.render.lab import findings_table
from utmlab.cli.session import LabCommand, Session
from utmlab.doctor import examine
from utmlab.syslog_servers import syslog_servers


@click.command(cls=LabCommand)
@click.option(
    "--bundle",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what somebody who shall help needs into one .tar.gz, without secrets, instead.",
)
@click.pass_context
def doctor(ctx: click.Context, bundle: Path | None) -> None:
    """Say what waits or is wrong, and since when.

    Reads the stored state, so it works with nothing running too. Ends with 5 when something is
    wrong that will not settle itself, else with 0.

    A bundle holds findings, states, configuration, sizes of databases and the ends of all logs;
    passwords, tokens and keys are left out. Names, addresses and URLs stay: read it before you
    give it away.
    """
    session = ctx.find_object(Session) or Session()
    if bundle is not None:
        _write_bundle(session, bundle)
        return
    places = session.places
    findings = examine(places, utc_now(), syslog_servers(places), active_faults(places))
    is_degraded = any(one.level == "error" for one in findings)
    document = {"degraded": is_degraded, "findings": [asdict(one) for one in findings]}
    emit(session, document, lambda: findings_table(findings))
    if is_degraded:
        ctx.exit(ExitCode.DEGRADED)


def _write_bundle(session: Session, target: Path) -> None:
    from utmlab.bundle import write_bundle  # noqa: PLC0415 - slow to load, and rarely wanted

    done = write_bundle(session.places, target.absolute(), utc_now())
    document = {"file": str(done.file), "bytes": done.size, "members": list(done.members)}
    emit(session, document, lambda: f"{done.file}: {len(done.members)} files, {done.size} bytes")
