"""What a rule is, and what can be found about it.

A rule is a statement about a server with a stable id `SECTION-slug`, the section being that of
the protocol notes. Its check returns a remark when the statement holds, raises `Violation` when
it does not, and `NotSeen` when the server gave no occasion to tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from utmlab.conformance.subject import Subject

    Check = Callable[[Subject], Awaitable[str]]


class Verdict(StrEnum):
    """How a server stands to a rule."""

    PASS = "PASS"  # noqa: S105  # not a password
    FAIL = "FAIL"
    NOT_SEEN = "NOT SEEN"


@dataclass(frozen=True, slots=True)
class Rule:
    """One statement about a server."""

    id: str
    title: str
    check: Check


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one rule."""

    rule_id: str
    title: str
    verdict: Verdict
    reason: str

    def line(self) -> str:
        """Return one line for people."""
        reason = f": {self.reason}" if self.reason else ""
        return f"{self.verdict:<8}  {self.rule_id:<34}  {self.title}{reason}"
