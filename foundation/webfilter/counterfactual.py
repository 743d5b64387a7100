"""Would change if: the nearest conditions under which a verdict would be another one.

- Pure and deterministic: each proposal is evaluated by the reference evaluation, and only one that
  really turns the verdict is told. At most `_MOST_TRIED` evaluations, whatever the policy.
- A condition is one change: a list entry less, a category allowed, an exception more, another
  time, another user, another reading of a doubtful rule.
- Sites that do not cover the host are left out first, so that long lists cost one pass.
- Times are the next beginnings and ends of the rules' windows, within eight days.

Example:
    >>> from datetime import UTC, datetime
    >>> from foundation.categories.demo import demo_categories
    >>> from foundation.webfilter.evaluate import evaluate
    >>> from foundation.webfilter.policy import FilterAction, Profile
    >>> action = FilterAction(ref="REF_A", name="A", categories=(116,))
    >>> base = Profile(ref="REF_P", default_action_ref="REF_A", is_base=True)
    >>> policy = WebPolicy(group_ref="REF_G", profiles=(base,), actions=(action,))
    >>> request = WebRequest("http://games.example/", "GET", datetime(2026, 1, 1, tzinfo=UTC))
    >>> verdict = evaluate(policy, request, demo_categories())
    >>> next(changes(policy, request, verdict, demo_categories())).what
    'filter action "A" (REF_A) allowed category 116 Games'

Provenance: ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from itertools import chain, islice
from typing import Final

from foundation.categories.category import CategorySource
from foundation.categories.hosts import is_within
from foundation.webfilter.conditions import zone_of
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.policy import Outcome, PolicyRule, SiteList, TimeWindow, WebPolicy
from foundation.webfilter.proposal import Case, Kind, Proposal
from foundation.webfilter.proposals import (
    with_another_reading,
    with_another_user,
    with_exception,
    with_objection,
    without_deciding_rule,
)
from foundation.webfilter.sites import split_site
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.target import InvalidTargetError, read_target
from foundation.webfilter.verdict import Verdict, VerdictReason, WebRequest

_MOST_TRIED: Final = 200
_DAYS_AHEAD: Final = 8
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Change:
    """A condition, the object it is about, and the verdict that it would give."""

    kind: Kind
    what: str
    ref: str
    action: Outcome
    reason: VerdictReason


def changes(
    policy: WebPolicy, request: WebRequest, verdict: Verdict, categories: CategorySource
) -> Iterator[Change]:
    """Yield the conditions that would turn a verdict, the nearest first.

    Args:
        policy: Under which the verdict was reached.
        request: What it is about.
        verdict: Of the reference evaluation, with its trace.
        categories: What the evaluation saw.
    """
    if verdict.reason is VerdictReason.INVALID_URL:
        return
    case = Case(_near(policy, request), request, verdict)
    proposals = chain(
        without_deciding_rule(case),
        with_exception(case),
        _at_another_time(case),
        with_another_user(case),
        with_objection(case),
        with_another_reading(case),
    )
    for one in islice(proposals, _MOST_TRIED):
        other = evaluate(one.policy, one.request, categories)
        if other.action != verdict.action:
            yield Change(one.kind, one.what, one.ref, other.action, other.reason)


def nearest_changes(
    policy: WebPolicy,
    request: WebRequest,
    verdict: Verdict,
    categories: CategorySource,
    *,
    count: int = 3,
) -> tuple[Change, ...]:
    """Return the nearest conditions, at most one of each kind."""
    found: dict[str, Change] = {}
    for one in changes(policy, request, verdict, categories):
        found.setdefault(one.kind, one)
        if len(found) == count:
            break
    return tuple(found.values())


def _near(policy: WebPolicy, request: WebRequest) -> WebPolicy:
    """Leave out listed sites that do not cover the host: they are many, and cannot decide."""
    try:
        host = read_target(request.url, request.method).host
    except InvalidTargetError:
        return policy

    def listed(entries: tuple[SiteList, ...]) -> tuple[SiteList, ...]:
        return tuple(
            replace(one, domains=tuple(each for each in one.domains if _covers(each, host)))
            for one in entries
        )

    actions = tuple(
        replace(
            one, url_whitelist=listed(one.url_whitelist), url_blacklist=listed(one.url_blacklist)
        )
        for one in policy.actions
    )
    sites = tuple(one for one in policy.local_sites if _covers(one.site, host))
    return replace(policy, actions=actions, local_sites=sites)


def _covers(site: str, host: str) -> bool:
    listed, _path = split_site(site)
    return bool(listed) and is_within(host, listed)


def _at_another_time(case: Case) -> Iterator[Proposal]:
    zone = zone_of(case.policy.timezone, SwitchBoard(case.policy.switches))
    local = case.request.at.astimezone(zone) if zone is not None else case.request.at
    moments: list[tuple[datetime, str, PolicyRule]] = []
    for profile in case.policy.profiles:
        if profile.ref == case.verdict.profile_ref:
            for rule in profile.rules:
                if rule.time is not None:
                    moments += [(*one, rule) for one in _edges(rule.time, local)]
    moments.sort(key=lambda one: one[0])
    for moment, edge, rule in moments:
        name = _WEEKDAYS[moment.weekday()]
        what = f'it were {name} {moment:%Y-%m-%d %H:%M} (rule "{rule.name}" {edge})'
        yield case.with_request("time", what, rule.ref, at=moment)


def _edges(window: TimeWindow, local: datetime) -> Iterator[tuple[datetime, str]]:
    """Yield the moments after the given one at which a window opens or closes."""
    if window.kind == "single":
        pairs = ((window.start_date, window.start, "begins"), (window.end_date, window.end, "ends"))
        for day, clock, edge in pairs:
            if day is not None:
                moment = datetime.combine(day, clock, local.tzinfo)
                if moment > local and moment.year < MAXYEAR:
                    yield moment, edge
        return
    if not MINYEAR < local.year < MAXYEAR:
        return
    closes_next_day = not window.start < window.end
    for ahead in range(-1, _DAYS_AHEAD):
        day = (local + timedelta(days=ahead)).date()
        if day.weekday() not in window.weekdays:
            continue
        last = day + timedelta(days=1) if closes_next_day else day
        edges: tuple[tuple[datetime, str], ...] = (
            (datetime.combine(day, window.start, local.tzinfo), "begins"),
            (datetime.combine(last, window.end, local.tzinfo), "ends"),
        )
        yield from (one for one in edges if one[0] > local)
