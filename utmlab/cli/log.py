"""`utmlab log`: log files, viewed, followed, judged, taken apart and explained."""

import asyncio
import contextlib
import sys
from datetime import datetime
from pathlib import Path

import click

from utmlab.cli.completing import log_names
from utmlab.cli.following import follow, last_lines
from utmlab.cli.log_explain import explain
from utmlab.cli.log_files import content, log_file
from utmlab.cli.log_generate import generate
from utmlab.cli.log_lint import lint
from utmlab.cli.log_operations import operations
from utmlab.cli.log_parse import parse
from utmlab.cli.log_replay import replay_command
from utmlab.cli.log_report import report
from utmlab.cli.log_unmangle import unmangle_command
from utmlab.cli.output import emit
from utmlab.cli.session import LabGroup, Session

name_argument = click.argument("name", shell_complete=log_names)


@click.group(cls=LabGroup)
def log() -> None:
    """View, follow, judge, take apart and explain log files."""


log.add_command(lint)
log.add_command(parse)
log.add_command(explain)
log.add_command(generate)
log.add_command(unmangle_command)
log.add_command(replay_command)
log.add_command(report)
log.add_command(operations)


@log.command()
@name_argument
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), help="An archived day instead of today's file."
)
@click.pass_obj
def view(session: Session, name: str, day: datetime | None) -> None:
    """Print a log, byte for byte as it is in its file.

    NAME is WebAdmin's ("Endpoint Protection", "Endpoint Web Protection"), a file's (epsecd.log) or
    a computer's (PC-01/MCSClient.log).
    """
    places = session.places
    chunks = content(places, name, day.date() if day is not None else None)
    if session.as_json:
        _emit_lines(session, log_file(places, name), b"".join(chunks).splitlines())
        return
    output = sys.stdout.buffer
    for chunk in chunks:
        output.write(chunk)
    output.flush()


@log.command()
@name_argument
@click.option("-n", "count", type=click.IntRange(min=0), default=10, help="Lines (default: 10).")
@click.option("-f", "--follow", "is_following", is_flag=True, help="Go on until Ctrl-C.")
@click.pass_obj
def tail(session: Session, name: str, count: int, is_following: bool) -> None:
    """Print the last lines of a log, and with --follow what is added, over rotation too."""
    path = log_file(session.places, name)
    lines, offset = last_lines(path, count)
    if session.as_json and not is_following:
        _emit_lines(session, path, lines)
        return
    output = sys.stdout.buffer
    output.writelines(lines)
    output.flush()
    if is_following:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_follow(path, offset))


async def _follow(path: Path, offset: int) -> None:
    output = sys.stdout.buffer
    async for line in follow(path, offset):
        output.write(line)
        output.flush()


def _emit_lines(session: Session, path: Path, lines: list[bytes]) -> None:
    decoded = [line.decode("utf-8", "replace").rstrip("\n") for line in lines]
    emit(session, {"file": str(path), "lines": decoded}, lambda: "")
