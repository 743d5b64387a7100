"""Generated and hand-made web policies."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from foundation.webfilter.policy import (
    SKIPS,
    FilterAction,
    LocalSite,
    PolicyRule,
    Profile,
    SiteList,
    TimeWindow,
    WebException,
    WebPolicy,
)
from foundation.webfilter.switches import SWITCHES
from foundation.webfilter.verdict import WebRequest

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def one_action_policy(action=None, **changes):
    """A policy with a base profile whose default is the action."""
    action = action or FilterAction(ref="REF_A", name="Action")
    base = Profile(
        ref="REF_DefaultHTTPProfile", name="Base", default_action_ref=action.ref, is_base=True
    )
    settings = {"group_ref": "REF_G", "profiles": (base,), "actions": (action,), **changes}
    return WebPolicy(**settings)


def web_request(url="http://games.example/", method="GET", at=NOON, **changes):
    return WebRequest(url=url, method=method, at=at, **changes)


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r <&\"'"),
    max_size=12,
)
names = texts.filter(bool)
text_tuples = st.lists(texts, max_size=3).map(tuple)
ids = st.lists(st.sampled_from([105, 115, 116, 134, 150, 9998]), max_size=3).map(tuple)
sites = st.sampled_from(
    ["games.example", "example", "www.games.example", "news.example/a", "127.0.0.1", "*.x", ""]
)
SUBDOMAINS = "([A-Za-z0-9.-]*\\.)?"
patterns = st.sampled_from(
    [
        "^https?://games\\.example/",
        f"^https?://{SUBDOMAINS}Games\\.example/",
        f"^http://{SUBDOMAINS}example/play",
        "*.example.com",
        "(a+)+$",
        "example",
        "(?=x)",
        "[",
        "\\d{3}",
    ]
)
tags = st.lists(st.sampled_from(["red", "green", "blue"]), max_size=2).map(tuple)
reputations = st.sampled_from(
    ["off", "malicious", "suspicious", "unverified", "neutral", "trusted"]
)
site_lists = st.builds(
    SiteList,
    ref=texts,
    name=texts,
    mode=st.sampled_from(["Domain", "Regex"]),
    domains=st.lists(sites, max_size=3).map(tuple),
    include_subdomains=st.booleans(),
    regexps=st.lists(patterns, max_size=3).map(tuple),
    restrict=st.booleans(),
)
site_list_tuples = st.lists(site_lists, max_size=2).map(tuple)
windows = st.builds(
    TimeWindow,
    ref=texts,
    name=texts,
    kind=st.sampled_from(["recurring", "single"]),
    start=st.times(),
    end=st.times(),
    weekdays=st.lists(st.integers(0, 6), max_size=7, unique=True).map(tuple),
    start_date=st.none() | st.dates(),
    end_date=st.none() | st.dates(),
)


extensions = st.lists(
    st.sampled_from(["exe", ".ZIP", "", "gz", " tar.gz", "a/b", '<&" ']), max_size=2
).map(tuple)


def actions(ref):
    return st.builds(
        FilterAction,
        ref=st.just(ref),
        name=texts,
        mode=st.sampled_from(["allow", "deny"]),
        categories=ids,
        warn_categories=ids,
        quota_categories=ids,
        allow_tags=tags,
        block_tags=tags,
        warn_tags=tags,
        quota_tags=tags,
        url_whitelist=site_list_tuples,
        url_blacklist=site_list_tuples,
        uncategorized=st.sampled_from(["allow", "warn", "block", "quota"]),
        min_reputation=reputations,
        spyware=st.booleans(),
        safe_search=st.lists(
            st.sampled_from(["google", "bing", "yahoo"]), max_size=2, unique=True
        ).map(tuple),
        extensions=extensions,
        extensions_warn=extensions,
        content_types=text_tuples,
        content_types_warn=text_tuples,
        log_access=st.booleans(),
        log_blocked=st.booleans(),
    )


action_refs = st.sampled_from(["REF_A", "REF_B"])
rules = st.builds(
    PolicyRule,
    ref=names,
    name=texts,
    users=st.lists(st.sampled_from(["ann", "LAB\\bob", ""]), max_size=2).map(tuple),
    time=st.none() | windows,
    action_ref=action_refs,
)


def profiles(*, is_base):
    return st.builds(
        Profile,
        ref=names,
        name=texts,
        rules=st.lists(rules, max_size=2).map(tuple),
        default_action_ref=action_refs,
        is_base=st.just(is_base),
        networks=st.just(())
        if is_base
        else st.lists(st.sampled_from(["10.0.0.0/8", "::/0", "nonsense"]), max_size=2).map(tuple),
    )


exceptions = st.builds(
    WebException,
    ref=names,
    name=texts,
    operator=st.sampled_from(["AND", "OR"]),
    domains=st.lists(patterns, max_size=2).map(tuple),
    users=st.lists(st.sampled_from(["ann", "bob"]), max_size=2).map(tuple),
    networks=st.lists(st.sampled_from(["10.0.0.0/8", "x"]), max_size=2).map(tuple),
    categories=ids,
    tags=tags,
    user_agents=st.lists(st.sampled_from(["mozilla", "curl", ""]), max_size=2).map(tuple),
    endpoints_groups=st.lists(st.sampled_from(["REF_G", "REF_H"]), max_size=2).map(tuple),
    skip=st.lists(st.sampled_from(sorted(SKIPS)), max_size=4).map(tuple),
)
local_sites = st.builds(
    LocalSite,
    ref=texts,
    site=sites.filter(bool),
    include_subdomains=st.booleans(),
    category=st.none() | st.sampled_from([116, 105, 9998]),
    reputation=reputations,
    tags=tags,
)
switch_settings = st.sampled_from(
    [(switch.name, value) for switch in SWITCHES.values() for value in switch.values]
)
policies = st.builds(
    WebPolicy,
    group_ref=names,
    group_name=texts,
    web_control=st.booleans(),
    profiles=st.tuples(profiles(is_base=False), profiles(is_base=True)),
    actions=st.tuples(actions("REF_A"), actions("REF_B")),
    exceptions=st.lists(exceptions, max_size=2).map(tuple),
    local_sites=st.lists(local_sites, max_size=3).map(tuple),
    quota_action=st.sampled_from(["allow", "warn", "block"]),
    proceed_timeout_s=st.integers(0, 10**6),
    timezone=st.sampled_from(["UTC", "Europe/Berlin", "No/Where"]),
    switches=st.lists(switch_settings, max_size=3, unique_by=lambda s: s[0]).map(tuple),
)
