"""`utmlab status`: the lab on one screen, running or not."""

from contextlib import closing
from typing import Any

import click

from foundation.durable.folder import holder_of
from utmlab.cli.output import emit
from utmlab.cli.render.lab import status_text
from utmlab.cli.session import LabCommand, Session
from utmlab.cli.stored_names import computer_records
from utmlab.places import Places
from utmlab.settings import recall
from utmlab.stored import open_liveconnect, open_utm


@click.command(cls=LabCommand)
@click.pass_obj
def status(session: Session) -> None:
    """Show the UTM, LiveConnect and the computers.

    Reads the stored state, so it works with nothing running too.
    """
    document = lab_status(session.places)
    emit(session, document, lambda: status_text(document))


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
    return {
        "data": str(places.data),
        "logs": str(places.logs),
        "running": holder_of(places.data) is not None,
        "pid": holder_of(places.data),
        "ports": recall(places.settings).get("ports", {}),
        "utm": state,
        "liveconnect": {"utms": utms},
        "computers": computers,
    }
