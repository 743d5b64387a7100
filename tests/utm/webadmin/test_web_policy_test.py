"""Policy Test and Policy Check without a browser's scripts."""

import re
from html import unescape

import pytest

from utm.webadmin.pages.web_findings import CHECK_PATH
from utm.webadmin.pages.web_policy_test import PATH

from .test_every_page import HOSTILE, Page

GROUP = "REF_EppEndDefault"
ACTION = "REF_DefaultHTTPCFFAction"


@pytest.fixture
async def configured(with_computers):
    """Web Control is on; a profile of its own blocks games, and users of it at night."""
    utm = with_computers

    def work(edit):
        action = edit.create(
            "http",
            "cff_action",
            {"name": "No games", "mode": "allow", "sp_categories": ["REF_GamesGambles"]},
        )
        values = {"default_cff_action": action, "status": True, "endpoints_groups": [GROUP]}
        profile = edit.create("http", "profile", {"name": "Laptops", **values})
        edit.change(GROUP, {"web_control": True})
        return profile, action

    utm.profile, utm.action = (await utm.edit("configured", work)).result
    return utm


async def ask(browser, **query):
    page = await browser.get(PATH, params={"where": "away", **query})
    return unescape(re.sub(r"<[^>]+>", " ", page))


async def test_the_verdict_its_trace_and_what_would_turn_it(configured, browser):
    page = await browser.get(PATH, params={"url": "http://games.example/", "who": GROUP})
    text = await ask(browser, url="http://games.example/", who=GROUP)

    assert 'id="verdict">Blocked' in page
    assert "116 Games" in text
    assert "demo set" in text
    assert "Web Control of a computer of Default decides away from the office" in text
    assert "allowed category 116 Games" in text
    assert page.count('<td class="number tight">') > 2
    for path in (f"profiles/{configured.profile}", f"actions/{configured.action}"):
        assert f'href="/web-protection/profiles/{path}"' in page


async def test_at_the_office_the_gateway_decides_for_a_computer(configured, browser):
    computer = await configured.verbs["objects"](class_="epp", type_="endpoint")
    query = {"url": "games.example", "who": computer[0]["_ref"], "where": "office"}
    text = await ask(browser, **query)

    assert f"The gateway decides at the office, for {computer[0]['name']}." in text
    assert "Default Web Filter Profile" in text
    assert "Allowed" in text


async def test_where_the_gateway_leaves_it_to_endpoints_they_decide_also_there(configured, browser):
    await configured.edit("off", lambda edit: edit.set_node("http.scan_epp_traffic", False))
    text = await ask(browser, url="games.example", who=GROUP, where="office")

    assert "decides also at the office" in text
    assert "Blocked" in text


async def test_the_source_address_chooses_the_gateways_profile(configured, browser):
    def limit(edit):
        edit.change(configured.profile, {"networks": ["REF_DefaultInternalNetwork"]})

    await configured.edit("networks", limit)
    inside = await ask(browser, url="games.example", where="office", address="192.0.2.7")
    outside = await ask(browser, url="games.example", where="office", address="198.51.100.7")

    assert "Blocked" in inside
    assert "Allowed" in outside.partition("Would change if")[0]


async def test_https_is_treated_as_the_gateways_profile_says(configured, browser):
    def leave_alone(edit):
        edit.change(
            "REF_DefaultHTTPProfile",
            {"scan_ssl_opt": "no_https_filtering", "default_cff_action": configured.action},
        )

    await configured.edit("https", leave_alone)
    secure = await ask(browser, url="https://games.example/", where="office")
    plain = await ask(browser, url="http://games.example/", where="office")

    assert ("https unfiltered" in secure, "Blocked" in plain) == (True, True)


async def test_user_and_time_choose_the_policy(configured, browser):
    def limit(edit):
        user = edit.create("aaa", "user", {"name": "anna", "enabled": True})
        values = {"name": "Night", "start_time": "20:00", "end_time": "23:00"}
        night = edit.create("time", "recurring", {**values, "weekdays": ["Fri"]})
        values = {"aaa": [user], "time_event": night, "action": ACTION}
        policy = edit.create("http", "cff_profile", {"name": "Free", **values})
        edit.change(configured.profile, {"cff_profiles": [policy]})

    await configured.edit("policy", limit)
    asked = {"url": "games.example", "who": GROUP}
    free = await ask(browser, **asked, user="anna", at="2026-11-20 21:00")
    early = await ask(browser, **asked, user="anna", at="2026-11-20 09:00")

    assert ("Allowed" in free.split("Would change if")[0], "Blocked" in early) == (True, True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"url": "", "who": GROUP}, "url"),
        ({"url": "a.example", "who": "REF_Gone"}, "who"),
        ({"url": "a.example", "who": ACTION}, "who"),
        ({"url": "a.example", "who": ""}, "who"),
        ({"url": "a.example", "who": GROUP, "address": "here"}, "address"),
        ({"url": "a.example", "who": GROUP, "at": "noon"}, "at"),
    ],
)
async def test_what_cannot_be_answered_is_told_at_its_field(configured, browser, query, field):
    page = await browser.get(PATH, params=query)
    assert browser.status == 422
    assert f'id="{field}-error"' in page


@pytest.mark.parametrize("value", [*HOSTILE, "a\x00b", "http://a.com\\@evil.example/"])
async def test_hostile_values_are_answered_and_escaped(configured, browser, value):
    query = {"url": value, "who": GROUP, "user": value, "where": "office"}
    page = await browser.get(PATH, params=query)

    assert browser.status == 200
    assert not Page(page).problems
    assert "<script>alert" not in page
    assert "<img src=x" not in page


async def test_an_auditor_may_test(configured, auditor):
    text = await ask(auditor, url="games.example", who=GROUP)
    assert auditor.status == 200
    assert "Blocked" in text


async def test_the_check_finds_what_the_linter_finds_and_leads_there(configured, browser, auditor):
    page = await browser.get(CHECK_PATH)
    assert "Nothing was found" in page
    values = {"name": "Old", "mode": "Regex", "regexps": ["http://.*example\\.com"]}
    ref = (
        await configured.edit("old", lambda edit: edit.create("http", "domain_regex", values))
    ).result
    for client in (browser, auditor):
        page = await client.get(CHECK_PATH)
        assert "unanchored_pattern" in page
        assert f'/web-protection/options/lists/{ref}"' in page
    assert "Nothing was found" in await browser.get(CHECK_PATH, params={"group": GROUP})


async def test_a_policy_that_cannot_be_compiled_is_explained(configured, browser, monkeypatch):
    from utm.web_policy import ReferencedObjectGoneError
    from utm.webadmin.pages import web_policy_test

    def refuse(*_given):
        raise ReferencedObjectGoneError("REF_A (A)", "action", "REF_B", "does not exist")

    monkeypatch.setattr(web_policy_test, "compile_group", refuse)
    page = await browser.get(PATH, params={"url": "a.example", "who": GROUP})

    assert browser.status == 422
    assert "REF_B" in page
