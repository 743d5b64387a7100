from datetime import time

import pytest

from utm.web_policy import deciding_action, groups_using

BASE = "REF_DefaultHTTPProfile"


def refs(policy):
    return [profile.ref for profile in policy.profiles]


def test_web_03_default_in_a_profile_makes_all_groups_use_it_before_the_base_policy(lab):
    games = lab.action("No games", sp_categories=["REF_GamesGambles"])
    for group in (lab.default, lab.sales):
        assert refs(lab.compile(group)) == [BASE]
        assert lab.verdict(group, "http://games.example/").action == "allow"
    roaming = lab.profile("Roaming", games, lab.default)
    for group in (lab.default, lab.sales):
        assert refs(lab.compile(group)) == [roaming]
        verdict = lab.verdict(group, "http://games.example/")
        assert (verdict.action, verdict.profile_ref) == ("block", roaming)


def test_web_03_another_default_group_is_followed(lab):
    roaming = lab.profile("Roaming", lab.action("A"), lab.sales)
    assert refs(lab.compile(lab.default)) == [BASE]
    lab.set_node("epp.default_endpoints_group", lab.sales)
    assert refs(lab.compile(lab.default)) == [roaming]


def test_web_04_a_profile_of_a_custom_group_holds_for_that_group_only(lab):
    news = lab.action("No shops", sp_categories=["REF_Ordering"])
    profile = lab.profile("For Sales", news, lab.sales)
    assert refs(lab.compile(lab.sales)) == [profile]
    assert refs(lab.compile(lab.default)) == [BASE]
    assert lab.verdict(lab.sales, "http://shop.example/").action == "block"
    assert lab.verdict(lab.default, "http://shop.example/").action == "allow"


def test_web_04_the_order_of_the_node_decides_between_profiles(lab):
    strict, open_ = lab.action("Strict", sp_categories=["REF_Ordering"]), lab.action("Open")
    first = lab.profile("For all", strict, lab.default)
    second = lab.profile("For Sales", open_, lab.sales)
    assert refs(lab.compile(lab.sales)) == [second]
    lab.set_node("http.profiles", [first, second, BASE])
    assert refs(lab.compile(lab.sales)) == [first]
    assert lab.verdict(lab.sales, "http://shop.example/").action == "block"


def test_a_profile_that_is_off_does_not_apply(lab):
    lab.profile("Off", lab.action("A"), lab.sales, lab.default, status=False)
    assert refs(lab.compile(lab.sales)) == [BASE]


def test_the_base_profile_holds_whatever_its_status(lab):
    assert not lab.appliance.confd.get(BASE).is_on("status")
    assert lab.compile(lab.sales).profiles[-1].is_base


def test_a_change_to_a_profile_that_never_decides_changes_no_policy(lab):
    lab.profile("Roaming", lab.action("Own"), lab.sales)
    before = lab.compile(lab.sales)
    lab.change("REF_DefaultHTTPCFFAction", sp_categories=["REF_Drugs"])
    assert lab.compile(lab.sales) == before
    assert lab.compile(lab.default).actions[0].categories == (101, 110, 151)


def test_source_networks_do_not_travel(lab):
    lab.profile("Roaming", lab.action("A"), lab.sales, networks=["REF_NetworkAny"])
    assert all(not profile.networks for profile in lab.compile(lab.sales).profiles)


def test_policies_are_tried_in_their_order_before_the_default_action(lab):
    kim = lab.create("aaa", "user", name="kim")
    staff = lab.create("aaa", "group", name="staff", members=[kim])
    strict, open_ = lab.action("Strict", sp_categories=["REF_Ordering"]), lab.action("Open")
    one = lab.policy("one", open_, aaa=[staff])
    two = lab.policy("two", strict)
    lab.profile("Roaming", open_, lab.sales, cff_profiles=[one, two])
    (profile,) = lab.compile(lab.sales).profiles
    assert [(rule.ref, rule.users) for rule in profile.rules] == [(one, ("kim",)), (two, ())]
    assert lab.verdict(lab.sales, "http://shop.example/", user=r"LAB\kim").action == "allow"
    assert lab.verdict(lab.sales, "http://shop.example/", user=r"LAB\sam").action == "block"


def test_a_policy_whose_user_groups_are_empty_applies_to_nobody(lab):
    empty = lab.create("aaa", "group", name="empty")
    strict = lab.action("Strict", sp_categories=["REF_Ordering"])
    policy = lab.policy("one", strict, aaa=[empty])
    lab.profile("Roaming", lab.action("Open"), lab.sales, cff_profiles=[policy])
    assert lab.compile(lab.sales).profiles[0].rules == ()
    assert lab.verdict(lab.sales, "http://shop.example/", user="kim").action == "allow"
    assert (policy, "no_users") in lab.warnings(lab.sales)


def test_a_recurring_time_travels_with_the_appliances_zone(lab):
    event = lab.create(
        "time",
        "recurring",
        name="Lunch",
        start_time="12:00",
        end_time="13:00:00",
        weekdays=["Monday", "fri", "5"],
    )
    strict = lab.action("Strict", sp_categories=["REF_Ordering"])
    policy = lab.policy("lunch", strict, time_event=event)
    lab.profile("Roaming", lab.action("Open"), lab.sales, cff_profiles=[policy])
    window = lab.compile(lab.sales).profiles[0].rules[0].time
    assert (window.ref, window.start, window.end) == (event, time(12), time(13))
    assert window.weekdays == (0, 4, 5)
    assert lab.verdict(lab.sales, "http://shop.example/").action == "block"
    lab.set_node("settings.timezone", "Europe/Berlin")  # noon is one o'clock there
    assert lab.compile(lab.sales).timezone == "Europe/Berlin"
    assert lab.verdict(lab.sales, "http://shop.example/").action == "allow"


def test_a_single_time_travels_with_its_dates(lab):
    event = lab.create(
        "time",
        "single",
        name="Fair",
        start_date="2026-11-20",
        start_time="11:00",
        end_date="2026-11-21",
        end_time="09:00",
    )
    strict = lab.action("Strict", sp_categories=["REF_Ordering"])
    policy = lab.policy("fair", strict, time_event=event)
    lab.profile("Roaming", lab.action("Open"), lab.sales, cff_profiles=[policy])
    assert lab.verdict(lab.sales, "http://shop.example/").action == "block"
    lab.change(event, end_date="2026-11-20", end_time="11:30")
    assert lab.verdict(lab.sales, "http://shop.example/").action == "allow"


def test_a_time_without_usable_weekdays_never_applies_and_is_warned_of(lab):
    event = lab.create("time", "recurring", name="Never", weekdays=["Caturday"])
    strict = lab.action("Strict", sp_categories=["REF_Ordering"])
    policy = lab.policy("never", strict, time_event=event)
    lab.profile("Roaming", lab.action("Open"), lab.sales, cff_profiles=[policy])
    assert lab.verdict(lab.sales, "http://shop.example/").action == "allow"
    assert (event, "weekdays_unusable") in lab.warnings(lab.sales)


@pytest.mark.parametrize("has_open_policy", [True, False])
def test_the_deciding_action_is_that_of_anybody_at_any_time(lab, has_open_policy):
    kim = lab.create("aaa", "user", name="kim")
    strict, open_ = lab.action("Strict"), lab.action("Open")
    policies = [lab.policy("kim", strict, aaa=[kim])]
    if has_open_policy:
        policies.append(lab.policy("all", strict))
    lab.profile("Roaming", open_, lab.sales, cff_profiles=policies)
    found = deciding_action(lab.appliance.snapshot, lab.sales)
    assert found.ref == (strict if has_open_policy else open_)


def test_groups_using_an_action_are_those_with_web_control_whose_first_profile_has_it(lab):
    strict = lab.action("Strict")
    lab.profile("Roaming", strict, lab.default)
    lab.create("epp", "endpoints_group", name="Off")
    users = groups_using(lab.appliance.snapshot, strict)
    assert [group.ref for group in users] == [lab.default, lab.sales]
    assert groups_using(lab.appliance.snapshot, "REF_DefaultHTTPCFFAction") == ()
