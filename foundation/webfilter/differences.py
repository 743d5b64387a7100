"""Which rule decided, and where two verdicts on one request part: read from their traces.

- Steps that only lead somewhere (profile, default action, filter action) are no difference by
  themselves: two groups have profiles of their own and may still agree on every rule.
- A rule that matched in one verdict is shown beside the same rule of the other, also when that one
  did not match, so that both reasons can be read.
- Pure and without order of its own: the trace's order is the policy's.

Provenance: ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from foundation.webfilter.trace import NO_MATCH
from foundation.webfilter.verdict import Step, Verdict, VerdictReason

_LEADING: Final = frozenset({"profile", "default action", "filter action"})
_PREFIXES: Final = {
    VerdictReason.INVALID_URL: ("url",),
    VerdictReason.WEB_CONTROL_OFF: ("web control",),
    VerdictReason.NO_POLICY: ("filter action", "profile"),
    VerdictReason.EXCEPTION: ("exception",),
    VerdictReason.WHITELIST: ("whitelist",),
    VerdictReason.BLACKLIST: ("blacklist",),
    VerdictReason.TAG: ("block tags", "quota tags", "warn tags", "allow tags"),
    VerdictReason.CATEGORY: ("category ",),
    VerdictReason.UNCATEGORIZED: ("uncategorized",),
    VerdictReason.REPUTATION: ("minimum reputation",),
    VerdictReason.EXTENSION: ("extensions to",),
    VerdictReason.CONTENT_TYPE: ("content types to",),
}
_LOOK_UP: Final = "category look-up"


@dataclass(frozen=True, slots=True)
class Difference:
    """A rule on which two verdicts part; a verdict that never came to it has no step."""

    rule: str
    first: Step | None
    second: Step | None


def deciding_step(verdict: Verdict) -> Step | None:
    """Return the step that made a verdict what it is; None when nothing objected."""
    prefixes = _PREFIXES.get(verdict.reason)
    if prefixes is None:
        return None
    found = [
        step
        for step in verdict.trace
        if step.outcome != NO_MATCH and step.rule != _LOOK_UP and step.rule.startswith(prefixes)
    ]
    listed = [step for step in found if verdict.list_ref and step.ref == verdict.list_ref]
    return next(iter([*listed, *found]), None)


def first_difference(first: Verdict, second: Verdict) -> Difference | None:
    """Return the first rule on which two verdicts part, or None when their traces agree."""
    ours, theirs = _effective(first.trace), _effective(second.trace)
    for number in range(max(len(ours), len(theirs))):
        one = ours[number] if number < len(ours) else None
        other = theirs[number] if number < len(theirs) else None
        if one is None or other is None or _says(one) != _says(other):
            return _paired(first, second, one, other)
    return next(
        (
            Difference(one.rule, one, other)
            for one, other in zip(first.trace, second.trace, strict=False)
            if (one.rule, one.ref, one.outcome, one.why)
            != (other.rule, other.ref, other.outcome, other.why)
        ),
        None,
    )


def _effective(trace: Sequence[Step]) -> list[Step]:
    return [step for step in trace if step.outcome != NO_MATCH and step.rule not in _LEADING]


def _says(step: Step) -> tuple[str, str, str]:
    return step.rule, step.outcome, step.why


def _paired(first: Verdict, second: Verdict, one: Step | None, other: Step | None) -> Difference:
    """Put the same rule of both side by side, the one that comes first in the policies' order."""
    if one is not None and other is not None and one.rule == other.rule:
        return Difference(one.rule, one, other)
    missed_by_first = _missed(first, other)
    is_later = (
        one is not None and missed_by_first is not None and missed_by_first.number > one.number
    )
    if other is not None and (one is None or (missed_by_first is not None and not is_later)):
        return Difference(other.rule, missed_by_first, other)
    if one is None:  # never with other None: one of the two is there
        return Difference("", one, other)
    return Difference(one.rule, one, _missed(second, one))


def _missed(verdict: Verdict, wanted: Step | None) -> Step | None:
    if wanted is None:
        return None
    tried = [step for step in verdict.trace if step.rule == wanted.rule]
    same = [step for step in tried if step.ref == wanted.ref]
    return next(iter([*same, *tried]), None)
