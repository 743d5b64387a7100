"""The table of consumer x kind of line x transport, as Markdown; docs/consumers.md is this text."""

from collections.abc import Iterator
from typing import Final

from utmlab.logtools.consumers import CONSUMERS
from utmlab.logtools.consumers.outcome import Outcome
from utmlab.logtools.consumers.samples import sample_lines
from utmlab.logtools.transport import TRANSPORTS, Transport, wrap

_INTRODUCTION: Final = """\
# What consumers make of a line

Made by `utmlab log parse --table`; a test holds this page equal to it. Each cell is what one
consumer's own documented rules give for one kind of line in one form: **n** fields of the message;
*n* fields of the header alone; or `@c`, the first character at which it stops with nothing.
`utmlab log parse LINE --as all` says the same of any line, with the fields and the reason. The
rules are restated in `utmlab/logtools/consumers/`, where each module says what is public and what
is inferred.

Forms: `disk` as in the UTM's file, `pri` as remote syslog sends it, `octet` with the length in
front, `mangled` as an RFC 3164 receiver stores it, `relayed` with a receiver's header in front of
the whole line.
"""


def consumers_page() -> str:
    """Return the page."""
    return "\n".join([_INTRODUCTION, *_table(), "", "## Why", "", *_reasons(), ""])


def _table() -> Iterator[str]:
    yield f"| line | form | {' | '.join(CONSUMERS)} |"
    yield f"|---|---|{'---|' * len(CONSUMERS)}"
    for kind, transport, text in _texts():
        cells = " | ".join(_cell(read(text)) for read in CONSUMERS.values())
        yield f"| {kind} | {transport} | {cells} |"


def _reasons() -> Iterator[str]:
    """Yield, for each consumer, why it stops, and in how many cells."""
    for name, read in CONSUMERS.items():
        counted: dict[str, int] = {}
        for _, _, text in _texts():
            stop = read(text).stop
            if stop is not None:
                counted[stop.reason] = counted.get(stop.reason, 0) + 1
        yield f"- **{name}**: {'nothing stops it' if not counted else ''}".rstrip()
        yield from (f"  - {_code(reason)} ({count})" for reason, count in sorted(counted.items()))


def _texts() -> Iterator[tuple[str, Transport, str]]:
    for kind, line in sample_lines():
        for transport in TRANSPORTS:
            yield kind, transport, wrap(line, transport)


def _cell(outcome: Outcome) -> str:
    if outcome.reach == "nothing":
        return f"@{outcome.stop.column}" if outcome.stop is not None else "0"
    mark = "**" if outcome.reach == "message" else "*"
    return f"{mark}{len(outcome.fields)}{mark}"


def _code(reason: str) -> str:
    return reason.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
