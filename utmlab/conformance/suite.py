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

from typing import TYPE_CHECKING

from utmlab.conformance.expected import chosen
from utmlab.conformance.finding import Finding, Verdict
from utmlab.conformance.outcomes import NotSeen, Violation
from utmlab.conformance.report import Report
from utmlab.conformance.rules import (
    commands,
    enrolment,
    offered,
    policies,
    reports,
    tokens,
    transport,
)
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
    *offered.RULES,
    *transport.LAST,
)


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
    wanted = chosen(only, (rule.id for rule in ALL_RULES))
    rules = [rule for rule in ALL_RULES if not wanted or rule.id in wanted]
    subject = Subject(target, now=now, rng=rng)
    findings: list[Finding] = []
    try:
        for rule in rules:
            finding = await _judge(rule, subject)
            findings.append(finding)
            if on_finding is not None:
                on_finding(finding)
    finally:
        await subject.close()
    return Report(target.url, tuple(findings))


async def _judge(rule: Rule, subject: Subject) -> Finding:
    try:
        return Finding(rule.id, rule.title, Verdict.PASS, await rule.check(subject))
    except NotSeen as missing:
        return Finding(rule.id, rule.title, Verdict.NOT_SEEN, str(missing))
    except Violation as broken:
        return Finding(rule.id, rule.title, Verdict.FAIL, str(broken), broken.times)
    except WireError as broken:
        return Finding(rule.id, rule.title, Verdict.FAIL, str(broken))
