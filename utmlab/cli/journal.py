"""`utmlab journal`: what endpoints and LiveConnect said to each other."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from foundation.net.journal import as_record, encode
from utmlab.cli.completing import endpoint_names
from utmlab.cli.output import SCHEMA, emit, say
from utmlab.cli.policy_options import moment
from utmlab.cli.session import LabCommand, LabGroup, Session
from utmlab.errors import NoSuchComputerError
from utmlab.journal import Wanted, as_text, select, with_decoded
from utmlab.redrive.recording import is_mcs, write_recording
from utmlab.stored import open_utm
from utmlab.stored_journal import StoredJournal

_SELECTION = (
    click.option(
        "--endpoint", default="", shell_complete=endpoint_names, help="Only those of a computer."
    ),
    click.option("--path", default="", help="Only those whose path matches a shell pattern."),
    click.option(
        "--status", type=int, default=0, help="Only those answered with this HTTP status."
    ),
    click.option("--since", type=moment, metavar="TIME", help="Only from then on (UTC)."),
    click.option("--until", type=moment, metavar="TIME", help="Only before then (UTC)."),
    click.option(
        "--text", default="", help="Only those with this in the path or a body, decoded or not."
    ),
    click.option("--reason", default="", help="Only those refused with this reason code."),
)


def _selection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which exchanges are meant."""
    for option in reversed(_SELECTION):
        command = option(command)
    return command


@click.group(cls=LabGroup, invoke_without_command=True)
@_selection
@click.option(
    "-n", "--last", type=click.IntRange(min=0), default=0, help="Only the newest so many."
)
@click.option("--bodies", is_flag=True, help="Show headers and bodies too.")
@click.option("--decoded", is_flag=True, help="Show bodies, and what they say decoded beside them.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what is added, until Ctrl-C.")
@click.pass_context
def journal(
    ctx: click.Context, /, *, last: int, bodies: bool, decoded: bool, follow: bool, **chosen: Any
) -> None:
    """Show the exchanges that endpoints and UTMs had with LiveConnect.

    They are kept in the data folder, at most 64 MB of them, so nothing has to run; a lab that runs
    with --no-journal adds none. Credentials are never in them. With --json --follow each exchange
    is a line of its own.
    """
    if ctx.invoked_subcommand is not None:
        return
    session = ctx.find_object(Session) or Session()
    stored = StoredJournal(session.places)
    wanted = _wanted(session, chosen)
    found = select(stored.more(), wanted, last=last)
    if not follow:
        written = with_decoded if decoded else as_record
        document = {"exchanges": [written(one) for one in found]}
        emit(session, document, lambda: as_text(found, bodies=bodies, readable=decoded))
        return

    def show(exchange: Any) -> None:
        if session.as_json:
            one = with_decoded(exchange) if decoded else as_record(exchange)
            click.echo(json.dumps({"schema": SCHEMA, **one}, ensure_ascii=False))
        else:
            click.echo(as_text((exchange,), bodies=bodies, readable=decoded), nl=False)

    for exchange in found:
        show(exchange)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_follow(stored, wanted, show))


@journal.command(cls=LabCommand)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_selection
@click.option("--follow", "-f", is_flag=True, help="Go on with what is added, until Ctrl-C.")
@click.pass_obj
def record(session: Session, /, *, file: Path, follow: bool, **chosen: Any) -> None:
    """Write exchanges of the journal to a file for `utmlab mcs replay`.

    The file holds what endpoints asked and how LiveConnect answered, without credentials.
    """
    stored = StoredJournal(session.places)
    wanted = _wanted(session, chosen)
    count = write_recording(file, select(stored.more(), wanted))
    if follow:
        say(f"{count} exchanges so far; Ctrl-C ends the recording")
        with file.open("ab") as added, contextlib.suppress(KeyboardInterrupt):

            def add(exchange: Any) -> None:
                nonlocal count
                if is_mcs(exchange):
                    added.write(encode(exchange) + b"\n")
                    added.flush()
                    count += 1

            asyncio.run(_follow(stored, wanted, add))
    told = {"file": str(file.absolute()), "exchanges": count}
    emit(session, told, lambda: f"{count} exchanges in {file}")


async def _follow(stored: StoredJournal, wanted: Wanted, show: Callable[[Any], None]) -> None:
    async for exchange in stored.follow():
        if wanted.matches(exchange):
            show(exchange)


def _wanted(session: Session, chosen: dict[str, Any]) -> Wanted:
    times = {name: _in_utc(chosen[name]) for name in ("since", "until")}
    return Wanted(**chosen | times | {"endpoint": _endpoint_id(session, chosen["endpoint"])})


def _in_utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _endpoint_id(session: Session, name: str) -> str:
    """Return the id of a computer that is named, or given by its id already.

    Raises:
        NoSuchComputerError: If no computer has this name or id.
    """
    if not name:
        return ""
    with closing(open_utm(session.places)) as utm:
        ids = {one["name"]: str(one["id"]) for one in utm.endpoints()}
    if name not in ids and name not in ids.values():
        raise NoSuchComputerError(f"there is no computer {name!r}")
    return ids.get(name, name)
