"""A verdict as text: the answer in one line, every rule that was tried, what would change it.

- The message id is the one that the UTM writes into eplog.log for this verdict.

Provenance: ours; the ids are those of the 9.7 web filter.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from foundation.webfilter.counterfactual import Change
from foundation.webfilter.verdict import Verdict, WebRequest
from utm.logs.eplog import verdict_id

NOT_LOGGED = "not logged"


def verdict_line(request: WebRequest, verdict: Verdict, *, subject: str = "") -> str:
    """Return the answer in one line; it is about the host unless another subject is given."""
    parts = [f"{verdict.action.upper()} {subject or verdict.host or verdict.url}"]
    if verdict.filter_action_ref:
        parts.append(f'filter action "{verdict.filter_action_name}" ({verdict.filter_action_ref})')
    if verdict.category_ids:
        ids = ",".join(map(str, verdict.category_ids))
        parts.append(f"category {ids} {verdict.category_name}".rstrip())
    number = verdict_id(request, verdict)
    parts.append(f"log id {number}" if number else NOT_LOGGED)
    return "  ".join(parts)


def verdict_text(request: WebRequest, verdict: Verdict, changes: Sequence[Change] = ()) -> str:
    """Return the answer, the numbered trace, and what would turn the answer."""
    width = len(str(len(verdict.trace)))
    rule_width = max((len(step.rule) for step in verdict.trace), default=0)
    lines = [
        f"{step.number:{width + 2}}. {step.rule:{rule_width}}  {step.outcome:8}  "
        f"{' '.join(filter(None, (step.ref, step.why)))}"
        for step in verdict.trace
    ]
    turned = [f"would change if {one.what}: {one.action.upper()}" for one in changes]
    return "\n".join([verdict_line(request, verdict), *lines, *turned])


def change_record(change: Change) -> dict[str, str]:
    """Return a condition as JSON values."""
    return {**asdict(change), "reason": change.reason.value}


def verdict_record(request: WebRequest, verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as JSON values."""
    return {
        **asdict(verdict),
        "reason": verdict.reason.value,
        "reputation": str(verdict.reputation),
        "log_id": verdict_id(request, verdict) or None,
        "user": request.user,
        "method": request.method,
        "at": request.at.isoformat(),
    }
