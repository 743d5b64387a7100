"""The linter: what an administrator probably did not mean."""

from datetime import timedelta

import pytest

from utm.switches import set_switch
from utm.web_policy import GroupGoneError
from utm.web_policy.lint import lint
from utm.web_policy.lint_patterns import judge_pattern

from .conftest import NOON

MEANT = r"^https?://([A-Za-z0-9.-]*\.)?example\.com/"


@pytest.fixture
def tidy(lab):
    """Both groups have a profile made for endpoints: nothing to find."""
    lab.act = lab.action("A")
    lab.web = lab.profile("Roaming", lab.act, lab.default)
    lab.lint = lambda group="": lint(lab.appliance.snapshot, now=NOON, group_ref=group)
    lab.codes = lambda group="": [(each.ref, each.code) for each in lab.lint(group)]
    return lab


def blocked(tidy, **attributes):
    ref = tidy.create("http", "domain_regex", **{"name": "Sites", **attributes})
    tidy.change(tidy.act, url_blacklist=[ref])
    return ref


def test_a_tidy_policy_has_no_findings(tidy):
    blocked(tidy, mode="Domain", domain=["games.example"])
    assert tidy.lint() == ()
    assert tidy.lint(tidy.sales) == ()


def test_web_01_a_base_policy_action_mapped_to_a_group_is_one_warning(tidy):
    tidy.change(tidy.web, endpoints_groups=[tidy.sales])
    tidy.change(tidy.web, default_cff_action="REF_DefaultHTTPCFFAction")
    (found,) = tidy.lint(tidy.sales)
    assert (found.code, found.ref, found.group) == ("inconsistent_mapping", tidy.web, tidy.sales)
    assert "Sales" in found.sentence


def test_web_01_a_group_that_nothing_but_the_base_policy_decides_for_is_one_warning(tidy):
    tidy.change(tidy.web, endpoints_groups=[tidy.sales])
    assert tidy.codes(tidy.default) == [("REF_DefaultHTTPProfile", "inconsistent_mapping")]
    assert tidy.codes() == [("REF_DefaultHTTPProfile", "inconsistent_mapping")]


def test_web_01_a_dedicated_profile_gives_no_warning(tidy):
    assert "inconsistent_mapping" not in [code for _, code in tidy.codes()]


def test_a_group_with_web_control_off_is_not_judged(tidy):
    tidy.change(tidy.web, endpoints_groups=[tidy.sales])
    tidy.change(tidy.default, web_control=False)
    assert tidy.lint() == ()


@pytest.mark.parametrize(
    ("pattern", "codes"),
    [
        ("example\\.com", ["unanchored_pattern"]),
        ("^http://.*example\\.com", ["wide_pattern"]),
        ("^(http|https)://.*\\.example\\.com/", ["wide_pattern"]),
        ("^https?://www\\.example\\.com", ["open_ended_pattern"]),
        ("^https?://www\\.example\\.com$", []),
        ("^https://www\\.example\\.com/private", ["path_in_https"]),
        ("^https:\\/\\/www\\.example\\.com\\/", []),
        ("^https://www\\.example\\.com/.*", []),
        ("^http(s)?://[A-Za-z0-9.-]*example\\.com/", []),
        (MEANT, []),
        ("*.example.com", ["inactive_pattern"]),
        ("^http://a(?=b)", ["inactive_pattern"]),
    ],
)
def test_patterns_are_judged_by_what_they_match(pattern, codes):
    assert [code for code, _ in judge_pattern(pattern)] == codes


def test_a_pattern_in_an_exception_or_a_list_is_found_with_its_object(tidy):
    sites = blocked(tidy, mode="Regex", regexps=["example\\.com"])
    free = tidy.create(
        "http", "exception", name="Free", domains=["x\\.example"], skiplist=["url_filter"]
    )
    assert tidy.codes() == [(sites, "unanchored_pattern"), (free, "unanchored_pattern")]
    assert tidy.codes(tidy.sales) == [(sites, "unanchored_pattern")]  # the exception is off


def test_a_pattern_restricted_to_domains_needs_no_anchor(tidy):
    blocked(tidy, mode="Regex", regexps=["/x"], domain=["a.example"], restrict_regex=True)
    assert tidy.lint() == ()


def test_an_imported_pattern_is_kept_inactive_and_reported_with_what_was_meant(tidy):
    ref = tidy.appliance.bring_in(
        "http", "domain_regex", name="Old", mode="Regex", regexps=["*.example.com"]
    )
    tidy.change(tidy.act, url_blacklist=[ref])
    (found,) = tidy.lint(tidy.sales)
    assert (found.code, found.ref) == ("inactive_pattern", ref)
    assert MEANT in found.sentence
    assert "at character 1" in found.sentence
    assert tidy.verdict(tidy.sales, "http://www.example.com/").action == "allow"


def test_an_imported_pattern_that_nothing_uses_is_reported_too(tidy):
    ref = tidy.appliance.bring_in("http", "exception", name="Old", domains=["("], skiplist=["av"])
    assert tidy.codes() == [(ref, "inactive_pattern")]


def test_with_urls_of_https_seen_a_path_is_no_finding(tidy):
    blocked(tidy, mode="Regex", regexps=["^https://a\\.example/private"])
    assert [code for _, code in tidy.codes()] == ["path_in_https"]
    with tidy.appliance.edit() as edit:
        set_switch(edit, "https_sees", "url")
    assert tidy.lint() == ()


@pytest.mark.parametrize(
    "attributes",
    [
        {"mode": "Domain"},
        {"mode": "Regex"},
        {"mode": "Domain", "domain": ["a.example"], "regexps": ["^http://a/"]},
        {"mode": "Regex", "regexps": ["^http://a/"], "restrict_regex": True},
    ],
)
def test_a_list_that_can_match_nothing_is_found(tidy, attributes):
    ref = blocked(tidy, **attributes)
    assert tidy.codes() == [(ref, "never_matches")]


@pytest.mark.parametrize("attributes", [{"skiplist": ["url_filter"]}, {"domains": ["^http://a/"]}])
def test_an_exception_without_criteria_or_effect_is_found(tidy, attributes):
    ref = tidy.create("http", "exception", name="Free", status=True, **attributes)
    assert (ref, "never_matches") in tidy.codes()


def test_warn_categories_that_are_blocked_anyhow_are_found(tidy):
    tidy.change(tidy.act, sp_categories=["REF_Drugs"], sp_categories_warn=["REF_Drugs"])
    assert tidy.codes() == [(tidy.act, "never_matches")]


def test_a_tag_that_no_site_carries_is_found(tidy):
    tag = tidy.create("http", "lsl_tag", name="mirror")
    tidy.change(tidy.act, block_tags=[tag])
    assert tidy.codes() == [(tidy.act, "never_matches")]
    tidy.create("http", "local_site", name="a", site="a.example", tags=[tag])
    assert tidy.lint() == ()


def test_a_policy_after_one_for_everybody_is_found(tidy):
    kim = tidy.create("aaa", "user", name="kim")
    first, second = (tidy.policy(name, tidy.act, aaa=[kim]) for name in ("first", "second"))
    everybody, last = (tidy.policy(name, tidy.act) for name in ("everybody", "last"))
    tidy.change(tidy.web, cff_profiles=[first, second, everybody, last])
    assert tidy.codes() == [(second, "policy_shadowed"), (last, "policy_shadowed")]


def test_a_policy_with_a_time_hides_nothing_but_its_like(tidy):
    noon = tidy.create(
        "time", "recurring", name="noon", start_time="12:00", end_time="13:00", weekdays=["mon"]
    )
    first = tidy.policy("first", tidy.act, time_event=noon)
    same = tidy.policy("same", tidy.act, time_event=noon)
    last = tidy.policy("last", tidy.act)
    tidy.change(tidy.web, cff_profiles=[first, same, last])
    assert tidy.codes() == [(same, "policy_shadowed")]


def test_a_time_that_is_over_is_found(tidy):
    day = (NOON - timedelta(days=1)).date().isoformat()
    gone = tidy.create(
        "time",
        "single",
        name="gone",
        start_date=day,
        start_time="08:00",
        end_date=day,
        end_time="09:00",
    )
    policy = tidy.policy("party", tidy.act, time_event=gone)
    tidy.change(tidy.web, cff_profiles=[policy])
    assert tidy.codes() == [(policy, "never_matches")]
    assert lint(tidy.appliance.snapshot, now=NOON - timedelta(days=2)) == ()


def test_a_profile_behind_another_for_the_same_group_is_found(tidy):
    second = tidy.profile("Second", tidy.action("B"), tidy.sales)
    # A new profile comes first: the one for every group still decides for the default group.
    assert tidy.lint() == ()
    tidy.set_node("http.profiles", [tidy.web, second, "REF_DefaultHTTPProfile"])
    (found,) = tidy.lint()
    assert (found.code, found.ref) == ("profile_never_reached", second)
    assert "Roaming" in found.sentence
    assert tidy.codes(tidy.sales) == [(second, "profile_never_reached")]
    assert tidy.codes(tidy.default) == []


def test_a_profile_for_groups_without_web_control_is_found(tidy):
    tidy.change(tidy.sales, web_control=False)
    second = tidy.profile("Second", tidy.action("B"), tidy.sales)
    (found,) = tidy.lint()
    assert (found.ref, found.code) == (second, "profile_never_reached")
    assert "Web Control is off" in found.sentence


def test_a_profile_of_the_gateway_alone_is_no_finding(tidy):
    tidy.profile("Gateway", tidy.action("B"))
    assert tidy.lint() == ()


def test_what_endpoints_cannot_do_is_a_finding_of_the_same_code(tidy):
    tidy.change(tidy.act, sandbox=True)
    assert tidy.codes() == [(tidy.act, "sandbox")]


def test_a_group_that_does_not_exist_has_a_named_error(tidy):
    with pytest.raises(GroupGoneError):
        tidy.lint("REF_Gone")
