from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.categories.category import Category
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.policy import FilterAction, Profile, WebPolicy
from foundation.webfilter.verdict import WebRequest
from utm.web_policy.quota import without_quota

AT = datetime(2026, 11, 20, tzinfo=UTC)


def action_of(lab, **attributes):
    action = lab.action("Quotas", **attributes)
    lab.profile("Roaming", action, lab.sales)
    compiled = lab.compile(lab.sales).action(action)
    assert compiled.quota_categories == ()
    assert compiled.quota_tags == ()
    assert compiled.uncategorized != "quota"
    return compiled


def test_web_02_a_quota_is_compiled_to_warn_by_default(lab):
    tag = lab.create("http", "lsl_tag", name="limited")
    compiled = action_of(
        lab,
        sp_categories_quota=["REF_GamesGambles"],
        quota_tags=[tag],
        uncategorized_websites="quota",
    )
    assert compiled.warn_categories == (115, 116, 166)
    assert compiled.warn_tags == (tag,)
    assert compiled.uncategorized == "warn"
    assert lab.verdict(lab.sales, "http://games.example/").action == "warn"
    assert lab.verdict(lab.sales, "http://nobody-knows.example/").action == "warn"


def test_web_02_the_node_decides_what_a_quota_becomes(lab):
    lab.set_node("http.epp_quota_action", "block")
    compiled = action_of(lab, sp_categories_quota=["REF_GamesGambles"])
    assert compiled.categories == (115, 116, 166)
    assert compiled.warn_categories == ()
    assert lab.compile(lab.sales).quota_action == "block"
    lab.set_node("http.epp_quota_action", "allow")
    assert lab.verdict(lab.sales, "http://games.example/").action == "allow"


def test_web_02_the_compiler_says_which_action_had_quotas(lab):
    action = lab.action("Quotas", sp_categories_quota=["REF_GamesGambles"])
    lab.profile("Roaming", action, lab.sales)
    assert lab.warnings(lab.sales) == [(action, "quota")]


class _One:
    def __init__(self, id_):
        self._category = Category((id_,))

    def lookup(self, _host):
        return self._category


_IDS = st.sets(st.integers(100, 105)).map(lambda ids: tuple(sorted(ids)))


@pytest.mark.parametrize("quota_action", ["allow", "warn", "block"])
@given(
    mode=st.sampled_from(["allow", "deny"]),
    listed=_IDS,
    warned=_IDS,
    quota=_IDS,
    category=st.integers(100, 106),
)
def test_web_02_folding_quotas_changes_no_verdict(
    *, quota_action, mode, listed, warned, quota, category
):
    action = FilterAction(
        ref="A", mode=mode, categories=listed, warn_categories=warned, quota_categories=quota
    )
    base = Profile(ref="P", default_action_ref="A", is_base=True)
    policy = WebPolicy(
        group_ref="G", profiles=(base,), actions=(action,), quota_action=quota_action
    )
    folded = replace(policy, actions=(without_quota(action, quota_action),))
    request = WebRequest("http://a.example/", "GET", AT)
    assert (
        evaluate(folded, request, _One(category)).action
        == evaluate(policy, request, _One(category)).action
    )
