"""`utmlab status`: the lab on one screen, running or not."""

from contextlib import closing
from typing import Any

import click

from foundation.durable.folder import holder_of
from utmlab.active_faults import active_faults
from utmlab.cli.failures import ExitCode
from utmlab.cli.output import emit
from utmlab.cli.render.lab import status_text
from utmlab.cli.session import LabCommand, Session
from utmlab.cli.stored_names import computer_records
from utmlab.filtering import gateway_of
from utmlab.places import Places
from utmlab.settings import recall
from utmlab.stored import open_liveconnect, open_utm
from utmlab.syslog_servers import syslog_servers


@click.command(cls=LabCommand)
@click.pass_context
def status(ctx: click.Context) -> None:
    """Show the UTM, LiveConnect and the computers.

    Reads the stored state, so it works with nothing running too. Ends with 5 when the lab runs
    without one of its houses, else with 0.
    """
    session = ctx.find_object(Session) or Session()
    document = lab_status(session.places)
    emit(session, document, lambda: status_text(document))
    if document["degraded"]:
        ctx.exit(ExitCode.DEGRADED)


def lab_status(places: Places) -> dict[str, Any]:
    """Return the state of a lab as JSON values.

    Raises:
        NothingStoredError: If the data folder holds none.
    """
    with closing(open_utm(places)) as utm, closing(open_liveconnect(places)) as broker:
        computers = computer_records(places, utm.endpoints())
        utms = [
            {
                "id": one.tenant,
                "organization": one.organization,
                "enabled": one.enabled,
                "changeset": one.changeset_number,
                "endpoints": one.endpoints,
                "reports_waiting": one.reports_waiting,
            }
            for one in broker.tenants()
        ]
        state = utm.status()
    pid = holder_of(places.data)
    houses = {"liveconnect": holder_of(places.liveconnect), "utm": holder_of(places.utm)}
    return {
        "data": str(places.data),
        "logs": str(places.logs),
        "running": pid is not None,
        "pid": pid,
        "houses": houses,
        "degraded": pid is not None and None in houses.values(),
        "ports": recall(places.settings).get("ports", {}),
        "gateway": gateway_of(places),
        "utm": state,
        "remote_syslog": syslog_servers(places),
        "faults": active_faults(places),
        "liveconnect": {"utms": utms},
        "computers": computers,
    }
