"""Whose certificate a command trusts that talks to an MCS server."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from utmlab.cli.ca import ca_file
from utmlab.cli.session import Session
from utmlab.errors import NothingStoredError


def server_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the token and the CA."""
    for option in (
        click.option(
            "--ca",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            envvar="UTMLAB_CA_FILE",
            help="The server's CA (or $UTMLAB_CA_FILE; default: that of the data folder, else the "
            "system's).",
        ),
        click.option(
            "--token",
            required=True,
            envvar="UTMLAB_TOKEN",
            help="A registration token (or $UTMLAB_TOKEN).",
        ),
    ):
        command = option(command)
    return command


def trusting(session: Session, ca: Path | None) -> ssl.SSLContext:
    """Return a context that trusts the CA given, else the lab's, else the system's."""
    if ca is not None:
        return ssl.create_default_context(cafile=str(ca))
    try:
        return ssl.create_default_context(cafile=str(ca_file(session.places)))
    except NothingStoredError:
        return ssl.create_default_context()
