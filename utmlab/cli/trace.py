"""`utmlab trace`: the way of a changeset, hop by hop."""

import click

from utmlab.cli.output import emit
from utmlab.cli.render.timeline import timeline_text
from utmlab.cli.session import LabCommand, Session
from utmlab.cli.trace_lines import lines_of
from utmlab.stored import stored_trace
from utmlab.trace import as_record

LAST = 0
"""Changesets are counted from 1."""


def changeset_number(text: str | int) -> int:
    """Read the number of a changeset, or `last`."""
    if text == "last":
        return LAST
    if not str(text).isdecimal() or not int(text):
        raise click.BadParameter(f"{text!r} is neither a changeset's number nor `last`")
    return int(text)


@click.command(cls=LabCommand)
@click.argument("changeset", type=changeset_number, metavar="[CHANGESET]", default="last")
@click.option("--lines", is_flag=True, help="Add the log lines of that time, as they are.")
@click.pass_obj
def trace(session: Session, changeset: int, lines: bool) -> None:
    """Follow a changeset, hop by hop.

    CHANGESET is a number or `last`; stored state is read. The hops: edited, 4233 (the UTM began to
    send it), broker (LiveConnect committed it), polled, fetched, applied, reported, 4211, 4212.
    """
    found = stored_trace(session.places, changeset or None)
    shown = lines_of(session.places, found) if lines else []
    document = {
        **as_record(found),
        **({"lines": [{"log": log, "line": line} for log, line in shown]} if lines else {}),
    }
    emit(session, document, lambda: timeline_text(found, shown))
