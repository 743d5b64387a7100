"""`utmlab utm`: Endpoint Protection on the UTM."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from foundation.durable.folder import holder_of
from utmlab.cli.asking import ask
from utmlab.cli.output import emit, facts, say
from utmlab.cli.render.lab import syslog_facts, utm_facts
from utmlab.cli.session import LabGroup, Session
from utmlab.cli.utm_export import export_command, import_command
from utmlab.stored import open_utm, stored_token
from utmlab.syslog_servers import syslog_servers


@click.group(cls=LabGroup)
def utm() -> None:
    """Endpoint Protection: switch, registration, installer."""


utm.add_command(export_command)
utm.add_command(import_command)


@utm.command()
@click.pass_obj
def enable(session: Session) -> None:
    """Switch Endpoint Protection on and register with LiveConnect."""
    _show(session, ask(session, "utm_enable"))


@utm.command()
@click.pass_obj
def disable(session: Session) -> None:
    """Switch Endpoint Protection off."""
    _show(session, ask(session, "utm_disable"))


@utm.command()
@click.pass_obj
def register(session: Session) -> None:
    """Register with LiveConnect, again if need be."""
    _show(session, ask(session, "utm_register"))


@utm.command()
@click.pass_obj
def status(session: Session) -> None:
    """Show switch, registration, link and what waits; of a running lab also remote syslog."""
    with closing(open_utm(session.places)) as archive:
        _show(session, archive.status(), syslog_servers(session.places))


@utm.command("deploy-agent")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the installer is written (default: the UTM's own folder).",
)
@click.pass_obj
def deploy_agent(session: Session, folder: Path | None) -> None:
    """Write the installer, SophosMCSEndpoint_TOKEN.exe, and print its path.

    The token is a part of the file's name: whoever has the name can enrol.
    """
    target = str(folder.absolute()) if folder is not None else ""
    written = ask(session, "utm_deploy_agent", folder=target)
    emit(session, written, lambda: str(written["file"]))


@utm.group()
def token() -> None:
    """The registration token of endpoints."""


@token.command("show")
@click.pass_obj
def show_token(session: Session) -> None:
    """Print the registration token, from stored state."""
    found = stored_token(session.places)
    emit(session, {"token": found}, lambda: found)


@token.command("reset")
@click.pass_obj
def reset_token(session: Session) -> None:
    """Have a new token made and print it; installers with the old one stop working."""
    made = ask(session, "utm_token_reset")
    emit(session, made, lambda: str(made["token"]))
    say("Installers with the old token stop working; enrolled computers are not concerned.")


def _show(session: Session, state: dict[str, Any], syslog: Sequence[dict[str, Any]] = ()) -> None:
    is_running = holder_of(session.places.data) is not None
    document = {"running": is_running, "utm": state, "remote_syslog": list(syslog)}
    pairs = [*utm_facts(state, is_running=is_running), *syslog_facts(syslog)]
    emit(session, document, lambda: facts(pairs))
