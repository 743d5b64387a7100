"""The second look: the content type, once the answer's header is there.

- Only a request that was let through is looked at again, and only to become stricter.
- `video/*` stands for all of a type (ours); parameters such as charset do not count.
- The exception skip `contenttype_blacklist` (documented) leaves it out.
"""

from dataclasses import replace
from typing import Final

from foundation.webfilter.policy import Outcome, WebPolicy
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.verdict import Step, Verdict, VerdictReason

MOST_HARMLESS: Final = 1024
LONGEST_REMEMBERED: Final = 128


def evaluate_content(policy: WebPolicy, verdict: Verdict, content_type: str) -> Verdict:
    """Return the verdict after the content type is known; the same one if nothing changes."""
    action = policy.action(verdict.filter_action_ref)
    if action is None or verdict.action == "block":
        return verdict
    if not (action.content_types or action.content_types_warn):
        return verdict
    if "contenttype_blacklist" in verdict.exception_skips:
        return verdict
    if verdict.reason is VerdictReason.WHITELIST:
        board = SwitchBoard(policy.switches)
        if board.is_on("whitelist_skips_extensions"):
            return verdict
    name = content_type.partition(";")[0].strip().lower()
    lists: tuple[tuple[Outcome, tuple[str, ...]], ...] = (
        ("block", action.content_types),
        ("warn", action.content_types_warn),
    )
    for outcome, types in lists:
        if outcome == verdict.action:
            continue
        found = next((wanted for wanted in types if _covers(wanted, name)), "")
        if found:
            step = Step(
                len(verdict.trace) + 1, f"content types to {outcome}", action.ref, "match", found
            )
            return replace(
                verdict,
                action=outcome,
                reason=VerdictReason.CONTENT_TYPE,
                is_logged=action.log_blocked and "log_blocked" not in verdict.exception_skips,
                trace=(*verdict.trace, step),
            )
    return verdict


def _covers(wanted: str, name: str) -> bool:
    pattern = wanted.strip().lower()
    if pattern.endswith("/*"):
        return bool(name) and name.startswith(pattern[:-1])
    return bool(pattern) and name == pattern


class ContentRules:
    """The second look of one policy, remembering which types change nothing (boundedly many).

    Args:
        policy: The policy.
    """

    def __init__(self, policy: WebPolicy) -> None:
        self.policy = policy
        self._harmless: set[tuple[str, str, VerdictReason, tuple[str, ...], str]] = set()

    def verdict(self, verdict: Verdict, content_type: str) -> Verdict:
        """Return what `evaluate_content` does."""
        # All of a verdict that `evaluate_content` looks at before it leaves one unchanged.
        key = (
            verdict.filter_action_ref,
            verdict.action,
            verdict.reason,
            verdict.exception_skips,
            content_type,
        )
        if key in self._harmless:
            return verdict
        again = evaluate_content(self.policy, verdict, content_type)
        if again is verdict and len(content_type) <= LONGEST_REMEMBERED:
            if len(self._harmless) >= MOST_HARMLESS:
                self._harmless.clear()
            self._harmless.add(key)
        return again
