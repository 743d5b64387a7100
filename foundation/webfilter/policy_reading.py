"""Reading a web policy document back, strictly: half a policy is worse than the last good one.

- Refused: another root or type, an unknown word where a choice is expected, a number or time that
  is none, an action that no profile can find, a switch that does not exist, two base profiles.
- Not refused: a pattern that RE2 rejects. It stays in the policy, matches nothing, and every
  trace says so; an imported configuration must not stop a whole group.
"""

from collections.abc import Callable
from datetime import date, time
from typing import Any, TypeVar, get_args

from foundation.pace import paced
from foundation.protocol.policies import PolicyRefusedError, read_policy
from foundation.protocol.xml_reading import Element, is_true
from foundation.webfilter.policy import (
    FilterAction,
    LocalSite,
    Mode,
    Operator,
    Outcome,
    PolicyRule,
    Profile,
    SafeSearchEngine,
    SiteList,
    SiteListMode,
    Threshold,
    TimeWindow,
    WebException,
    WebPolicy,
    WithQuota,
)
from foundation.webfilter.policy_writing import ROOT_TYPE
from foundation.webfilter.switches import UnknownSwitchError, check_switch

T = TypeVar("T")
_KINDS = ("recurring", "single")


def decode_web_policy(document: bytes) -> WebPolicy:
    """Read a document, sealed or not.

    Raises:
        PolicyRefusedError: It is not a whole, consistent web policy; the message names the place.
    """
    return web_policy_of(read_policy(document))


def web_policy_of(root: Element) -> WebPolicy:
    """Read a parsed document.

    Raises:
        PolicyRefusedError: As `decode_web_policy`.
    """
    if root.name != "policy" or root.attribute("type") != ROOT_TYPE:
        raise PolicyRefusedError(f"The document is not a policy of type {ROOT_TYPE}.")
    if not root.has("webControl"):
        raise PolicyRefusedError("The policy has no webControl element.")
    head = root.first("webControl")
    policy = WebPolicy(
        group_ref=_required(head, "groupRef"),
        group_name=head.attribute("groupName"),
        web_control=is_true(head.attribute("enabled")),
        profiles=_read_all(root.first("profiles"), "profile", _profile),
        actions=_read_all(root.first("actions"), "action", _action),
        exceptions=_read_all(root.first("exceptions"), "exception", _exception),
        local_sites=_read_all(root.first("localSites"), "localSite", _local_site),
        quota_action=_choice(head, "quotaAction", Outcome),
        proceed_timeout_s=_number(head, "proceedTimeout"),
        timezone=head.attribute("timezone") or "UTC",
        switches=_read_all(root.first("switches"), "switch", _switch),
    )
    _check_references(policy)
    return policy


def _check_references(policy: WebPolicy) -> None:
    known = {action.ref for action in policy.actions}
    if len(known) != len(policy.actions):
        raise PolicyRefusedError("Two filter actions have the same reference.")
    for profile in policy.profiles:
        for ref in (profile.default_action_ref, *(rule.action_ref for rule in profile.rules)):
            if ref not in known:
                raise PolicyRefusedError(
                    f"Profile {profile.ref} uses the filter action {ref!r}, which is missing."
                )
    bases = [index for index, profile in enumerate(policy.profiles) if profile.is_base]
    if bases and bases != [len(policy.profiles) - 1]:
        raise PolicyRefusedError("The base profile is not the one and last.")


def _profile(item: Element) -> Profile:
    return Profile(
        ref=_required(item, "ref"),
        name=item.attribute("name"),
        rules=_read_all(item, "rule", _rule),
        default_action_ref=item.attribute("defaultAction"),
        is_base=is_true(item.attribute("base")),
        networks=_values(item, "network"),
    )


def _rule(item: Element) -> PolicyRule:
    return PolicyRule(
        ref=_required(item, "ref"),
        name=item.attribute("name"),
        users=_values(item, "user"),
        time=_time(item.first("time")) if item.has("time") else None,
        action_ref=item.attribute("action"),
    )


def _time(item: Element) -> TimeWindow:
    kind = item.attribute("kind")
    if kind not in _KINDS:
        raise _refusal(item, "kind", kind)
    return TimeWindow(
        ref=item.attribute("ref"),
        name=item.attribute("name"),
        kind="single" if kind == "single" else "recurring",
        start=_parsed(item, "start", _clock_time),
        end=_parsed(item, "end", _clock_time),
        weekdays=_parsed(item, "weekdays", _weekdays),
        start_date=_parsed(item, "startDate", _date_or_none),
        end_date=_parsed(item, "endDate", _date_or_none),
    )


def _clock_time(text: str) -> time:
    clock = time.fromisoformat(text)
    if clock.tzinfo is not None:  # it could not be compared with the endpoint's own time
        raise ValueError(text)
    return clock


def _weekdays(text: str) -> tuple[int, ...]:
    days = tuple(int(word) for word in text.split())
    if any(day not in range(7) for day in days):
        raise ValueError(text)
    return days


def _date_or_none(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _action(item: Element) -> FilterAction:
    return FilterAction(
        ref=_required(item, "ref"),
        name=item.attribute("name"),
        mode=_choice(item, "mode", Mode),
        categories=_numbers(item, "category"),
        warn_categories=_numbers(item, "warnCategory"),
        quota_categories=_numbers(item, "quotaCategory"),
        allow_tags=_values(item, "allowTag"),
        block_tags=_values(item, "blockTag"),
        warn_tags=_values(item, "warnTag"),
        quota_tags=_values(item, "quotaTag"),
        url_whitelist=_read_all(item, "allowSites", _site_list),
        url_blacklist=_read_all(item, "blockSites", _site_list),
        uncategorized=_choice(item, "uncategorized", WithQuota),
        min_reputation=_choice(item, "minReputation", Threshold),
        spyware=is_true(item.attribute("spyware")),
        extensions=_values(item, "extension"),
        extensions_warn=_values(item, "warnExtension"),
        content_types=_values(item, "contentType"),
        content_types_warn=_values(item, "warnContentType"),
        safe_search=_read_all(item, "safeSearch", _safe_search),
        log_access=is_true(item.attribute("logAccess")),
        log_blocked=is_true(item.attribute("logBlocked")),
    )


def _safe_search(item: Element) -> SafeSearchEngine:
    engine: SafeSearchEngine = _choice(item, "value", SafeSearchEngine)
    return engine


def _site_list(item: Element) -> SiteList:
    return SiteList(
        ref=item.attribute("ref"),
        name=item.attribute("name"),
        mode=_choice(item, "mode", SiteListMode),
        domains=_values(item, "domain"),
        include_subdomains=is_true(item.attribute("subdomains")),
        regexps=_values(item, "pattern"),
        restrict=is_true(item.attribute("restrict")),
    )


def _exception(item: Element) -> WebException:
    return WebException(
        ref=_required(item, "ref"),
        name=item.attribute("name"),
        operator=_choice(item, "operator", Operator),
        domains=_values(item, "pattern"),
        users=_values(item, "user"),
        networks=_values(item, "network"),
        categories=_numbers(item, "category"),
        tags=_values(item, "tag"),
        user_agents=_values(item, "userAgent"),
        endpoints_groups=_values(item, "endpointsGroup"),
        skip=_values(item, "skip"),
    )


def _local_site(item: Element) -> LocalSite:
    return LocalSite(
        ref=item.attribute("ref"),
        site=_required(item, "site"),
        include_subdomains=is_true(item.attribute("subdomains")),
        category=_number(item, "category") if item.attribute("category") else None,
        reputation=_choice(item, "reputation", Threshold),
        tags=_values(item, "tag"),
    )


def _switch(item: Element) -> tuple[str, str]:
    name, value = item.attribute("name"), item.attribute("value")
    try:
        check_switch(name, value)
    except UnknownSwitchError as error:
        raise PolicyRefusedError(str(error)) from error
    return name, value


def _read_all(parent: Element, name: str, read: Callable[[Element], T]) -> tuple[T, ...]:
    return tuple(read(item) for item in paced(parent.all(name), at_a_time=16))


def _values(parent: Element, name: str) -> tuple[str, ...]:
    return tuple(item.attribute("value") for item in paced(parent.all(name)))


def _numbers(parent: Element, name: str) -> tuple[int, ...]:
    return tuple(_number(item, "value") for item in parent.all(name))


def _required(item: Element, name: str) -> str:
    text = item.attribute(name)
    if not text:
        raise PolicyRefusedError(f"A {item.name} element has no {name}.")
    return text


def _number(item: Element, name: str) -> int:
    text = item.attribute(name)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _refusal(item, name, text)
    return int(text)


def _parsed(item: Element, name: str, parse: Callable[[str], T]) -> T:
    text = item.attribute(name)
    try:
        return parse(text)
    except ValueError as error:
        raise _refusal(item, name, text) from error


def _choice(item: Element, name: str, choices: Any) -> Any:
    text = item.attribute(name)
    if text not in get_args(choices):
        raise _refusal(item, name, text)
    return text


def _refusal(item: Element, name: str, text: str) -> PolicyRefusedError:
    return PolicyRefusedError(f"{item.name} {name}={text[:80]!r} is not understood.")
