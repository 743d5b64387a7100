"""`utmlab group`: endpoint groups and who is in them."""

from contextlib import closing

import click

from utmlab.cli.asking import ask, wait_compliant
from utmlab.cli.completing import endpoint_names, group_names
from utmlab.cli.output import emit
from utmlab.cli.render.computers import groups_table
from utmlab.cli.session import LabGroup, Session
from utmlab.cli.waiting import wait_option
from utmlab.stored import open_utm


@click.group(cls=LabGroup)
def group() -> None:
    """Endpoint groups and who is in them."""


@group.command("list")
@click.pass_obj
def list_groups(session: Session) -> None:
    """List the endpoint groups, from stored state."""
    with closing(open_utm(session.places)) as utm:
        groups = utm.groups()
    emit(session, {"groups": groups}, lambda: groups_table(groups))


@group.command()
@click.argument("name")
@click.option(
    "--web-control/--no-web-control",
    default=True,
    help="Whether Web Control is on for the group (default: on).",
)
@click.pass_obj
def create(session: Session, name: str, web_control: bool) -> None:
    """Create an endpoint group."""
    made = ask(session, "group_create", name=name, web_control=web_control)
    emit(
        session, {"name": name, **made}, lambda: f"{name} ({made['ref']}), change {made['change']}"
    )


@group.command()
@click.argument("endpoint", shell_complete=endpoint_names)
@click.argument("group_name", metavar="GROUP", shell_complete=group_names)
@wait_option
@click.pass_obj
def move(session: Session, endpoint: str, group_name: str, wait: float | None) -> None:
    """Put a computer into a group and out of the one it was in."""
    done = ask(session, "group_move", endpoint=endpoint, group=group_name)
    wait_compliant(session, done["changeset"], wait)
    shown = f"{endpoint} is in {done['group']} ({done['group_ref']}), changeset {done['changeset']}"
    emit(session, {"endpoint": endpoint, **done}, lambda: shown)
