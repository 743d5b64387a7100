"""A group that knows its commands by name and loads a command's module when it is used.

- `utmlab --help` and completion of the first word load no command: their sentences stand in the
  table, and a test compares them with the commands' own.

Provenance: ours.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click
from click.shell_completion import CompletionItem

from utmlab.cli.session import LabGroup


@dataclass(frozen=True, slots=True)
class Entry:
    """A command that is not loaded yet.

    Attributes:
        target: `module:attribute`.
        short_help: The sentence shown in the list of commands.
    """

    target: str
    short_help: str

    def load(self) -> click.Command:
        """Import the command."""
        module, _, attribute = self.target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


class LazyGroup(LabGroup):
    """A group of entries, listed in the order of the table."""

    def __init__(
        self, name: str | None = None, *, entries: Mapping[str, Entry], **rest: Any
    ) -> None:
        super().__init__(name, **rest)
        self.entries = entries

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names."""
        return list(self.entries)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command, or return None for an unknown name."""
        entry = self.entries.get(cmd_name)
        return entry.load() if entry is not None else None

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.short_help) for name, one in self.entries.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name without loading any, or an option."""
        names = [
            CompletionItem(name, help=one.short_help)
            for name, one in self.entries.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]
