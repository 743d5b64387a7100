"""`utmlab command`: commands to endpoints."""

import click

from utmlab.cli.asking import ask
from utmlab.cli.completing import endpoint_names
from utmlab.cli.output import emit
from utmlab.cli.session import LabGroup, Session


@click.group(cls=LabGroup)
def command() -> None:
    """Commands to endpoints."""


@command.command()
@click.argument("endpoint", shell_complete=endpoint_names)
@click.argument("action", type=click.Choice(["update", "scan"]))
@click.pass_obj
def send(session: Session, endpoint: str, action: str) -> None:
    """Queue an action for a computer; its next poll carries it.

    `update` makes AutoUpdate look for updates now (ALCForceUpdate), `scan` starts a scan of the
    computer (ScanNow).
    """
    sent = ask(session, "command_send", endpoint=endpoint, action=action)
    shown = f"command {sent['command_id']} ({sent['app_id']} {action}) waits for {endpoint}'s poll"
    emit(session, {"action": action, **sent}, lambda: shown)
