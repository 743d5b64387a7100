"""The wizard without a browser's scripts: every step, back, refusals, and all of it at once."""

from html import unescape

import pytest

from utm.confd import Confd
from utm.webadmin.pages.web_profiles import PATH as PROFILES
from utm.webadmin.pages.web_wizard import PATH

GROUP = "REF_EppEndDefault"


async def named(utm, type_, name):
    return await utm.writer.read(lambda db: Confd(db).named("http", type_, name))


async def step(browser, changes=(), go="next"):
    """Fill in the step that is open and press a button."""
    form = browser.form(PATH)
    given = dict(changes)
    fields = [pair for pair in form if pair[0] not in given]
    for name, value in given.items():
        fields += [(name, each) for each in (value if isinstance(value, list) else [value])]
    return await browser.post(PATH, [*fields, ("go", go)], csrf=False)


async def walk(browser, *, upto="create", **answers):
    """Walk through the steps with a new filter action."""
    await browser.get(PATH)
    await step(browser, {"groups": [GROUP], **answers.get("groups", {})})
    await step(browser, answers.get("action", {"start": "new"}))
    await step(browser, answers.get("categories", {}))
    await step(browser, answers.get("websites", {}))
    await step(browser, answers.get("name", {"name": "Roaming"}))
    if upto == "create":
        await step(browser, go="create")
    return browser.html


async def test_everything_is_made_and_switched_on_in_one_change(utm, browser):
    await utm.edit("off", lambda edit: edit.set_node("epp.status.wc", False))
    before = await utm.writer.read(lambda db: Confd(db).number)
    page = await walk(
        browser,
        upto="review",
        categories={"category.REF_Drugs": "block", "category.REF_GamesGambles": "warn"},
        websites={"block": "videos.example\nchat.example", "allow": "wiki.example"},
    )
    assert "Endpoint Protection, Web Control, Web Control of Default" in page
    await step(browser, go="create")
    profile = await named(utm, "profile", "Roaming")
    action = await named(utm, "cff_action", "Roaming")
    blocked = await named(utm, "domain_regex", "Roaming: blocked websites")

    changes = await utm.writer.read(lambda db: Confd(db).changes(after=before))
    assert [one.summary for one in changes if one.user == "admin"] == [
        "profile Roaming for endpoints made"
    ]
    assert browser.path == f"{PROFILES}/{profile.ref}"
    assert (profile.is_on("status"), profile.texts("endpoints_groups")) == (True, (GROUP,))
    assert profile.text("default_cff_action") == action.ref
    assert action.texts("sp_categories") == ("REF_Drugs",)
    assert action.texts("sp_categories_warn") == ("REF_GamesGambles",)
    assert blocked.texts("domain") == ("videos.example", "chat.example")
    assert action.texts("url_blacklist") == (blocked.ref,)
    assert len(action.texts("url_whitelist")) == 1
    assert (await utm.node("http.profiles"))[0] == profile.ref
    assert await utm.node("epp.status.wc")
    assert await utm.node("epp.status.epp")
    group = await utm.writer.read(lambda db: Confd(db).get(GROUP))
    assert group.is_on("web_control")


async def test_nothing_is_made_before_the_end(utm, browser):
    before = await utm.writer.read(lambda db: Confd(db).number)
    await walk(browser, upto="review")
    assert await utm.writer.read(lambda db: Confd(db).number) == before


async def test_an_action_as_it_is_needs_no_categories_and_is_not_copied(utm, browser):
    await browser.get(PATH)
    await step(browser, {"groups": [GROUP]})
    page = await step(browser, {"start": "use", "source": "REF_DefaultHTTPCFFBlockAction"})
    assert 'id="f-name"' in page
    await step(browser, {"name": "Strict"})
    await step(browser, go="create")

    profile = await named(utm, "profile", "Strict")
    assert profile.text("default_cff_action") == "REF_DefaultHTTPCFFBlockAction"
    assert await named(utm, "cff_action", "Strict") is None


async def test_a_copy_starts_with_what_it_copies(utm, browser):
    copied = {"start": "copy", "source": "REF_DefaultHTTPCFFBlockAction"}
    await walk(browser, action=copied, categories={"category.REF_Medicine": "allow"})
    action = await named(utm, "cff_action", "Roaming")

    assert action.text("mode") == "deny"
    assert action.texts("sp_categories") == ("REF_Medicine",)
    assert action.text("uncategorized_websites") == "block"


async def test_going_back_keeps_what_was_answered(browser):
    await walk(browser, upto="review", websites={"block": "videos.example"})
    await step(browser, go="back")
    assert 'value="Roaming"' in browser.html
    page = await step(browser, go="back")
    assert "videos.example</textarea>" in page
    for _ in range(3):
        page = await step(browser, go="back")
    assert f'value="{GROUP}" checked' in page


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"name": {"name": ""}}, "name"),
        ({"name": {"name": "Default Web Filter Profile"}}, "name"),
        ({"websites": {"block": "fine.example\nnot a host"}}, "block"),
        ({"action": {"start": "copy", "source": ""}}, "source"),
        ({"action": {"start": "copy", "source": "REF_EppEndDefault"}}, "source"),
    ],
)
async def test_what_is_refused_is_told_at_its_field(browser, answers, field):
    await browser.get(PATH)
    await step(browser, {"groups": [GROUP]})
    for name in ("action", "categories", "websites", "name"):
        await step(browser, answers.get(name, {}))
        if name in answers:
            break

    assert browser.status == 422
    assert f'id="f-{field}-error"' in browser.html


async def test_without_a_group_it_does_not_go_on(browser):
    await browser.get(PATH)
    page = await step(browser)
    assert browser.status == 422
    assert "at least one group" in page


async def test_a_forged_review_is_checked_from_the_start(utm, browser):
    await browser.post(PATH, {"step": "review", "go": "create", "name": "Forged"})
    assert browser.status == 422
    assert await named(utm, "profile", "Forged") is None


async def test_a_hostile_name_is_a_name(utm, browser):
    name = '<script>alert(1)</script>"\u202e' + "x" * 1000
    page = await walk(browser, upto="review", name={"name": name})
    assert "<script>alert" not in page
    await step(browser, go="create")

    assert browser.status == 200
    assert "<script>alert" not in browser.html
    assert (await named(utm, "profile", name)).name == name


async def test_a_control_character_in_a_name_is_refused(browser):
    page = await walk(browser, upto="review", name={"name": "a\x00b"})
    assert browser.status == 422
    assert "control characters" in unescape(page)


async def test_an_auditor_sees_what_it_is_and_cannot_go_on(auditor):
    page = await auditor.get(PATH)
    assert "administrator" in page
    assert 'class="main"' not in page
    await auditor.post(PATH, {"step": "groups"})
    assert auditor.status == 403
