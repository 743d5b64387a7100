"""What every command is told: the data folder, and whether to answer in JSON.

- `--data` and `--json` are accepted before and after the command; what comes last holds.
- One `Session` belongs to one run of the command line, never to the process.

Provenance: ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from utmlab.places import DATA_VARIABLE, DEFAULT_DATA, Places


@dataclass(slots=True)
class Session:
    """The global options of one run."""

    data: Path | None = None
    as_json: bool = False

    @property
    def places(self) -> Places:
        """The folders of the lab that is meant."""
        return Places.of(self.data)


def session_of(ctx: click.Context) -> Session:
    """Return the session of a run, making it at the first call."""
    return ctx.ensure_object(Session)


def _take_data(ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    session = session_of(ctx)
    session.data = value or session.data


def _take_json(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    session = session_of(ctx)
    session.as_json = value or session.as_json


def global_options() -> list[click.Parameter]:
    """Return `--data` and `--json` as parameters of a command."""
    return [
        click.Option(
            ["--data"],
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            expose_value=False,
            callback=_take_data,
            help=f"The data folder (default ${DATA_VARIABLE}, else ./{DEFAULT_DATA}).",
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            expose_value=False,
            callback=_take_json,
            help="Answer with one JSON document on standard output.",
        ),
    ]


def _with_global_options(params: Sequence[click.Parameter] | None) -> list[click.Parameter]:
    return [*(params or ()), *global_options()]


class LabCommand(click.Command):
    """A command with the global options."""

    def __init__(
        self, name: str | None, *, params: Sequence[click.Parameter] | None = None, **rest: Any
    ) -> None:
        super().__init__(name, params=_with_global_options(params), **rest)


class LabGroup(click.Group):
    """A group of commands, all with the global options."""

    command_class = LabCommand
    group_class = type

    def __init__(
        self,
        name: str | None = None,
        commands: Any = None,
        *,
        params: Sequence[click.Parameter] | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(name, commands, params=_with_global_options(params), **rest)
