"""Both readings of every doubtful rule, each by a request on which they part."""

from dataclasses import replace
from datetime import datetime, time, timedelta, timezone

import pytest
from web_policies import NOON, one_action_policy, web_request

from foundation.categories.category import Category
from foundation.categories.category_set import CategorySet
from foundation.webfilter.engine import Engine
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.policy import (
    FilterAction,
    LocalSite,
    PolicyRule,
    Profile,
    SiteList,
    TimeWindow,
    WebException,
)
from foundation.webfilter.switches import SWITCHES

CATEGORIES = CategorySet(
    {
        "games.example": Category((116,)),
        "two.example": Category((105, 116)),
        "spy.example": Category((150,)),
    }
)
GAMES = "http://games.example/"
NOT_OF_VERDICTS = {"office_filter", "endpoint_https"}
"""Who decides, and what is seen: tests/endpoint/web_control has their readings."""


def action(**settings):
    return one_action_policy(FilterAction(ref="REF_A", **settings))


def ruled(rule):
    """A policy that allows all, with a rule whose action blocks games."""
    base = Profile(ref="P", rules=(rule,), default_action_ref="REF_A", is_base=True)
    blocks = FilterAction(ref="REF_B", categories=(116,))
    return replace(action(), profiles=(base,), actions=(FilterAction(ref="REF_A"), blocks))


def domain(ref="L", host="games.example"):
    return SiteList(ref=ref, domains=(host,))


EVENING = TimeWindow(start=time(18), end=time(20), weekdays=(4,))
AT_NOON_UTC_EVENING_THERE = datetime.astimezone(NOON, timezone(timedelta(hours=7)))

CASES = {
    "whitelist_beats_blacklist": (
        action(url_whitelist=(domain(),), url_blacklist=(domain(),)),
        web_request(GAMES),
        {"true": "allow", "false": "block"},
    ),
    "https_sees": (
        action(extensions=("exe",)),
        web_request("https://games.example/setup.exe"),
        {"host": "allow", "url": "block"},
    ),
    "url_filter_skip": (
        replace(
            action(url_blacklist=(domain(),)),
            exceptions=(WebException(ref="E", users=("ann",), skip=("url_filter",)),),
        ),
        web_request(GAMES, user="ann"),
        {"all": "allow", "categories": "block"},
    ),
    "whitelist_skips_extensions": (
        action(url_whitelist=(domain(),), extensions=("exe",)),
        web_request("http://games.example/setup.exe"),
        {"false": "block", "true": "allow"},
    ),
    "tag_order": (
        replace(
            action(block_tags=("red",), allow_tags=("green",)),
            local_sites=(LocalSite(site="games.example", tags=("green", "red")),),
        ),
        web_request(GAMES),
        {"block_first": "block", "allow_first": "allow"},
    ),
    "local_site_tags": (
        replace(
            action(block_tags=("red",)),
            local_sites=(
                LocalSite(site="example", include_subdomains=True, tags=("red",)),
                LocalSite(site="games.example", tags=("green",)),
            ),
        ),
        web_request(GAMES),
        {"union": "block", "nearest": "allow"},
    ),
    "several_categories": (
        action(categories=(116,)),
        web_request("http://two.example/"),
        {"strictest": "block", "first": "allow"},
    ),
    "min_reputation_uncategorized": (
        action(min_reputation="neutral"),
        web_request("http://unknown.example/"),
        {"true": "block", "false": "allow"},
    ),
    "spyware_sites": (
        action(spyware=True),
        web_request("http://spy.example/"),
        {"blocked": "block", "ignored": "allow"},
    ),
    "time_zone": (
        ruled(PolicyRule(ref="R", time=EVENING, action_ref="REF_B")),
        web_request(GAMES, at=AT_NOON_UTC_EVENING_THERE),
        {"utm": "allow", "endpoint": "block"},
    ),
    "user_domain": (
        ruled(PolicyRule(ref="R", users=("ann",), action_ref="REF_B")),
        web_request(GAMES, user="LAB\\ann"),
        {"optional": "block", "exact": "allow"},
    ),
    "pattern_case": (
        action(url_blacklist=(SiteList(ref="B", mode="Regex", regexps=("^http://GAMES",)),)),
        web_request(GAMES),
        {"insensitive": "block", "sensitive": "allow"},
    ),
}


def test_every_switch_has_its_case():
    assert CASES.keys() | NOT_OF_VERDICTS == SWITCHES.keys()


@pytest.mark.parametrize("name", CASES)
def test_both_readings_of_a_switch_by_reference_and_engine(name):
    policy, request, expected = CASES[name]
    assert tuple(expected) == SWITCHES[name].values
    assert len(set(expected.values())) == len(expected)
    assert evaluate(policy, request, CATEGORIES).action == expected[SWITCHES[name].default]
    for value, outcome in expected.items():
        switched = replace(policy, switches=((name, value),))
        assert evaluate(switched, request, CATEGORIES).action == outcome
        assert Engine(switched).verdict(request, CATEGORIES).action == outcome
