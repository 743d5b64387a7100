"""The policy of the proxy benchmark, and what decides by it."""

from datetime import time

from foundation.categories.demo import demo_categories
from foundation.webfilter.context import Decide
from foundation.webfilter.engine import Engine
from foundation.webfilter.policy import (
    FilterAction,
    PolicyRule,
    Profile,
    SiteList,
    TimeWindow,
    WebException,
    WebPolicy,
)
from foundation.webfilter.verdict import Verdict, WebRequest


def office_policy() -> WebPolicy:
    """Return 200 blocked domains, categories, patterns, exceptions and a rule by time."""
    office = FilterAction(
        ref="REF_HttCffOffice",
        name="Office",
        categories=(116, 105),
        warn_categories=(195,),
        url_blacklist=(
            SiteList(
                ref="REF_HttDomBlocked",
                domains=tuple(f"blocked-{number}.example" for number in range(200)),
                include_subdomains=True,
            ),
            SiteList(ref="REF_HttDomPattern", mode="Regex", regexps=(r"^https?://ads?\.",)),
        ),
        min_reputation="suspicious",
        extensions=("exe", "scr"),
        content_types=("video/mp4",),
    )
    window = TimeWindow(start=time(12), end=time(13), weekdays=(0, 1, 2, 3, 4))
    rules = (
        PolicyRule(ref="REF_HttPolBob", users=("bob",), action_ref=office.ref),
        PolicyRule(ref="REF_HttPolNoon", users=("eve",), time=window, action_ref=office.ref),
    )
    base = Profile(
        ref="REF_DefaultHTTPProfile",
        name="Base",
        rules=rules,
        default_action_ref=office.ref,
        is_base=True,
    )
    exceptions = tuple(
        WebException(
            ref=f"REF_HttExc{number}",
            domains=(rf"^https?://([a-z0-9-]+\.)*vendor-{number}\.example/",),
            skip=("av", "url_filter"),
        )
        for number in range(5)
    )
    return WebPolicy(
        group_ref="REF_Group", profiles=(base,), actions=(office,), exceptions=exceptions
    )


def decide_by(policy: WebPolicy) -> Decide:
    """Return what decides by the policy."""
    categories, engine = demo_categories(), Engine(policy)

    def decide(request: WebRequest) -> Verdict:
        return engine.verdict(request, categories)

    return decide
