"""What a filter action makes of everything that was found out: a verdict without its URL.

- Depends on nothing but its arguments, so that it is worked out once for all requests of a kind.
- The reading is `evaluate`'s; tags, categories and reputation are the reference's own rules.

Provenance: ours.
"""

from dataclasses import dataclass
from typing import Final, Literal

from foundation.webfilter.action_rules import ActionRules, Decision, stricter
from foundation.webfilter.engine_case import Case
from foundation.webfilter.engine_lists import ListIndex
from foundation.webfilter.exceptions import Skips
from foundation.webfilter.policy import Outcome, SiteList, WebPolicy
from foundation.webfilter.site_facts import SiteFacts
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.target import Target
from foundation.webfilter.trace import TraceBook
from foundation.webfilter.verdict import Verdict, VerdictReason

_NO_TARGET: Final = Target("", "", "http", "", 80, "/", is_path_visible=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Everything found out about a request: `lists` that match, `extension` by its outcome."""

    case: Case
    facts: SiteFacts
    skips: Skips
    lists: frozenset[int]
    extension: Outcome | None


class Judge:
    """Applies the filter actions of one policy.

    Args:
        policy: The policy.
        lists: Its lists.
    """

    def __init__(self, policy: WebPolicy, lists: ListIndex) -> None:
        self._policy = policy
        self._lists = lists
        self._board = SwitchBoard(policy.switches)

    def judge(self, finding: Finding) -> Verdict:
        """Return the verdict, without URL and host."""
        case, facts, skips = finding.case, finding.facts, finding.skips
        action, rule = case.action, case.rule
        decision = self._decide(finding)
        is_shown = decision.reason is not VerdictReason.EXCEPTION
        return Verdict(
            action=decision.outcome,
            reason=decision.reason,
            url="",
            host="",
            category_ids=facts.category_ids if is_shown else (),
            category_name=facts.category_name if is_shown else "",
            reputation=facts.reputation if is_shown else "",
            profile_ref=case.profile.ref,
            profile_name=case.profile.name,
            filter_action_ref=action.ref if action else "",
            filter_action_name=action.name if action else "",
            rule_ref=rule.ref if rule else "",
            rule_name=rule.name if rule else "",
            list_ref=decision.ref,
            exception_refs=skips.refs,
            exception_skips=tuple(sorted(skips.checks)),
            is_logged=_is_logged(finding, decision),
        )

    def _decide(self, finding: Finding) -> Decision:
        if finding.case.action is None:
            return Decision("block", VerdictReason.NO_POLICY)
        decision = self._by_url(finding)
        is_free = (
            decision.outcome == "block"
            or finding.extension is None
            or "extensions" in finding.skips
            or (
                decision.reason is VerdictReason.WHITELIST
                and self._board.is_on("whitelist_skips_extensions")
            )
        )
        if is_free or finding.extension is None:
            return decision
        return stricter(decision, Decision(finding.extension, VerdictReason.EXTENSION))

    def _by_url(self, finding: Finding) -> Decision:
        assert finding.case.action is not None  # noqa: S101 - asked before
        rules = ActionRules(
            finding.case.action,
            _NO_TARGET,
            finding.facts,
            self._board,
            TraceBook(),
            self._policy.quota_action,
        )
        skips_filter = "url_filter" in finding.skips
        if not (skips_filter and self._board.value("url_filter_skip") == "all"):
            decision = self._by_lists(finding) or rules.by_tags()
            if decision is not None:
                return decision
        if skips_filter:
            return Decision("allow", VerdictReason.EXCEPTION)
        category = rules.by_category()
        if category is not None and category.outcome == "block":
            return category
        return rules.by_reputation() or category or Decision("allow", VerdictReason.DEFAULT)

    def _by_lists(self, finding: Finding) -> Decision | None:
        action = finding.case.action
        if action is None or not finding.lists:
            return None
        allow = self._first(finding, "allow", action.url_whitelist, VerdictReason.WHITELIST)
        block = self._first(finding, "block", action.url_blacklist, VerdictReason.BLACKLIST)
        if self._board.is_on("whitelist_beats_blacklist"):
            return allow or block
        return block or allow

    def _first(
        self,
        finding: Finding,
        outcome: Literal["allow", "block"],
        lists: tuple[SiteList, ...],
        reason: VerdictReason,
    ) -> Decision | None:
        for each in lists:
            if self._lists.number_of(each) in finding.lists:
                return Decision(outcome, reason, each.ref)
        return None


def _is_logged(finding: Finding, decision: Decision) -> bool:
    action = finding.case.action
    is_allow = decision.outcome == "allow"
    if ("log_access" if is_allow else "log_blocked") in finding.skips:
        return False
    return action is None or (action.log_access if is_allow else action.log_blocked)
