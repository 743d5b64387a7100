"""Which rule decided, and where two verdicts part."""

from dataclasses import replace

from hypothesis import given, settings
from web_policies import one_action_policy, policies, web_request

from foundation.categories.demo import demo_categories
from foundation.webfilter.differences import deciding_step, first_difference
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.policy import FilterAction, Profile, SiteList, WebPolicy
from foundation.webfilter.verdict import VerdictReason

CATEGORIES = demo_categories()


def verdict_of(policy, url="http://games.example/"):
    return evaluate(policy, web_request(url), CATEGORIES)


def action(**changed):
    return FilterAction(ref="REF_A", name="A", **changed)


def group(ref, **changed):
    base = Profile(ref=f"REF_P{ref}", default_action_ref=f"REF_A{ref}", is_base=True)
    own = FilterAction(ref=f"REF_A{ref}", name=ref, **changed)
    return WebPolicy(group_ref=ref, profiles=(base,), actions=(own,))


def test_two_groups_part_at_the_rule_and_not_at_their_profiles():
    found = first_difference(
        verdict_of(group("G", categories=(116,))), verdict_of(group("H", categories=(115,)))
    )
    assert found is not None
    assert found.rule == "category 116 Games"
    assert found.first is not None
    assert found.second is not None
    assert (found.first.outcome, found.second.outcome) == ("match", "no match")


def test_a_rule_that_the_other_never_tried_stands_alone():
    listed = SiteList(ref="REF_S", domains=("games.example",))
    found = first_difference(
        verdict_of(one_action_policy(action(url_blacklist=(listed,)))),
        verdict_of(one_action_policy(action(categories=(116,)))),
    )
    assert found is not None
    assert (found.rule, found.second) == ("blacklist", None)


def test_the_earlier_rule_is_told():
    listed = SiteList(ref="REF_S", domains=("games.example",))
    other = replace(listed, domains=("x.example",))
    white = one_action_policy(action(url_whitelist=(listed,), categories=(116,)))
    black = one_action_policy(action(url_whitelist=(other,), categories=(116,)))
    found = first_difference(verdict_of(black), verdict_of(white))
    assert found is not None
    assert found.rule == "whitelist"
    assert found.first is not None
    assert found.first.outcome == "no match"


def test_two_verdicts_that_agree_on_everything_do_not_part():
    verdict = verdict_of(one_action_policy(action()))
    assert first_difference(verdict, verdict) is None


def test_the_deciding_list_entry_is_the_one_that_the_verdict_names():
    missed = SiteList(ref="REF_1", domains=("x.example",))
    listed = SiteList(ref="REF_2", domains=("games.example",))
    verdict = verdict_of(one_action_policy(action(url_blacklist=(missed, listed))))
    step = deciding_step(verdict)
    assert step is not None
    assert (step.rule, step.ref) == ("blacklist", "REF_2")


@settings(max_examples=60)
@given(first=policies, second=policies)
def test_for_any_policies_other_actions_have_a_first_difference_and_a_deciding_step(first, second):
    one, other = verdict_of(first), verdict_of(second)
    if one.action != other.action:
        assert first_difference(one, other) is not None
    if one.reason is not VerdictReason.DEFAULT:
        assert deciding_step(one) is not None
