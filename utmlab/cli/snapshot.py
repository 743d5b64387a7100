"""`utmlab snapshot`: the whole lab, saved and brought back, running or not."""

from collections.abc import Callable
from typing import Any

import click

from foundation.net.control import NotRunningError
from foundation.service import utc_now
from utmlab.cli.asking import ask
from utmlab.cli.completing import endpoint_names
from utmlab.cli.output import emit, table
from utmlab.cli.session import LabGroup, Session
from utmlab.snapshot import load_at_rest, save_at_rest
from utmlab.snapshot.shelf import Shelf


@click.group(cls=LabGroup)
def snapshot() -> None:
    """Save the whole lab under a name, and bring it back."""


@snapshot.command()
@click.argument("name")
@click.pass_obj
def save(session: Session, name: str) -> None:
    """Save everything as it is now: databases, computers, keys, logs.

    A running lab stands still for the moment of the copy and goes on.
    """
    saved = _running_or(
        lambda: ask(session, "snapshot_save", name=name),
        lambda: save_at_rest(session.places, name, utc_now).as_record(),
    )
    emit(session, saved, lambda: f"{name}: {saved['files']} files, {saved['size']} bytes")


@snapshot.command()
@click.argument("name")
@click.pass_obj
def load(session: Session, name: str) -> None:
    """Bring everything back to a snapshot; what came after it is gone.

    A running lab is stopped for that and started again. A snapshot that is damaged, or of a newer
    version, changes nothing.
    """

    def at_rest() -> dict[str, Any]:
        load_at_rest(session.places, name)
        return {"name": name}

    loaded = _running_or(lambda: ask(session, "snapshot_load", name=name), at_rest)
    emit(session, loaded, lambda: f"{name} is loaded")


@snapshot.command()
@click.argument("name")
@click.option(
    "--endpoint", "endpoints", multiple=True, shell_complete=endpoint_names, help="A computer."
)
@click.option("--utm", is_flag=True, help="The UTM.")
@click.pass_obj
def reset(session: Session, name: str, *, endpoints: tuple[str, ...], utm: bool) -> None:
    """Bring single computers or the UTM of a running lab to a snapshot, their sockets open.

    The others keep what they know: a computer tells its statuses again and is assigned what it
    lacks; the UTM registers again.
    """
    if not (endpoints or utm):
        raise click.UsageError("name an --endpoint or --utm; `snapshot load` brings all back")
    done = ask(session, "snapshot_reset", name=name, endpoints=list(endpoints), utm=utm)
    emit(session, done, lambda: f"reset to {name}")


@snapshot.command("list")
@click.pass_obj
def list_command(session: Session) -> None:
    """List the snapshots."""
    listed = [one.as_record() for one in Shelf(session.places).listed()]
    rows = [
        (one["name"], one["saved_at"], one["files"], one["size"], one["problem"]) for one in listed
    ]
    emit(
        session,
        {"snapshots": listed},
        lambda: table(("name", "saved at", "files", "bytes", "problem"), rows) if rows else "",
    )


@snapshot.command()
@click.argument("name")
@click.pass_obj
def delete(session: Session, name: str) -> None:
    """Delete a snapshot."""
    Shelf(session.places).delete(name)
    emit(session, {"name": name}, lambda: f"{name} is deleted")


def _running_or(
    running: Callable[[], dict[str, Any]], at_rest: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    try:
        return running()
    except NotRunningError:
        return at_rest()
