"""The findings of one run: as lines, as JSON, as JUnit's XML, and against expected failures."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from utmlab.conformance.finding import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection

    from utmlab.conformance.finding import Finding

_ALWAYS = (Verdict.PASS, Verdict.FAIL, Verdict.NOT_SEEN)


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of one run.

    Attributes:
        url: The server that was checked, or the one that a client was checked by.
        findings: One per rule.
    """

    url: str
    findings: tuple[Finding, ...]

    @property
    def conforms(self) -> bool:
        """Whether no rule was broken, and no expected failure passed."""
        return not any(finding.verdict.is_failure for finding in self.findings)

    def count(self, verdict: Verdict) -> int:
        """Return how many findings are of this verdict."""
        return self._counts()[verdict]

    def expecting(self, failures: Collection[str]) -> Report:
        """Return the report as it reads when these rules are expected to fail, strictly."""
        return replace(self, findings=tuple(one.expecting(failures) for one in self.findings))

    def sums(self) -> str:
        """Return how many findings there are of each verdict."""
        return ", ".join(f"{number} {verdict}" for verdict, number in self._shown().items())

    def text(self) -> str:
        """Return one line per rule and a last line with the sums."""
        return "\n".join([*(finding.line() for finding in self.findings), self.sums()])

    def as_record(self) -> dict[str, Any]:
        """Return the report as JSON values, schema 1."""
        return {
            "schema": 1,
            "url": self.url,
            "conforms": self.conforms,
            "counts": {verdict.value: number for verdict, number in self._shown().items()},
            "findings": [
                {
                    "rule": finding.rule_id,
                    "title": finding.title,
                    "verdict": finding.verdict.value,
                    "reason": finding.reason,
                    "times": finding.times,
                }
                for finding in self.findings
            ],
        }

    def as_json(self) -> str:
        """Return the report as a JSON document."""
        return json.dumps(self.as_record(), indent=2)

    def as_junit(self, suite: str) -> str:
        """Return the report as JUnit's XML: a rule is a test case, not seen is skipped."""
        failures = sum(finding.verdict.is_failure for finding in self.findings)
        skipped = self.count(Verdict.NOT_SEEN) + self.count(Verdict.XFAIL)
        cases = "".join(_case(finding, suite) for finding in self.findings)
        counts = f'tests="{len(self.findings)}" failures="{failures}" skipped="{skipped}"'
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<testsuites><testsuite name={quoteattr(suite)} errors="0" {counts}>\n'
            f"{cases}</testsuite></testsuites>\n"
        )

    def _counts(self) -> Counter[Verdict]:
        return Counter(finding.verdict for finding in self.findings)

    def _shown(self) -> dict[Verdict, int]:
        counts = self._counts()
        return {one: counts[one] for one in Verdict if one in _ALWAYS or counts[one]}


def _case(finding: Finding, suite: str) -> str:
    message = quoteattr(finding.line())
    inner = ""
    if finding.verdict.is_failure:
        inner = f"<failure message={message}>{escape(finding.title)}</failure>"
    elif finding.verdict is not Verdict.PASS:
        inner = f"<skipped message={message}/>"
    return (
        f"<testcase classname={quoteattr(suite)} name={quoteattr(finding.rule_id)}>"
        f"{inner}</testcase>\n"
    )
