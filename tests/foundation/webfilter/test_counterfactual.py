"""What would turn a verdict: the nearest condition, and never one that does not turn it."""

from dataclasses import replace
from datetime import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web_policies import NOON, one_action_policy, policies, web_request

from foundation.categories.demo import demo_categories
from foundation.webfilter.counterfactual import changes, nearest_changes
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.policy import (
    FilterAction,
    LocalSite,
    PolicyRule,
    Profile,
    SiteList,
    TimeWindow,
    WebException,
    WebPolicy,
)

CATEGORIES = demo_categories()
GAMES = "http://games.example/"


def nearest(policy, url=GAMES, **request):
    asked = web_request(url, **request)
    verdict = evaluate(policy, asked, CATEGORIES)
    return nearest_changes(policy, asked, verdict, CATEGORIES)


def first(policy, url=GAMES, **request):
    found = nearest(policy, url, **request)[0]
    return found.kind, found.action


def action(**changed):
    return FilterAction(ref="REF_A", name="A", **changed)


GAMES_ENTRY = SiteList(ref="REF_S", name="games", domains=("games.example",))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"categories": (116,)}, ("category", "allow")),
        ({"warn_categories": (116,)}, ("category", "allow")),
        ({"quota_categories": (116,)}, ("category", "allow")),
        ({"mode": "deny"}, ("category", "allow")),
        ({"url_blacklist": (GAMES_ENTRY,)}, ("list", "allow")),
        ({"categories": (116,), "url_whitelist": (GAMES_ENTRY,)}, ("list", "block")),
        ({"min_reputation": "trusted"}, ("reputation", "allow")),
        ({}, ("category", "block")),
    ],
)
def test_what_decided_is_the_nearest(changed, expected):
    assert first(one_action_policy(action(**changed))) == expected


def test_a_spyware_site_turns_with_the_option():
    policy = one_action_policy(
        FilterAction(ref="REF_A", name="A", spyware=True),
        local_sites=(LocalSite(site="games.example", category=150),),
    )
    assert nearest(policy)[0].what == (
        'filter action "A" (REF_A) allowed category 150 Spyware/Adware'
    )


def test_a_list_entry_is_named():
    found = nearest(one_action_policy(action(url_blacklist=(GAMES_ENTRY,))))[0]
    assert found.what == 'filter action "A" (REF_A) had no block list entry "games" (REF_S)'


def test_of_two_entries_that_match_the_whole_list_is_the_condition():
    twice = (GAMES_ENTRY, replace(GAMES_ENTRY, ref="REF_T"))
    found = nearest(one_action_policy(action(url_blacklist=twice)))[0]
    assert "had an empty block list" in found.what


def test_long_lists_are_passed_over_once(monkeypatch):
    many = tuple(f"site{number}.test" for number in range(2000))
    listed = replace(GAMES_ENTRY, domains=(*many, "games.example"))
    policy = one_action_policy(
        action(url_blacklist=(listed,)), local_sites=tuple(LocalSite(site=one) for one in many)
    )
    lengths = []

    def counting(one, *rest):
        lengths.append(len(one.local_sites) + len(one.actions[0].url_blacklist))
        return evaluate(one, *rest)

    monkeypatch.setattr("foundation.webfilter.counterfactual.evaluate", counting)
    assert first(policy) == ("list", "allow")
    assert max(lengths) == 1


def test_an_extension_is_named():
    policy = one_action_policy(action(extensions=("zip", "exe")))
    found = nearest(policy, "http://news.example/a.exe")[0]
    assert (found.kind, found.action) == ("extension", "allow")
    assert "extension exe" in found.what


def test_an_uncategorized_site_turns_by_the_setting():
    blocked = one_action_policy(action(uncategorized="block"))
    assert first(blocked, "http://unknown.example/") == ("uncategorized", "allow")
    assert first(one_action_policy(action()), "http://unknown.example/") == (
        "uncategorized",
        "block",
    )


def test_a_tag_is_named():
    policy = one_action_policy(
        action(warn_tags=("red",)),
        local_sites=(LocalSite(site="games.example", tags=("red",)),),
    )
    assert "had no tag red to warn" in nearest(policy)[0].what


def test_an_exception_that_matched_and_one_that_did_not():
    exception = WebException(ref="REF_E", name="E", domains=("games",), skip=("url_filter",))
    policy = one_action_policy(action(categories=(116,)), exceptions=(exception,))
    assert first(policy) == ("exception", "block")
    missed = one_action_policy(
        action(categories=(116,)), exceptions=(replace(exception, domains=("other",)),)
    )
    assert [one.what for one in nearest(missed) if one.kind == "exception"] == [
        'exception "E" (REF_E) covered it'
    ]


def with_rule(**rule):
    games = PolicyRule(ref="REF_R", name="R", action_ref="REF_A", **rule)
    base = Profile(ref="REF_P", rules=(games,), default_action_ref="REF_B", is_base=True)
    actions = (action(categories=(116,)), FilterAction(ref="REF_B", name="B"))
    return WebPolicy(group_ref="G", profiles=(base,), actions=actions)


def test_the_next_edge_of_a_time_window_is_told_in_the_policys_zone():
    weekdays = TimeWindow(start=time(8), end=time(18), weekdays=(0, 1, 2, 3, 4))
    policy = replace(with_rule(time=weekdays), timezone="Europe/Berlin")
    closes = [one for one in nearest(policy, at=NOON) if one.kind == "time"]
    assert closes[0].what == 'it were Fri 2026-11-20 18:00 (rule "R" ends)'
    opens = [one for one in nearest(policy, at=NOON.replace(hour=20)) if one.kind == "time"]
    assert opens[0].what == 'it were Mon 2026-11-23 08:00 (rule "R" begins)'


def test_a_user_of_a_rule_is_told():
    users = [one for one in nearest(with_rule(users=("LAB\\ann",))) if one.kind == "user"]
    assert users[0].what == 'the user were LAB\\ann (rule "R")'
    nobody = [one for one in nearest(with_rule(users=("ann",)), user="ann") if one.kind == "user"]
    assert nobody[0].action == "allow"


def test_another_reading_is_told():
    policy = one_action_policy(action(url_blacklist=(GAMES_ENTRY,), url_whitelist=(GAMES_ENTRY,)))
    asked = web_request(GAMES)
    found = list(changes(policy, asked, evaluate(policy, asked, CATEGORIES), CATEGORIES))
    assert "switch whitelist_beats_blacklist were false" in [one.what for one in found]


def test_web_control_that_is_off():
    policy = one_action_policy(action(categories=(116,)), web_control=False)
    assert first(policy) == ("web_control", "block")


def test_a_url_that_cannot_be_read_has_no_condition():
    assert nearest(one_action_policy(), "http://[/") == ()


@settings(max_examples=60)
@given(
    policy=policies,
    url=st.sampled_from([GAMES, "https://games.example/a.exe", "http://x.example/b.zip", "::"]),
    at=st.datetimes().map(lambda at: at.replace(tzinfo=NOON.tzinfo)),
)
def test_for_any_policy_each_condition_turns_the_verdict_and_the_order_is_the_same(policy, url, at):
    # A year that a zone's offset does not carry out of the calendar.
    asked = web_request(url, at=at.replace(year=min(max(at.year, 2), 9998)))
    verdict = evaluate(policy, asked, CATEGORIES)
    found = list(changes(policy, asked, verdict, CATEGORIES))
    assert all(one.action != verdict.action for one in found)
    assert found == list(changes(policy, asked, verdict, CATEGORIES))
