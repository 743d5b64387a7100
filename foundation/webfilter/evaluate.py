"""The reference evaluation: one policy, one request, one verdict that explains itself.

- Pure: it reads no clock, no file, no network; the category source answers at once.
- It never raises on a URL, however hostile: what cannot be read is blocked as `invalid_url`.
- Order: web control on? the site's facts, the profile, the rule, exceptions, the filter action's
  lists, tags, categories, reputation, extensions. Everything tried is in the trace.
- A url_filter skip leaves no category in the verdict (documented: such sites are logged without).
- A fast engine may come beside it; this one stays the reading that both must share.

Example:
    >>> from datetime import UTC, datetime
    >>> from foundation.categories.demo import demo_categories
    >>> block_games = FilterAction(ref="REF_A", categories=(116,))
    >>> base = Profile(ref="REF_P", default_action_ref="REF_A", is_base=True)
    >>> policy = WebPolicy(group_ref="REF_G", profiles=(base,), actions=(block_games,))
    >>> request = WebRequest("http://games.example/", "GET", datetime(2026, 1, 1, tzinfo=UTC))
    >>> evaluate(policy, request, demo_categories()).action
    'block'
"""

from dataclasses import dataclass

from foundation.categories.category import CategorySource
from foundation.webfilter.action_rules import ActionRules, Decision, stricter
from foundation.webfilter.exceptions import Skips, skips_for
from foundation.webfilter.policy import FilterAction, PolicyRule, Profile, WebPolicy
from foundation.webfilter.safe_search import safe_search_url
from foundation.webfilter.selection import select_profile, select_rule
from foundation.webfilter.site_facts import SiteFacts, facts_of
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.target import InvalidTargetError, Target, read_target
from foundation.webfilter.trace import TraceBook
from foundation.webfilter.verdict import Verdict, VerdictReason, WebRequest


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything found out about a request before a filter action is applied."""

    policy: WebPolicy
    target: Target
    facts: SiteFacts
    board: SwitchBoard
    trace: TraceBook
    profile: Profile
    rule: PolicyRule | None
    action: FilterAction | None
    skips: Skips


def evaluate(policy: WebPolicy, request: WebRequest, categories: CategorySource) -> Verdict:
    """Return the verdict of the policy on the request."""
    board, trace = SwitchBoard(policy.switches), TraceBook()
    try:
        target = read_target(request.url, request.method, https_sees=board.value("https_sees"))
    except InvalidTargetError as error:
        trace.matched("url", "", str(error))
        return _bare_verdict("block", VerdictReason.INVALID_URL, request.url, "", trace)
    if not policy.web_control:
        trace.matched("web control", policy.group_ref, "off for this group")
        return _bare_verdict("allow", VerdictReason.WEB_CONTROL_OFF, target.url, target.host, trace)
    facts = facts_of(policy, target, categories, board, trace)
    profile = select_profile(policy, request, trace)
    if profile is None:
        return _bare_verdict("allow", VerdictReason.NO_POLICY, target.url, target.host, trace)
    rule = select_rule(policy, profile, request, board, trace)
    action_ref = rule.action_ref if rule is not None else profile.default_action_ref
    skips = skips_for(policy, request, target, facts, board=board, trace=trace)
    action = policy.action(action_ref)
    case = _Case(policy, target, facts, board, trace, profile, rule, action, skips)
    return _verdict(case, _decide(case, action_ref))


def _decide(case: _Case, action_ref: str) -> Decision:
    if case.action is None:
        # The reader of documents refuses dangling references; if one gets here, fail closed.
        case.trace.matched("filter action", action_ref, "missing from the policy")
        return Decision("block", VerdictReason.NO_POLICY)
    case.trace.matched("filter action", case.action.ref, case.action.name)
    rules = ActionRules(
        case.action, case.target, case.facts, case.board, case.trace, case.policy.quota_action
    )
    decision = _by_url(rules, case)
    if decision.outcome == "block":
        return decision
    if "extensions" in case.skips:
        case.trace.skipped("extension", case.action.ref, "an exception skips it")
        return decision
    if decision.reason is VerdictReason.WHITELIST and case.board.is_on(
        "whitelist_skips_extensions"
    ):
        case.trace.skipped("extension", case.action.ref, "the URL is whitelisted")
        return decision
    return stricter(decision, rules.by_extension())


def _by_url(rules: ActionRules, case: _Case) -> Decision:
    """Apply lists, tags, categories and reputation, as far as no exception skips them."""
    skips_filter = "url_filter" in case.skips
    if not (skips_filter and case.board.value("url_filter_skip") == "all"):
        decision = rules.by_lists() or rules.by_tags()
        if decision is not None:
            return decision
    if skips_filter:
        case.trace.skipped("url filter", rules.action.ref, "an exception skips it")
        return Decision("allow", VerdictReason.EXCEPTION)
    category = rules.by_category()
    if category is not None and category.outcome == "block":
        return category
    reputation = rules.by_reputation()
    if reputation is not None:
        return reputation
    return category or Decision("allow", VerdictReason.DEFAULT)


def _verdict(case: _Case, decision: Decision) -> Verdict:
    action, rule, facts = case.action, case.rule, case.facts
    is_shown = decision.reason is not VerdictReason.EXCEPTION
    rewritten_url = _safe_search(case, decision)
    return Verdict(
        action=decision.outcome,
        reason=decision.reason,
        url=case.target.url,
        host=case.target.host,
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
        exception_refs=case.skips.refs,
        exception_skips=tuple(sorted(case.skips.checks)),
        is_logged=_is_logged(action, decision, case.skips),
        rewritten_url=rewritten_url,
        trace=case.trace.steps(),
    )


def _safe_search(case: _Case, decision: Decision) -> str:
    """Return the URL that SafeSearch asks for: none after a block or for a path that is hidden."""
    action = case.action
    if action is None or not action.safe_search or decision.outcome == "block":
        return ""
    if "url_filter" in case.skips:
        case.trace.skipped("safe search", action.ref, "an exception skips it")
        return ""
    if not case.target.is_path_visible:
        case.trace.skipped("safe search", action.ref, "only the host of an https URL is seen")
        return ""
    rewritten = safe_search_url(action.safe_search, case.target.url)
    why = f"asked for as {rewritten}" if rewritten else "no search, or a safe one"
    case.trace.tried("safe search", action.ref, is_match=bool(rewritten), why=why)
    return rewritten


def _is_logged(action: FilterAction | None, decision: Decision, skips: Skips) -> bool:
    check = "log_access" if decision.outcome == "allow" else "log_blocked"
    if check in skips:
        return False
    if action is None:
        return True
    return action.log_access if check == "log_access" else action.log_blocked


def _bare_verdict(
    action: str, reason: VerdictReason, url: str, host: str, trace: TraceBook
) -> Verdict:
    return Verdict(
        action="block" if action == "block" else "allow",
        reason=reason,
        url=url,
        host=host,
        is_logged=reason is not VerdictReason.WEB_CONTROL_OFF,
        trace=trace.steps(),
    )
