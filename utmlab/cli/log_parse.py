"""`utmlab log parse`: what a consumer of UTM logs makes of a line, by its own documented rules."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from utmlab.cli.output import emit, facts
from utmlab.cli.session import LabCommand, Session
from utmlab.journal import printable
from utmlab.logtools.consumers import CONSUMERS
from utmlab.logtools.consumers.outcome import Outcome
from utmlab.logtools.reading import read_lines, split_lines
from utmlab.logtools.transport import unwrap

ALL: Final = "all"
LONGEST_NAME: Final = 255


@click.command(cls=LabCommand)
@click.argument("subject", nargs=-1, metavar="LINE|FILE")
@click.option(
    "--as",
    "consumer",
    type=click.Choice([*CONSUMERS, ALL]),
    default=ALL,
    help="The consumer (default: all of them).",
)
@click.option("--table", is_flag=True, help="Print the page docs/consumers.md instead.")
@click.pass_obj
def parse(session: Session, subject: tuple[str, ...], consumer: str, *, table: bool) -> None:
    """Show the fields that a log consumer gets, or the first character where it stops and why.

    The line is taken as the consumer receives it: from the disk, with <PRI>, or as a syslog
    receiver stored it. `-` reads lines from standard input.
    """
    if table:
        from utmlab.logtools.consumers.table import consumers_page  # noqa: PLC0415 - makes samples

        click.echo(consumers_page(), nl=False)
        return
    if not subject:
        raise click.UsageError("Give a line, a file, `-` or --table.")
    names = list(CONSUMERS) if consumer == ALL else [consumer]
    texts = _texts(" ".join(subject))
    if session.as_json:
        emit(session, {"lines": [_record(text, names) for text in texts]}, lambda: "")
        return
    for text in texts:
        click.echo(_text(text, names))


def _texts(subject: str) -> Iterator[str]:
    """Yield the lines that are meant: of standard input, of a file, or the words themselves."""
    if subject == "-":
        lines = split_lines(sys.stdin.buffer)
    elif len(subject.encode()) <= LONGEST_NAME and Path(subject).is_file():
        lines = read_lines(Path(subject))
    else:
        yield subject.rstrip("\r\n")
        return
    for raw in lines:
        yield raw.data.decode("utf-8", "replace").rstrip("\r")


def _record(text: str, names: list[str]) -> dict[str, Any]:
    return {
        "line": text,
        "transport": unwrap(text).transport,
        "consumers": [_outcome_record(name, CONSUMERS[name](text)) for name in names],
    }


def _outcome_record(name: str, outcome: Outcome) -> dict[str, Any]:
    stop = outcome.stop
    return {
        "consumer": name,
        "reach": outcome.reach,
        "fields": dict(outcome.fields),
        "stop": None if stop is None else {"column": stop.column, "reason": stop.reason},
        "notes": list(outcome.notes),
    }


def _text(text: str, names: list[str]) -> str:
    blocks = [f"{printable(text)}\n(transport: {unwrap(text).transport})"]
    blocks += [_outcome_text(name, text, CONSUMERS[name](text)) for name in names]
    return "\n\n".join(blocks) + "\n"


def _outcome_text(name: str, text: str, outcome: Outcome) -> str:
    reached = {"message": "reads it", "header": "reads the header", "nothing": "reads nothing"}
    lines = [f"{name} {reached[outcome.reach]}"]
    if outcome.stop is not None:
        there = printable(text[outcome.stop.column - 1 :][:30]) or "the end"
        lines.append(f"stops at column {outcome.stop.column}, `{there}`: {outcome.stop.reason}")
    lines += [f"note: {note}" for note in outcome.notes]
    listed = ((f"  {key}", _shown(value)) for key, value in outcome.fields.items())
    return "\n".join([*map(printable, lines), facts(listed)]).rstrip()


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
