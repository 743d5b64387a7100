"""docs/conformance.md, made from the rules: `python -m utmlab.conformance.listing`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from utmlab.conformance.client.check import CLIENT_RULES
from utmlab.conformance.suite import ALL_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

_HEAD = """\
# Conformance rules

Made by `python -m utmlab.conformance.listing`; a test compares. An id is the section of the
protocol notes and a name; ids are stable: they are added, never renamed.

One line per rule: `PASS ID`, `FAIL ID (seen 14 times): what was seen`, or `NOT SEEN ID: what was
missing`, which is no failure. `--rule ID` chooses; `--junit FILE` writes JUnit's XML, in which a
rule that was not seen is skipped; `--json` answers with one document (docs/schemas).
`--xfail FILE` names rules that are known to be broken, one id a line, `#` before a comment: they
read `XFAIL`, and one that passes reads `XPASS` and is a failure. The exit code is 0 without a
failure, 1 with one, 2 for a wrong call.
"""


class Listed(Protocol):
    """A rule, of a server or of a client."""

    @property
    def id(self) -> str:
        """The stable id."""

    @property
    def title(self) -> str:
        """The rule in one phrase."""


def listing() -> str:
    """Return the document."""
    server = _section("Of a server", "check-server URL --token T", ALL_RULES)
    client = _section("Of a client", "check-client", CLIENT_RULES)
    return f"{_HEAD}\n{server}\n{client}"


def _section(heading: str, command: str, rules: Iterable[Listed]) -> str:
    rows = "".join(f"| `{rule.id}` | {rule.title} |\n" for rule in rules)
    return f"## {heading}\n\n`utmlab mcs {command}`\n\n| id | rule |\n|---|---|\n{rows}"


if __name__ == "__main__":
    sys.stdout.write(listing())
