"""One line against the policy's verdict on it: do they agree, and if not, on which rule first.

- A line agrees when the action is the same and the same checks were skipped.
- What a line does not tell is not compared: old lines without `exceptions`, and profile or
  filter action whose name the policy does not have (refs differ between appliances).
- Somebody who went on past a warning is not warned again for the proceed timeout: such a pass
  agrees with a warning. What is remembered is bounded.
- The first differing rule is searched in the order of an evaluation: profile, exceptions, filter
  action, then the rule that decided.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from foundation.webfilter.differences import deciding_step
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.verdict import Verdict, VerdictReason
from utmlab.replay.judge import LineJudge
from utmlab.replay.scope import names_in
from utmlab.replay.web_line import UNSEEN_SKIPS, Skip, WebLine

_MOST_PROCEEDS: Final = 10_000
_MOST_WORDS: Final = 4096
_BY_CATEGORY: Final = frozenset(
    {
        VerdictReason.CATEGORY,
        VerdictReason.DEFAULT,
        VerdictReason.REPUTATION,
        VerdictReason.UNCATEGORIZED,
    }
)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What the line says, what the policy says, and the first rule on which they part.

    Attributes:
        rule: Short, the same for all lines that part there.
        logged: What the line says happened, with its reason.
        evaluated: What the policy says, with the rule that decided.
    """

    rule: str
    logged: str
    evaluated: str
    is_of_action: bool


class Comparison:
    """Compares the lines of an archive, in their order."""

    def __init__(self, policy: WebPolicy) -> None:
        self._policy = policy
        self._judge = LineJudge(policy)
        self._profiles = {one.ref: one.name for one in policy.profiles}
        self._actions = {one.ref: one.name for one in policy.actions}
        self._asks_categories = any(one.categories for one in policy.exceptions)
        self._timeout = timedelta(seconds=policy.proceed_timeout_s)
        self._decided: dict[tuple[object, ...], str] = {}
        self._proceeds: dict[tuple[str, str], datetime] = {}

    def compare(self, line: WebLine) -> Disagreement | Skip | None:
        """Return None when the line and the policy agree."""
        verdict = self._judge.verdict(line)
        if line.is_proceed:
            self._note_proceed(line, verdict.host)
        is_same = line.outcome == verdict.action or self._went_on(line, verdict)
        skips = frozenset(verdict.exception_skips) - UNSEEN_SKIPS
        has_same_skips = line.skips is None or line.skips == skips
        if is_same and has_same_skips:
            return None
        if self._hangs_on_category(line, verdict, has_same_skips=has_same_skips):
            return Skip.CATEGORY_UNKNOWN
        evaluated = f"{verdict.action} by {self._decided_by(line, verdict)}"
        rule = self._rule(line, verdict, evaluated)
        return Disagreement(rule, _logged(line), evaluated, is_of_action=not is_same)

    def pass_over(self, line: WebLine) -> None:
        """Take of a line that is not compared only who went on past a warning."""
        if line.is_proceed:
            self._note_proceed(line, self._judge.verdict(line).host)

    def _decided_by(self, line: WebLine, verdict: Verdict) -> str:
        """Return which rule decided; verdicts of the same making are evaluated once only."""
        key = (
            verdict.action,
            verdict.reason,
            verdict.filter_action_ref,
            verdict.list_ref,
            verdict.category_ids,
            verdict.exception_refs,
        )
        known = self._decided.get(key)
        if known is None or verdict.reason is VerdictReason.TAG:  # which tags, no key tells
            known = decided_by(self._judge.explained(line))
            if len(self._decided) >= _MOST_WORDS:
                self._decided.clear()
            self._decided[key] = known
        return known

    def _rule(self, line: WebLine, verdict: Verdict, evaluated: str) -> str:
        profile = _other(line.profile, verdict.profile_ref, self._profiles)
        if profile:
            return f"profile: {profile}"
        skips = frozenset(verdict.exception_skips) - UNSEEN_SKIPS
        if line.skips is not None and line.skips != skips:
            refs = f" ({', '.join(verdict.exception_refs)})" if verdict.exception_refs else ""
            return f"exceptions: the log skips {_list(line.skips)}, the policy {_list(skips)}{refs}"
        action = _other(line.filter_action, verdict.filter_action_ref, self._actions)
        if action:
            return f"filter action: {action}"
        return f"{_logged(line)} in the log, {evaluated}"

    def _hangs_on_category(self, line: WebLine, verdict: Verdict, *, has_same_skips: bool) -> bool:
        """Whether a category that the line hides could explain the difference."""
        if line.tells_category:
            return False
        return self._asks_categories or (has_same_skips and verdict.reason in _BY_CATEGORY)

    def _went_on(self, line: WebLine, verdict: Verdict) -> bool:
        if line.outcome != "allow" or verdict.action != "warn":
            return False
        since = self._proceeds.get((line.user or line.client_ip, verdict.host))
        if since is None and line.client_ip:  # the line of going on may name the address only
            since = self._proceeds.get((line.client_ip, verdict.host))
        return since is not None and line.stamp - since < self._timeout

    def _note_proceed(self, line: WebLine, host: str) -> None:
        key = (line.user or line.client_ip, host)
        self._proceeds.pop(key, None)
        self._proceeds[key] = line.stamp
        if len(self._proceeds) > _MOST_PROCEEDS:
            del self._proceeds[next(iter(self._proceeds))]


def decided_by(verdict: Verdict) -> str:
    """Return which rule made a verdict, in words that are the same for each such verdict."""
    if verdict.reason is VerdictReason.DEFAULT:
        ids = ", ".join(map(str, verdict.category_ids))
        return f"no rule (category {ids} {verdict.category_name})".replace(" )", ")")
    step = deciding_step(verdict)
    if step is None:
        return verdict.reason.value
    return " ".join(filter(None, (step.rule, step.ref)))


def _logged(line: WebLine) -> str:
    if line.is_proceed:
        return f"{line.outcome} (proceeded)"
    return f"{line.outcome} ({line.reason})" if line.reason else line.outcome


def _other(logged: str, own_ref: str, known: dict[str, str]) -> str:
    """Tell that the log names another object that the policy has; empty when it does not."""
    if not logged or not own_ref:
        return ""
    words = names_in(logged)
    meant = [ref for ref, name in known.items() if ref in words] or [
        ref for ref, name in known.items() if name in words
    ]
    if not meant or own_ref in meant:
        return ""
    return f"{meant[0]} in the log, {own_ref} in the policy"


def _list(skips: frozenset[str]) -> str:
    return ",".join(sorted(skips)) or "nothing"
