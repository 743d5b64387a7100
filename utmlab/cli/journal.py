"""`utmlab journal`: what endpoints and LiveConnect said to each other."""

from contextlib import closing
from datetime import datetime
from typing import Any

import click

from foundation.net.journal import Exchange
from utmlab.cli.asking import ask
from utmlab.cli.completing import endpoint_names
from utmlab.cli.output import emit
from utmlab.cli.session import LabCommand, Session
from utmlab.errors import NoSuchComputerError
from utmlab.journal import as_record, as_text, select
from utmlab.stored import open_utm


@click.command(cls=LabCommand)
@click.option(
    "--endpoint", default="", shell_complete=endpoint_names, help="Only those of a computer."
)
@click.option("--path", default="", help="Only those whose path matches a shell pattern.")
@click.option("--status", type=int, default=0, help="Only those answered with this HTTP status.")
@click.option(
    "-n", "--last", type=click.IntRange(min=0), default=0, help="Only the newest so many."
)
@click.option("--bodies", is_flag=True, help="Show headers and bodies too.")
@click.pass_obj
def journal(
    session: Session, *, endpoint: str, path: str, status: int, last: int, bodies: bool
) -> None:
    """Show the last exchanges between endpoints and LiveConnect.

    They are kept in memory, at most 1000, so the lab has to run (without --no-journal).
    Credentials are never in them.
    """
    kept = [_exchange(one) for one in ask(session, "journal")]
    wanted = _endpoint_id(session, endpoint)
    chosen = select(kept, endpoint=wanted, path=path, status=status, last=last)
    document = {"exchanges": [as_record(one) for one in chosen]}
    emit(session, document, lambda: as_text(chosen, bodies=bodies))


def _exchange(record: dict[str, Any]) -> Exchange:
    return Exchange(**{**record, "at": datetime.fromisoformat(record["at"])})


def _endpoint_id(session: Session, name: str) -> str:
    """Return the id of a computer that is named, or given by its id already.

    Raises:
        NoSuchComputerError: If no computer has this name or id.
    """
    with closing(open_utm(session.places)) as utm:
        ids = {one["name"]: str(one["id"]) for one in utm.endpoints()}
    if name and name not in ids and name not in ids.values():
        raise NoSuchComputerError(f"there is no computer {name!r}")
    return ids.get(name, name)
