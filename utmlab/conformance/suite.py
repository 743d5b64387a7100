"""Runs the rules against a server and tells what was found.

Invariants:

* Every chosen rule gives exactly one finding, whatever the server does; nothing but a wrong
  address or an unknown rule id raises.
* The rules about the run as a whole come last.
* The run registers a few endpoints named `conformance-...`; MCS has no call to remove them.

Example:
    report = await check_server(Target(url=url, token=token, context=context), now=now, rng=rng)
    print(report.text())
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from foundation.errors import DomainError
from utmlab.conformance.outcomes import NotSeen, Violation
from utmlab.conformance.rule import Finding, Verdict
from utmlab.conformance.rules import commands, enrolment, policies, reports, tokens, transport
from utmlab.conformance.subject import Subject, Target
from utmlab.conformance.wire import WireError

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Collection

    from foundation.service import Now
    from utmlab.conformance.rule import Rule

ALL_RULES: tuple[Rule, ...] = (
    *transport.FIRST,
    *enrolment.RULES,
    *commands.RULES,
    *policies.RULES,
    *tokens.RULES,
    *reports.RULES,
    *transport.LAST,
)


class UnknownRuleError(DomainError):
    """A rule was asked for that does not exist."""

    code: ClassVar[str] = "unknown_rule"
    hint: ClassVar[str] = "Leave the choice out to see the ids of all rules."


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of one run."""

    url: str
    findings: tuple[Finding, ...]

    @property
    def conforms(self) -> bool:
        """Whether no rule was broken."""
        return not any(finding.verdict is Verdict.FAIL for finding in self.findings)

    def count(self, verdict: Verdict) -> int:
        """Return how many findings are of this verdict."""
        return Counter(finding.verdict for finding in self.findings)[verdict]

    def text(self) -> str:
        """Return one line per rule and a last line with the sums."""
        sums = ", ".join(f"{self.count(verdict)} {verdict}" for verdict in Verdict)
        return "\n".join([*(finding.line() for finding in self.findings), sums])

    def as_record(self) -> dict[str, Any]:
        """Return the report as JSON values, schema 1."""
        return {
            "schema": 1,
            "url": self.url,
            "conforms": self.conforms,
            "counts": {verdict.value: self.count(verdict) for verdict in Verdict},
            "findings": [
                {
                    "rule": finding.rule_id,
                    "title": finding.title,
                    "verdict": finding.verdict.value,
                    "reason": finding.reason,
                }
                for finding in self.findings
            ],
        }

    def as_json(self) -> str:
        """Return the report as a JSON document."""
        return json.dumps(self.as_record(), indent=2)


async def check_server(
    target: Target,
    *,
    now: Now,
    rng: random.Random,
    only: Collection[str] = (),
    on_finding: Callable[[Finding], None] | None = None,
) -> Report:
    """Check a server against all rules, or against those named in `only`.

    Args:
        target: Where the server is.
        now: Time for the stamps in documents.
        rng: Makes names and ids that no server knows.
        only: Rule ids; empty for all.
        on_finding: Called with each finding as it is made.

    Raises:
        UnknownRuleError: If a name in `only` is no rule.
        UrlRefusedError: If the URL is not https.
    """
    chosen = [rule for rule in ALL_RULES if not only or rule.id in only]
    unknown = set(only) - {rule.id for rule in chosen}
    if unknown:
        raise UnknownRuleError(f"there is no rule {', '.join(sorted(unknown))}")
    subject = Subject(target, now=now, rng=rng)
    findings: list[Finding] = []
    try:
        for rule in chosen:
            finding = await _judge(rule, subject)
            findings.append(finding)
            if on_finding is not None:
                on_finding(finding)
    finally:
        await subject.close()
    return Report(target.url, tuple(findings))


async def _judge(rule: Rule, subject: Subject) -> Finding:
    try:
        verdict, reason = Verdict.PASS, await rule.check(subject)
    except NotSeen as missing:
        verdict, reason = Verdict.NOT_SEEN, str(missing)
    except (Violation, WireError) as broken:
        verdict, reason = Verdict.FAIL, str(broken)
    return Finding(rule.id, rule.title, verdict, reason)
