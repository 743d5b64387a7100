"""`utmlab log unmangle`: the UTM's own lines, from what transports made of them."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from utmlab.cli.failures import ExitCode
from utmlab.cli.output import emit, say
from utmlab.cli.session import LabCommand, Session
from utmlab.logtools.reading import ArchiveDamagedError, RawLine, read_lines, split_lines
from utmlab.logtools.unmangle import Restored, unmangle

STDIN: Final = "-"
MOST_TOLD: Final = 20
"""Lines that are told singly; the rest is counted."""


@click.command("unmangle", cls=LabCommand)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    metavar="FILE...",
)
@click.pass_context
def unmangle_command(ctx: click.Context, files: tuple[str, ...]) -> None:
    """Give back the lines as they were on the UTM's disk.

    Takes off <PRI>, the length of octet counting, a relay's header, and what a syslog receiver made
    of the year; plain and gzip files, `-` is standard input. What cannot be restored is told on
    standard error and given back as far as it goes: lines that were cut, and texts that are no
    lines of a UTM. Then the command ends with 1. A line that is whole and exactly as long as a
    transport allows is told as well, since pairs may be missing behind it.
    """
    session = ctx.find_object(Session) or Session()
    runs = [_Run(name, session) for name in files]
    for run in runs:
        run.go()
    sys.stdout.flush()
    emit(session, {"files": [run.record() for run in runs]}, lambda: "")
    ctx.exit(ExitCode.FAILED if any(run.has_failed for run in runs) else ExitCode.OK)


class _Run:
    """One file: its lines go out as they come, or are kept for the JSON document."""

    def __init__(self, name: str, session: Session) -> None:
        self._name = name
        self._as_json = session.as_json
        self._kept: list[str] = []
        self._transports: Counter[str] = Counter()
        self._told: list[Restored] = []
        self._damage = ""
        self._troubles: Counter[str] = Counter()

    @property
    def has_failed(self) -> bool:
        """Whether something could not be restored."""
        return bool(self._damage or self._troubles["cut"] or self._troubles["no_line"])

    def go(self) -> None:
        """Read, restore and write all lines, then tell what could not be restored."""
        try:
            for line in unmangle(self._lines()):
                self._take(line)
        except ArchiveDamagedError as error:
            self._damage = str(error)
        self._tell()

    def _lines(self) -> Iterator[RawLine]:
        return (
            split_lines(sys.stdin.buffer) if self._name == STDIN else read_lines(Path(self._name))
        )

    def _take(self, line: Restored) -> None:
        self._transports[line.transport] += 1
        if self._as_json:
            self._kept.append(line.data.decode("utf-8", "replace"))
        else:
            sys.stdout.buffer.write(line.data + b"\n")
        if line.trouble:
            self._troubles[line.trouble] += 1
            if self._as_json or len(self._told) < MOST_TOLD:
                self._told.append(line)

    def _tell(self) -> None:
        if self._as_json:
            return
        for line in self._told:
            say(f"{self._name}:{line.number}: {line.reason}")
        rest = self._troubles.total() - len(self._told)
        if rest > 0:
            say(f"{self._name}: {rest} more lines of the kind")
        if self._damage:
            say(f"{self._damage}. {ArchiveDamagedError.hint}")

    def record(self) -> dict[str, Any]:
        """Return the file's part of the JSON document."""
        told = ({"line": one.number, "trouble": one.trouble, "reason": one.reason}
                for one in self._told)  # fmt: skip
        return {
            "file": self._name,
            "lines": self._kept,
            "transports": dict(sorted(self._transports.items())),
            "troubles": list(told),
            "damage": self._damage,
        }
