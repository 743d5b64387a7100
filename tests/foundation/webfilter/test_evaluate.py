"""The reading of the reference evaluation, rule by rule."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web_policies import NOON, one_action_policy, policies, web_request

from foundation.categories.category import Category
from foundation.categories.category_set import CategorySet
from foundation.categories.demo import demo_categories
from foundation.webfilter.content import ContentRules, evaluate_content
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
from foundation.webfilter.verdict import VerdictReason

CATEGORIES = demo_categories()
GAMES_BLOCKED = FilterAction(ref="REF_A", name="Block games", categories=(116,))


def verdict_of(policy, url="http://games.example/", **request):
    return evaluate(policy, web_request(url, **request), CATEGORIES)


def outcome(policy, url="http://games.example/", **request):
    verdict = verdict_of(policy, url, **request)
    return verdict.action, verdict.reason.value


def action(**settings):
    return one_action_policy(FilterAction(ref="REF_A", **settings))


def test_a_blocked_category_blocks_and_the_verdict_names_everything():
    verdict = verdict_of(one_action_policy(GAMES_BLOCKED))

    assert (verdict.action, verdict.reason) == ("block", VerdictReason.CATEGORY)
    assert verdict.category_ids == (116,)
    assert verdict.category_name == "Games"
    assert verdict.reputation == "neutral"
    assert verdict.filter_action_ref == "REF_A"
    assert verdict.profile_ref == "REF_DefaultHTTPProfile"
    assert verdict.host == "games.example"


def test_the_trace_is_numbered_and_says_why():
    trace = verdict_of(one_action_policy(GAMES_BLOCKED)).trace

    assert [step.number for step in trace] == list(range(1, len(trace) + 1))
    assert trace[-1].rule == "category 116 Games"
    assert trace[-1].outcome == "match"
    assert "mode allow" in trace[-1].why


def test_mode_deny_blocks_all_but_the_listed_categories():
    policy = action(mode="deny", categories=(134,))

    assert outcome(policy, "http://news.example/") == ("allow", "default")
    assert outcome(policy, "http://games.example/") == ("block", "category")


def test_a_warn_category_warns_in_both_modes():
    for mode in ("allow", "deny"):
        assert outcome(action(mode=mode, warn_categories=(116,))) == ("warn", "category")


def test_web_02_a_quota_acts_as_a_warning_by_default():
    quota = FilterAction(
        ref="REF_A", quota_categories=(116,), uncategorized="quota", quota_tags=("t",)
    )
    tagged = LocalSite(site="news.example", tags=("t",))
    policy = one_action_policy(quota, local_sites=(tagged,))

    assert outcome(policy) == ("warn", "category")
    assert outcome(policy, "http://unknown.example/") == ("warn", "uncategorized")
    assert outcome(policy, "http://news.example/") == ("warn", "tag")
    assert outcome(replace(policy, quota_action="block")) == ("block", "category")


@pytest.mark.parametrize("mode", ["allow", "deny"])
def test_the_spyware_option_blocks_its_category_in_either_mode(mode):
    listed = (105,) if mode == "allow" else (105, 150)
    sites = (LocalSite(site="games.example", category=150),)
    lenient = replace(action(mode=mode, categories=listed), local_sites=sites)
    strict = replace(action(mode=mode, categories=listed, spyware=True), local_sites=sites)
    assert outcome(lenient) == ("allow", "default")
    assert outcome(strict) == ("block", "category")
    step = next(one for one in verdict_of(strict).trace if one.rule.startswith("category 150"))
    assert step.why == "the spyware option blocks it"
    skipped = WebException(ref="E", domains=("games",), skip=("url_filter",))
    assert outcome(replace(strict, exceptions=(skipped,))) == ("allow", "exception")


def test_uncategorized_sites_have_their_own_setting_and_id():
    verdict = verdict_of(action(uncategorized="block"), "http://unknown.example/")

    assert (verdict.action, verdict.reason) == ("block", VerdictReason.UNCATEGORIZED)
    assert (verdict.category_ids, verdict.reputation) == ((9998,), "unverified")


@pytest.mark.parametrize(
    ("limit", "url", "expected"),
    [
        ("neutral", "http://casino.test/", "block"),
        ("suspicious", "http://casino.test/", "allow"),
        ("neutral", "http://unknown.example/", "block"),
        ("unverified", "http://unknown.example/", "allow"),
        ("off", "http://malware.example/", "allow"),
    ],
)
def test_sites_below_the_minimum_reputation_are_blocked(limit, url, expected):
    assert outcome(action(min_reputation=limit), url)[0] == expected


def test_a_low_reputation_blocks_even_what_is_only_warned_of():
    policy = action(warn_categories=(115,), min_reputation="neutral")

    assert outcome(policy, "http://casino.test/") == ("block", "reputation")


def test_switch_min_reputation_uncategorized_spares_unknown_sites():
    policy = replace(
        action(min_reputation="neutral"), switches=(("min_reputation_uncategorized", "false"),)
    )

    assert outcome(policy, "http://unknown.example/") == ("allow", "default")


GAMES_LISTED = SiteList(ref="REF_L", domains=("Games.Example",))


def test_a_whitelist_overrides_the_category():
    policy = action(categories=(116,), url_whitelist=(GAMES_LISTED,))
    verdict = verdict_of(policy)

    assert (verdict.action, verdict.reason) == ("allow", VerdictReason.WHITELIST)
    assert verdict.list_ref == "REF_L"


def test_a_domain_means_its_subdomains_only_when_it_says_so():
    with_subdomains = replace(GAMES_LISTED, include_subdomains=True)
    sub, other = "http://www.games.example/", "http://notgames.example/"

    assert outcome(action(url_blacklist=(GAMES_LISTED,)), sub)[0] == "allow"
    assert outcome(action(url_blacklist=(with_subdomains,)), sub) == ("block", "blacklist")
    assert outcome(action(url_blacklist=(with_subdomains,)), other)[0] == "allow"


def test_switch_whitelist_beats_blacklist_decides_a_url_on_both_lists():
    policy = action(url_whitelist=(GAMES_LISTED,), url_blacklist=(GAMES_LISTED,))
    other = replace(policy, switches=(("whitelist_beats_blacklist", "false"),))

    assert outcome(policy) == ("allow", "whitelist")
    assert outcome(other) == ("block", "blacklist")


def test_an_unanchored_pattern_also_matches_inside_a_query():
    listed = SiteList(mode="Regex", regexps=(r"http://.*example\.com",))
    policy = action(url_blacklist=(listed,))

    assert outcome(policy, "http://search.test/?q=www.example.com")[0] == "block"


def test_a_pattern_that_re2_refuses_matches_nothing_and_the_trace_says_so():
    listed = SiteList(ref="REF_L", mode="Regex", regexps=("*.example.com", "(?=x)"))
    verdict = verdict_of(action(url_blacklist=(listed,)))

    assert verdict.action == "allow"
    assert any("RE2 refuses *.example.com" in step.why for step in verdict.trace)


def test_a_pattern_may_be_restricted_to_domains():
    listed = SiteList(mode="Regex", regexps=("/x",), domains=("games.example",), restrict=True)
    policy = action(url_blacklist=(listed,))

    assert outcome(policy, "http://www.games.example/x")[0] == "block"
    assert outcome(policy, "http://news.example/x")[0] == "allow"


def test_https_shows_patterns_and_extensions_the_host_only():
    listed = SiteList(mode="Regex", regexps=("/private",))
    policy = action(url_blacklist=(listed,), extensions=("exe",))
    sees_all = replace(policy, switches=(("https_sees", "url"),))

    assert outcome(policy, "https://news.example/private/a.exe")[0] == "allow"
    assert outcome(sees_all, "https://news.example/private")[0] == "block"
    assert outcome(sees_all, "https://news.example/a.exe") == ("block", "extension")


def test_a_connect_is_decided_by_its_host():
    verdict = verdict_of(
        one_action_policy(GAMES_BLOCKED), "www.Games.example.:443", method="CONNECT"
    )

    assert (verdict.action, verdict.url) == ("block", "https://www.games.example/")


def test_the_local_site_list_overrides_category_and_reputation_each_on_its_own():
    local = (
        LocalSite(site="news.example", category=116),
        LocalSite(site="shop.example", reputation="malicious"),
    )
    policy = one_action_policy(
        FilterAction(ref="REF_A", categories=(116,), min_reputation="neutral"), local_sites=local
    )

    assert outcome(policy, "http://news.example/") == ("block", "category")
    assert outcome(policy, "http://shop.example/") == ("block", "reputation")
    assert verdict_of(policy, "http://shop.example/").category_ids == (136,)


@pytest.mark.parametrize(
    ("url", "reputation"),
    [
        ("http://malware.example/", "malicious"),
        ("http://nobody-knows.example/", "unverified"),
    ],
)
def test_a_site_that_the_local_list_calls_uncategorized_keeps_its_reputation(url, reputation):
    host = url.split("/")[2]
    policy = replace(action(), local_sites=(LocalSite(site=host, category=9998),))
    verdict = verdict_of(policy, url)
    assert (verdict.category_ids, verdict.reputation) == ((9998,), reputation)


def test_the_nearest_local_site_gives_the_category():
    local = (
        LocalSite(site="example", include_subdomains=True, category=116),
        LocalSite(site="good.example", include_subdomains=True, category=134),
    )
    policy = one_action_policy(GAMES_BLOCKED, local_sites=local)

    assert outcome(policy, "http://www.good.example/")[0] == "allow"
    assert outcome(policy, "http://bad.example/")[0] == "block"


def test_tags_decide_before_categories_and_block_comes_first():
    local = (LocalSite(site="games.example", tags=("ok",)),)
    ok = FilterAction(ref="REF_A", categories=(116,), allow_tags=("ok",), block_tags=("no",))
    both = (replace(local[0], tags=("ok", "no")),)
    policy = one_action_policy(ok, local_sites=both)

    assert outcome(one_action_policy(ok, local_sites=local)) == ("allow", "tag")
    assert outcome(policy) == ("block", "tag")
    assert outcome(replace(policy, switches=(("tag_order", "allow_first"),))) == ("allow", "tag")


def test_extensions_block_and_warn_and_a_whitelist_does_not_free_them():
    policy = action(
        extensions=("exe", ".tar.gz"), extensions_warn=("zip",), url_whitelist=(GAMES_LISTED,)
    )
    free = replace(policy, switches=(("whitelist_skips_extensions", "true"),))

    assert outcome(policy, "http://games.example/a/Setup.EXE?x=1") == ("block", "extension")
    assert outcome(policy, "http://news.example/a.tar.gz") == ("block", "extension")
    assert outcome(policy, "http://news.example/a.zip") == ("warn", "extension")
    assert outcome(policy, "http://news.example/exe")[0] == "allow"
    assert outcome(free, "http://games.example/setup.exe") == ("allow", "whitelist")


def test_web_05_an_exception_frees_its_members_and_nobody_else():
    exception = WebException(
        ref="REF_E",
        operator="AND",
        users=("ann",),
        domains=("^https?://games\\.example/",),
        skip=("url_filter", "certcheck"),
    )
    policy = one_action_policy(GAMES_BLOCKED, exceptions=(exception,))
    freed = verdict_of(policy, user="LAB\\Ann")

    assert (freed.action, freed.reason) == ("allow", VerdictReason.EXCEPTION)
    assert freed.exception_skips == ("certcheck", "url_filter")
    assert freed.exception_refs == ("REF_E",)
    assert outcome(policy, user="bob")[0] == "block"
    assert outcome(policy) == ("block", "category")


def test_web_06_an_exception_may_name_endpoint_groups():
    exception = WebException(ref="E", endpoints_groups=("REF_G",), skip=("url_filter",))
    policy = one_action_policy(GAMES_BLOCKED, exceptions=(exception,))

    assert outcome(policy) == ("allow", "exception")
    assert outcome(replace(policy, group_ref="REF_H")) == ("block", "category")


def test_a_skipped_url_filter_leaves_no_category():
    exception = WebException(ref="E", categories=(116,), skip=("url_filter",))
    verdict = verdict_of(one_action_policy(GAMES_BLOCKED, exceptions=(exception,)))

    assert (verdict.category_ids, verdict.category_name, verdict.reputation) == ((), "", "")


def test_an_exception_without_criteria_matches_nothing():
    policy = one_action_policy(
        GAMES_BLOCKED, exceptions=(WebException(ref="E", skip=("url_filter",)),)
    )

    assert outcome(policy)[0] == "block"


def test_switch_url_filter_skip_may_leave_the_lists_in_force():
    blocked = FilterAction(ref="REF_A", categories=(134,), url_blacklist=(GAMES_LISTED,))
    exception = WebException(ref="E", endpoints_groups=("REF_G",), skip=("url_filter",))
    policy = one_action_policy(
        blocked, exceptions=(exception,), switches=(("url_filter_skip", "categories"),)
    )

    assert outcome(policy) == ("block", "blacklist")
    assert outcome(policy, "http://news.example/") == ("allow", "exception")


@pytest.mark.parametrize(
    ("criteria", "request_", "is_freed"),
    [
        ({"networks": ("10.0.0.0/8",)}, {"client_ip": "10.1.2.3"}, True),
        ({"networks": ("10.0.0.0/8",)}, {"client_ip": "11.1.2.3"}, False),
        ({"user_agents": ("Updater",)}, {"user_agent": "my updater/1"}, True),
        ({"users": ("ann",), "networks": ("10.0.0.0/8",)}, {"user": "ann"}, True),
        ({"tags": ("t",)}, {}, True),
        ({"categories": (115,)}, {}, False),
    ],
)
def test_each_criterion_of_an_exception_can_match(criteria, request_, is_freed):
    exception = WebException(ref="E", skip=("url_filter",), **criteria)
    policy = one_action_policy(
        GAMES_BLOCKED,
        exceptions=(exception,),
        local_sites=(LocalSite(site="games.example", tags=("t",)),),
    )

    assert (outcome(policy, **request_)[0] == "allow") is is_freed


def test_web_03_the_first_matching_profile_wins_and_the_base_is_last():
    dedicated = Profile(ref="REF_P", default_action_ref="REF_B")
    policy = one_action_policy(GAMES_BLOCKED)
    with_profile = replace(
        policy,
        profiles=(dedicated, *policy.profiles),
        actions=(*policy.actions, FilterAction(ref="REF_B")),
    )

    assert outcome(policy)[0] == "block"
    assert outcome(with_profile)[0] == "allow"
    assert verdict_of(with_profile).profile_ref == "REF_P"


def test_a_rule_applies_to_its_users_in_its_time():
    lunch = TimeWindow(start=time(12), end=time(13), weekdays=(0, 1, 2, 3, 4))
    rule = PolicyRule(ref="REF_R", users=("ann",), time=lunch, action_ref="REF_B")
    policy = one_action_policy(GAMES_BLOCKED)
    profile = replace(policy.profiles[0], rules=(rule,))
    policy = replace(
        policy, profiles=(profile,), actions=(*policy.actions, FilterAction(ref="REF_B"))
    )

    assert verdict_of(policy, user="ann").rule_ref == "REF_R"
    assert outcome(policy, user="ann")[0] == "allow"
    assert outcome(policy, user="bob")[0] == "block"
    assert outcome(policy, user="ann", at=NOON.replace(hour=13))[0] == "block"
    assert outcome(replace(policy, timezone="Asia/Tokyo"), user="ann")[0] == "block"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 11, 20, 23, tzinfo=UTC), "allow"),  # Friday night
        (datetime(2026, 11, 21, 5, tzinfo=UTC), "allow"),  # its small hours
        (datetime(2026, 11, 21, 6, tzinfo=UTC), "block"),
        (datetime(2026, 11, 21, 23, tzinfo=UTC), "block"),  # Saturday is not listed
        (datetime(2026, 11, 20, 5, tzinfo=UTC), "block"),  # Thursday's night is not either
    ],
)
def test_a_window_past_midnight_belongs_to_the_day_on_which_it_began(at, expected):
    night = TimeWindow(start=time(22), end=time(6), weekdays=(4,))
    rule = PolicyRule(ref="R", time=night, action_ref="REF_B")
    policy = one_action_policy(GAMES_BLOCKED)
    policy = replace(
        policy,
        profiles=(replace(policy.profiles[0], rules=(rule,)),),
        actions=(*policy.actions, FilterAction(ref="REF_B")),
    )

    assert outcome(policy, at=at)[0] == expected


def test_a_single_window_has_a_begin_and_an_end():
    window = TimeWindow(
        kind="single",
        start=time(8),
        end=time(9),
        start_date=date(2026, 11, 20),
        end_date=date(2026, 11, 21),
    )
    rule = PolicyRule(ref="R", time=window, action_ref="REF_B")
    policy = one_action_policy(GAMES_BLOCKED)
    policy = replace(
        policy,
        profiles=(replace(policy.profiles[0], rules=(rule,)),),
        actions=(*policy.actions, FilterAction(ref="REF_B")),
    )

    assert outcome(policy, at=NOON)[0] == "allow"
    assert outcome(policy, at=NOON.replace(day=22))[0] == "block"


def test_web_control_switched_off_allows_all_and_logs_nothing():
    verdict = verdict_of(one_action_policy(GAMES_BLOCKED, web_control=False))

    assert (verdict.action, verdict.reason) == ("allow", VerdictReason.WEB_CONTROL_OFF)
    assert not verdict.is_logged


def test_a_missing_filter_action_blocks():
    assert outcome(one_action_policy(actions=())) == ("block", "no_policy")


def test_logging_follows_the_action_and_the_exceptions():
    quiet = FilterAction(ref="REF_A", categories=(116,), log_blocked=False)
    skip = WebException(ref="E", endpoints_groups=("REF_G",), skip=("log_access",))
    policy = one_action_policy(quiet, exceptions=(skip,))

    assert not verdict_of(policy).is_logged
    assert not verdict_of(policy, "http://news.example/").is_logged
    assert verdict_of(one_action_policy(quiet), "http://news.example/").is_logged


@pytest.mark.parametrize(
    "url",
    [
        "http://games.example\\@news.example/",
        "http://news.example@games.example/",
        "http://news.example:80@games.example/",
        "http://g%61mes.example/",
        "http://\uff47ames.example/",
        "http://GAMES.example./",
        "http://games.example:8080/",
        "http:games.example/",
        "http:///games.example/",
        "http://games.exa\tmple/",
        "games.example",
    ],
)
def test_no_spelling_of_a_url_escapes_the_filter(url):
    assert outcome(one_action_policy(GAMES_BLOCKED), url) == ("block", "category")


@pytest.mark.parametrize(
    "url", ["", "http://", "ftp://games.example/", "http://a b/", "http://\ud800/", "x" * 70_000]
)
def test_what_is_no_web_url_is_blocked_as_invalid(url):
    assert outcome(one_action_policy(), url) == ("block", "invalid_url")


def test_a_password_in_a_url_does_not_reach_the_verdict():
    assert verdict_of(one_action_policy(), "http://u:secret@news.example/").url == (
        "http://news.example/"
    )


urls = st.one_of(
    st.text(max_size=80),
    st.builds("http://{}{}".format, st.text(max_size=40), st.text(max_size=40)),
    st.builds(
        "{}://{}:{}/{}".format,
        st.sampled_from(["http", "https", "HTTP"]),
        st.sampled_from(["games.example", "www.games.example.", "127.1", "[::1]", "a..b", "."]),
        st.integers(0, 70_000),
        st.text(max_size=20),
    ),
)


@settings(max_examples=200)
@given(policies, urls, st.sampled_from(["GET", "CONNECT", "POST"]), st.sampled_from(["ann", ""]))
def test_evaluate_never_raises_and_always_explains(policy, url, method, user):
    verdict = evaluate(policy, web_request(url, method, user=user), CATEGORIES)

    assert verdict.action in {"allow", "warn", "block"}
    assert [step.number for step in verdict.trace] == list(range(1, len(verdict.trace) + 1))
    assert verdict.trace


def test_several_categories_take_the_strictest_unless_switched():
    categories = CategorySet({"x.test": Category((112, 116))})
    policy = one_action_policy(GAMES_BLOCKED)
    first = replace(policy, switches=(("several_categories", "first"),))
    request = web_request("http://x.test/")

    assert evaluate(policy, request, categories).action == "block"
    assert evaluate(first, request, categories).action == "allow"


def test_content_types_block_and_warn_after_the_header_is_there():
    policy = action(content_types=("video/*",), content_types_warn=("application/zip",))
    allowed = verdict_of(policy, "http://news.example/")

    assert evaluate_content(policy, allowed, "Video/MP4; codecs=x").action == "block"
    assert evaluate_content(policy, allowed, "application/zip").reason is (
        VerdictReason.CONTENT_TYPE
    )
    assert evaluate_content(policy, allowed, "text/html") is allowed


def test_what_is_remembered_of_content_types_changes_no_answer():
    policy = one_action_policy(FilterAction(ref="REF_A", content_types=("video/*",)))
    rules, allowed = ContentRules(policy), verdict_of(policy, "http://news.example/")
    spared = replace(allowed, exception_skips=("contenttype_blacklist",))
    elsewhere = replace(allowed, filter_action_ref="REF_Other")

    for _ in range(2):
        assert rules.verdict(spared, "video/mp4") is spared
        assert rules.verdict(elsewhere, "video/mp4") is elsewhere
        assert rules.verdict(allowed, "text/html") is allowed
        assert rules.verdict(allowed, "video/mp4") == evaluate_content(policy, allowed, "video/mp4")
        assert rules.verdict(allowed, "video/mp4").action == "block"


def test_an_exception_may_skip_the_content_type():
    skip = WebException(ref="E", endpoints_groups=("REF_G",), skip=("contenttype_blacklist",))
    policy = one_action_policy(
        FilterAction(ref="REF_A", content_types=("video/*",)), exceptions=(skip,)
    )
    allowed = verdict_of(policy, "http://news.example/")

    assert evaluate_content(policy, allowed, "video/mp4") is allowed


def test_an_exception_may_skip_the_extensions():
    exception = WebException(ref="E", users=("ann",), skip=("extensions",))
    policy = one_action_policy(
        FilterAction(ref="REF_A", extensions=("exe",)), exceptions=(exception,)
    )

    assert outcome(policy, "http://news.example/a.exe", user="ann")[0] == "allow"
    assert outcome(policy, "http://news.example/a.exe", user="bob")[0] == "block"
