"""Replaying archives: agreement, the first differing rule, bounded memory; and the round trip."""

import io
from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web_policies import one_action_policy, policies

from foundation.categories.category import Category
from foundation.webfilter.activity import Activity
from foundation.webfilter.conditions import zone_of
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.event import event_of
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
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.verdict import WebRequest
from utm.logs.catalogue import Daemon
from utm.logs.eplog import web_event_line
from utmlab.logtools.reading import split_lines
from utmlab.replay.replay import Replay
from utmlab.replay.scope import Scope
from utmlab.replay.tally import EXAMPLES, MOST_RULES, OTHER_RULES
from utmlab.replay.web_line import Skip

BLOCKED = (
    '2025:03:14-09:26:53 fw1 httpproxy[7040]: id="0060" severity="info" sys="SecureWeb" '
    'sub="http" name="web request blocked, forbidden category detected" action="block" '
    'method="GET" srcip="192.0.2.17" user="mlee" statuscode="403" profile="REF_P (Office)" '
    'filteraction="REF_A (Office rules)" url="http://play.games.example/a.exe" exceptions="" '
    'category="116" reputation="neutral" categoryname="Games" reason="category"'
)
ALLOWED = (
    '2025:03:14-09:27:00 fw1 httpproxy[7040]: id="0001" severity="info" sys="SecureWeb" '
    'sub="http" name="http access" action="pass" method="GET" srcip="192.0.2.17" user="mlee" '
    'statuscode="200" profile="REF_P (Office)" filteraction="REF_A (Office rules)" '
    'url="http://shop.example/" exceptions="" category="136" reputation="neutral" '
    'categoryname="Online Shopping"'
)
PROCEEDED = (
    '2025:03:14-09:26:59 fw1 httpproxy[7040]: id="0072" severity="info" sys="SecureWeb" '
    'sub="http" name="Contentfilter warned and proceeded" url="http://shop.example/" '
    'srcip="192.0.2.17" category="136" categoryname="Online Shopping"'
)


def office(**changed):
    action = FilterAction(ref="REF_A", name="Office rules", **changed)
    base = Profile(ref="REF_P", name="Office", default_action_ref="REF_A", is_base=True)
    return WebPolicy(group_ref="REF_G", profiles=(base,), actions=(action,))


def run(policy, *lines, scope=Scope()):  # noqa: B008 - frozen
    replay = Replay(policy, scope)
    text = "".join(f"{line}\n" for line in lines)
    replay.feed("http.log", split_lines(io.BytesIO(text.encode())))
    return replay.tally


def only_rule(tally):
    ((name, rule),) = tally.by_count()
    return name, rule


def test_lines_that_agree_are_counted():
    tally = run(office(categories=(116,)), BLOCKED, ALLOWED, "something else")
    assert (tally.lines, tally.compared, tally.agreed, tally.percent) == (3, 2, 2, 100)
    assert tally.skipped == {Skip.NO_WEB_LINE: 1}


def test_nothing_compared_has_no_percentage():
    assert run(office(), "something else").percent is None


def test_another_action_is_grouped_by_the_rule_that_decided():
    name, rule = only_rule(run(office(), BLOCKED, BLOCKED))
    assert name == "block (category) in the log, allow by no rule (category 116 Games)"
    assert rule.count == 2
    assert (rule.examples[0].file, rule.examples[1].line) == ("http.log", 2)


def test_the_deciding_rule_has_its_reference():
    listed = SiteList(ref="REF_S", domains=("shop.example",))
    name, _ = only_rule(run(office(url_blacklist=(listed,)), ALLOWED))
    assert name == "allow in the log, block by blacklist REF_S"


def test_other_exceptions_are_a_disagreement_of_their_own():
    skip = WebException(ref="REF_E", domains=("shop",), skip=("certcheck",))
    policy = replace(office(), exceptions=(skip,))
    tally = run(policy, ALLOWED)
    assert (tally.other_action, tally.other_exceptions) == (0, 1)
    name, _ = only_rule(tally)
    assert name == "exceptions: the log skips nothing, the policy certcheck (REF_E)"
    same = ALLOWED.replace('exceptions=""', 'exceptions="certcheck"')
    assert run(policy, same).percent == 100


def test_what_a_line_does_not_tell_is_not_compared():
    skip = WebException(ref="REF_E", domains=("shop",), skip=("certcheck",))
    policy = replace(office(), exceptions=(skip,))
    assert run(policy, ALLOWED.replace(' exceptions=""', "")).percent == 100


def test_log_skips_cannot_be_seen_in_a_log():
    skip = WebException(ref="REF_E", domains=("shop",), skip=("log_blocked",))
    assert run(replace(office(), exceptions=(skip,)), ALLOWED).percent == 100


def test_another_profile_comes_before_everything_else():
    lab = Profile(ref="REF_L", name="Lab", default_action_ref="REF_A", networks=("192.0.2.0/24",))
    policy = office()
    policy = replace(policy, profiles=(lab, *policy.profiles))
    name, _ = only_rule(run(policy, BLOCKED))
    assert name == "profile: REF_P in the log, REF_L in the policy"


def test_another_filter_action_of_a_user_is_told():
    policy = office()
    rule = PolicyRule(ref="REF_R", users=("mlee",), action_ref="REF_B")
    free = FilterAction(ref="REF_B", name="Free")
    policy = replace(
        policy,
        profiles=(replace(policy.profiles[0], rules=(rule,)),),
        actions=(*policy.actions, free),
    )
    name, _ = only_rule(run(policy, BLOCKED))
    assert name == "filter action: REF_A in the log, REF_B in the policy"


def test_names_that_the_policy_does_not_have_are_no_difference():
    line = BLOCKED.replace("REF_P (Office)", "REF_X (Other)").replace("REF_A (", "REF_Y (")
    name, _ = only_rule(run(office(), line))
    assert name.startswith("block (category)")


def test_who_went_on_is_not_warned_again_until_the_time_is_over():
    policy = office(warn_categories=(136,))
    late = ALLOWED.replace("09:27:00", "10:27:00")
    assert run(policy, ALLOWED).agreed == 0
    tally = run(policy, PROCEEDED, ALLOWED, late)
    assert (tally.agreed, tally.other_action) == (2, 1)


def test_who_went_on_before_the_lines_that_are_compared_is_known():
    since = Scope(since=datetime(2025, 3, 14, 9, 27))  # noqa: DTZ001 - as stamps are
    tally = run(office(warn_categories=(136,)), PROCEEDED, ALLOWED, scope=since)
    assert (tally.agreed, tally.skipped[Skip.OUT_OF_SCOPE]) == (1, 1)


def test_a_hidden_category_decides_nothing():
    hidden = BLOCKED.replace(' category="116" reputation="neutral" categoryname="Games"', "")
    tally = run(office(), hidden)
    assert (tally.compared, tally.skipped[Skip.CATEGORY_UNKNOWN]) == (0, 1)
    listed = SiteList(ref="REF_S", domains=("play.games.example",))
    assert run(office(url_blacklist=(listed,)), hidden).agreed == 1


def test_the_stamp_is_read_in_the_policys_zone():
    morning = TimeWindow(start=time(9), end=time(10), weekdays=(4,))
    policy = office(categories=(116,))
    free = FilterAction(ref="REF_B")
    rule = PolicyRule(ref="REF_R", time=morning, action_ref="REF_A")
    profile = replace(policy.profiles[0], rules=(rule,), default_action_ref="REF_B")
    policy = replace(policy, profiles=(profile,), actions=(*policy.actions, free))
    berlin = replace(policy, timezone="Europe/Berlin")
    evening = BLOCKED.replace("-09:26", "-19:26")
    assert run(berlin, BLOCKED).agreed == 1
    assert run(berlin, evening).agreed == 0
    assert run(berlin, BLOCKED, evening, BLOCKED).agreed == 2


def test_another_reading_changes_the_agreement():
    both = SiteList(ref="REF_S", domains=("shop.example",))
    policy = office(url_blacklist=(both,), url_whitelist=(both,))
    assert run(policy, ALLOWED).agreed == 1
    other = replace(policy, switches=(("whitelist_beats_blacklist", "false"),))
    assert run(other, ALLOWED).agreed == 0


@pytest.mark.parametrize(
    ("scope", "compared"),
    [
        (Scope(profile="Office"), 2),
        (Scope(profile="REF_P"), 2),
        (Scope(profile="Lab"), 0),
        (Scope(since=datetime(2025, 3, 14, 9, 27)), 1),  # noqa: DTZ001 - as stamps are
        (Scope(until=datetime(2025, 3, 14, 9, 27)), 1),  # noqa: DTZ001
    ],
)
def test_only_what_was_asked_for_is_compared(scope, compared):
    tally = run(office(categories=(116,)), BLOCKED, ALLOWED, scope=scope)
    assert (tally.compared, tally.skipped[Skip.OUT_OF_SCOPE]) == (compared, 2 - compared)


def test_memory_is_bounded_whatever_disagrees():
    lines = [
        BLOCKED.replace('category="116"', f'category="{number}"')
        for number in range(10_000, 10_000 + MOST_RULES + 50)
    ]
    tally = run(office(), *lines)
    assert len(tally.rules) == MOST_RULES + 1
    assert tally.rules[OTHER_RULES].count == 50
    assert all(len(rule.examples) <= EXAMPLES for rule in tally.rules.values())


HOSTS = ("games.example", "www.games.example", "news.example", "127.0.0.1", "other.test")
PATHS = ("", "a", "a/b.exe", "b.zip?x=1", "B.ZIP#f", "é?q='\"%41")
requests = st.tuples(
    st.sampled_from(["http", "https"]), st.sampled_from(HOSTS), st.sampled_from(PATHS)
)
asked = st.builds(
    WebRequest,
    url=requests.map(lambda parts: f"{parts[0]}://{parts[1]}/{parts[2]}"),
    method=st.sampled_from(["GET", "POST"]),
    at=st.datetimes(datetime(2026, 11, 2), datetime(2027, 2, 1)).map(  # noqa: DTZ001
        lambda at: at.replace(tzinfo=UTC, microsecond=0)
    ),
    user=st.sampled_from(["", "ann", "LAB\\bob", "LAB\\ann"]),
    client_ip=st.sampled_from(["10.1.2.3", "192.0.2.1", "2001:db8::1"]),
    user_agent=st.sampled_from(["", "curl/8", "Mozilla/5.0 (X11)"]),
)
categories = st.none() | st.builds(
    Category,
    ids=st.sampled_from([(116,), (105, 115), (134,), (115, 116)]),
    reputation=st.sampled_from(["malicious", "suspicious", "unverified", "neutral", "trusted"]),
)


class Known:
    def __init__(self, category):
        self.category = category

    def lookup(self, _host):
        return self.category


def logged(policy, request, category):
    """The line that an endpoint's request becomes in eplog.log; none when it is not logged."""
    verdict = evaluate(policy, request, Known(category))
    if not verdict.is_logged:
        return None
    is_silent = verdict.action == "warn" and request.url.startswith("https:")
    activity = Activity(
        request=request,
        verdict=verdict,
        action="proceed" if is_silent else verdict.action,
        status_code=0,
    )
    zone = zone_of(policy.timezone, SwitchBoard())
    daemon = Daemon(process="eplog", pid=7, host="utm", zone=zone or ZoneInfo("UTC"))
    return web_event_line(event_of(activity), daemon=daemon, at=request.at)


@settings(max_examples=150)
@given(
    policy=policies,
    browsed=st.lists(st.tuples(asked, categories), min_size=1, max_size=6),
)
def test_what_endpoints_did_agrees_with_any_policy_of_their_own(policy, browsed):
    lines = [line for one in browsed if (line := logged(policy, *one)) is not None]
    tally = run(policy, *lines)
    assert not tally.rules
    assert tally.agreed + tally.skipped[Skip.CATEGORY_UNKNOWN] == len(lines)


@pytest.mark.parametrize("skip", sorted(SKIPS))
def test_every_skip_of_an_exception_comes_back_from_the_line(skip):
    exception = WebException(ref="E", domains=("other",), skip=(skip,))
    policy = one_action_policy(FilterAction(ref="A"), exceptions=(exception,))
    request = WebRequest("http://other.test/", "GET", datetime(2026, 11, 3, tzinfo=UTC))
    line = logged(policy, request, None)
    assert (line is None) == (skip == "log_access")
    if line is not None:
        assert run(policy, line).percent == 100
        without = run(replace(policy, exceptions=()), line)
        assert without.other_exceptions == (0 if skip == "log_blocked" else 1)


@pytest.mark.parametrize("known", [None, Category((105,), "malicious"), Category((9998,))])
@pytest.mark.parametrize("limit", ["unverified", "neutral"])
@pytest.mark.parametrize(
    "override",
    [
        {"category": 116, "reputation": "trusted"},
        {"category": 116},
        {"category": 9998},
        {"category": 9998, "reputation": "trusted"},
        {"reputation": "suspicious"},
    ],
)
def test_a_local_site_of_a_line_is_applied_once_more_without_harm(known, limit, override):
    action = FilterAction(ref="A", categories=(116,), min_reputation=limit)
    site = LocalSite(site="other.test", **override)
    policy = replace(one_action_policy(action), local_sites=(site,))
    request = WebRequest("http://other.test/", "GET", datetime(2026, 11, 3, tzinfo=UTC))
    assert run(policy, logged(policy, request, known)).percent == 100
