"""`utmlab trace`: the way of a changeset, hop by hop."""

from pathlib import Path

import click

from utmlab.cli.output import emit, say
from utmlab.cli.render.timeline import timeline_text
from utmlab.cli.session import LabCommand, Session
from utmlab.cli.trace_lines import lines_of, lines_record, lines_text, marks_of
from utmlab.stored import poll_interval_s, stored_trace
from utmlab.trace import as_record
from utmlab.trace_picture import trace_picture

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
@click.option(
    "--lines", is_flag=True, help="Add the log lines of that time, as they are, merged in UTC."
)
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="F",
    help="Also write the timeline as a picture.",
)
@click.pass_obj
def trace(session: Session, changeset: int, lines: bool, svg: Path | None) -> None:
    """Follow a changeset, hop by hop.

    CHANGESET is a number or `last`; stored state is read. The hops: edited, 4233 (the UTM began to
    send it), broker (LiveConnect committed it), polled, fetched, applied, reported, 4211, 4212.
    """
    found = stored_trace(session.places, changeset or None)
    shown, marks = (lines_of(session.places, found), marks_of(found)) if lines else ([], [])
    if svg is not None:
        svg.write_text(trace_picture(found, poll_interval_s(session.places)), encoding="utf-8")
        say(f"The picture is in {svg}.")
    document = {
        **as_record(found),
        **(lines_record(shown, marks) if lines else {}),
    }
    below = f"\n\n{lines_text(shown, marks)}" if lines else ""
    emit(session, document, lambda: timeline_text(found) + below)
