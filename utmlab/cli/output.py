"""Where words go: data to standard output, narration to standard error.

- Every JSON document begins with `"schema": 1`; fields are only ever added.
- What others reported is written so that it cannot move a terminal's cursor.

Provenance: ours.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

from utmlab.cli.session import Session
from utmlab.journal import printable

SCHEMA = 1
UNBOUNDED_WIDTH = 10_000
"""Into a pipe or a file nothing is wrapped."""


def emit(session: Session, document: Mapping[str, Any], text: Callable[[], str]) -> None:
    """Write the answer of a command: a JSON document, or text for people.

    Args:
        session: Says which.
        document: The answer; `schema` is put in front.
        text: Makes the text when it is wanted.
    """
    if session.as_json:
        click.echo(json.dumps({"schema": SCHEMA, **document}, indent=2, ensure_ascii=False))
        return
    shown = text()
    if shown:
        click.echo(shown, nl=not shown.endswith("\n"))


def say(sentence: str) -> None:
    """Say something beside the data."""
    click.echo(printable(sentence), err=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as text, as wide as the terminal allows."""
    from rich.console import Console  # noqa: PLC0415 - slow to load, and not every command's need
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(Text(printable(str(cell))) for cell in row))
    is_terminal = sys.stdout.isatty()
    console = Console(file=sys.stdout, width=None if is_terminal else UNBOUNDED_WIDTH)
    with console.capture() as captured:
        console.print(made)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Return names and values, one pair per line, the values aligned."""
    listed = [(name, printable(str(value))) for name, value in pairs]
    width = max((len(name) for name, _ in listed), default=0)
    return "\n".join(f"{name:{width}}  {value}".rstrip() for name, value in listed)
