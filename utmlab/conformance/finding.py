"""What was found about one rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


class Verdict(StrEnum):
    """How a server or a client stands to a rule; the last two only with expected failures."""

    PASS = "PASS"  # noqa: S105  # not a password
    FAIL = "FAIL"
    NOT_SEEN = "NOT SEEN"
    XFAIL = "XFAIL"
    XPASS = "XPASS"

    @property
    def is_failure(self) -> bool:
        """Whether the run does not conform because of it; an expected failure that passes too."""
        return self in (Verdict.FAIL, Verdict.XPASS)


_EXPECTED = {Verdict.FAIL: Verdict.XFAIL, Verdict.PASS: Verdict.XPASS}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one rule.

    Attributes:
        rule_id: The rule's stable id.
        title: The rule in one phrase.
        verdict: How the subject stands to it.
        reason: What was seen, or what was missing.
        times: How often a failure was seen.
    """

    rule_id: str
    title: str
    verdict: Verdict
    reason: str = ""
    times: int = 1

    def line(self) -> str:
        """Return one line for people and for grep."""
        seen = f" (seen {self.times} times)" if self.times > 1 else ""
        reason = f": {self.reason}" if self.reason else ""
        return f"{self.verdict} {self.rule_id}{seen}{reason}"

    def expecting(self, failures: Collection[str]) -> Finding:
        """Return the finding as it reads when these rules are expected to fail, strictly."""
        if self.rule_id not in failures:
            return self
        return replace(self, verdict=_EXPECTED.get(self.verdict, self.verdict))
