"""A replay as text and as JSON: how much agrees, and where the rest parts from the policy.

Provenance: ours.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from utmlab.cli.stored_policies import NamedPolicy
from utmlab.journal import printable
from utmlab.replay.replay import Replay
from utmlab.replay.tally import RuleCount, Tally
from utmlab.replay.web_line import Skip

SKIPPED: Final = {
    Skip.NO_WEB_LINE: "no web lines",
    Skip.DAMAGED: "damaged (`utmlab log lint` tells where)",
    Skip.INCOMPLETE: "web lines without URL or action",
    Skip.OTHER_CHECK: "decided by something that is no part of a web policy",
    Skip.OUT_OF_SCOPE: "of another time or profile",
    Skip.CATEGORY_UNKNOWN: "hang on a category that the line does not tell",
}


def replay_text(named: NamedPolicy, tally: Tally, *, most_rules: int) -> str:
    """Return the agreement, then the disagreements by rule."""
    lines = [_agreement(named, tally)]
    lines += [
        f"left out: {tally.skipped[skip]:,} {text}"
        for skip, text in SKIPPED.items()
        if tally.skipped[skip]
    ]
    rules = tally.by_count()
    for name, rule in rules[:most_rules]:
        lines += ["", *_rule(name, rule)]
    if len(rules) > most_rules:
        rest = sum(rule.count for _, rule in rules[most_rules:])
        lines += ["", f"{len(rules) - most_rules} more rules with {rest:,} lines"]
    return "\n".join(map(printable, lines))


def replay_record(
    named: NamedPolicy,
    switches: Iterable[tuple[str, str]],
    run: Replay,
    min_agreement: float | None,
) -> dict[str, Any]:
    """Return a replay as JSON values."""
    tally = run.tally
    return {
        "policy": {"kind": named.kind, "name": named.name, "revision": named.revision},
        "switches": dict(switches),
        "lines": tally.lines,
        "compared": tally.compared,
        "agreed": tally.agreed,
        "agreement_percent": tally.percent,
        "min_agreement": min_agreement,
        "disagreed": {"action": tally.other_action, "exceptions": tally.other_exceptions},
        "skipped": {skip.value: tally.skipped[skip] for skip in Skip},
        "damaged": list(run.damaged),
        "rules": [
            {
                "rule": name,
                "count": rule.count,
                "examples": [asdict(one) for one in rule.examples],
            }
            for name, rule in tally.by_count()
        ],
    }


def _agreement(named: NamedPolicy, tally: Tally) -> str:
    if tally.percent is None:
        return f"{tally.lines:,} lines, none of them to be compared with {named}"
    return (
        f"{tally.percent:.2f} % agree with {named}: {tally.agreed:,} of {tally.compared:,} lines, "
        f"{tally.other_action:,} with another action, "
        f"{tally.other_exceptions:,} with other exceptions"
    )


def _rule(name: str, rule: RuleCount) -> list[str]:
    examples = [
        f"    {one.file}:{one.line} {one.at} {one.user} {one.url}: "
        f"{one.logged} in the log, {one.evaluated}"
        for one in rule.examples
    ]
    return [f"{rule.count:,} x {name}", *examples]
