"""Filter Actions: the table of categories and the lists that it stands for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utm.confd import Confd
from utm.webadmin.pages.web_actions import PATH, STATES, category_lists, category_state

BLOCK_ALL = f"{PATH}/REF_DefaultHTTPCFFBlockAction"
states = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(sorted(STATES)))


async def action(utm, name):
    return await utm.writer.read(lambda db: Confd(db).named("http", "cff_action", name))


@given(states, st.sampled_from(["allow", "deny"]))
def test_the_lists_of_a_mode_give_the_states_back(wanted, mode):
    values = {"mode": mode, **category_lists(mode, wanted)}
    assert {ref: category_state(ref, values) for ref in wanted} == wanted


@pytest.mark.parametrize(("mode", "state"), [("allow", "block"), ("deny", "quota")])
def test_a_category_on_all_lists_shows_what_the_filter_does(mode, state):
    values = dict.fromkeys(("sp_categories", "sp_categories_warn", "sp_categories_quota"), ("a",))
    assert category_state("a", {"mode": mode, **values}) == state


async def test_a_filter_action_is_made_with_the_table(utm, browser):
    fields = {
        "name": "Strict",
        "category.REF_Drugs": "block",
        "category.REF_GamesGambles": "warn",
        "category.REF_FinanceInvesting": "quota",
        "extensions": "exe\nmsi",
        "contenttype_blacklist_warn": "video/*",
        "google_safesearch": "on",
        "sp_minreputation": "neutral",
    }
    await browser.submit(f"{PATH}/new", fields)
    made = await action(utm, "Strict")

    assert made.texts("sp_categories") == ("REF_Drugs",)
    assert made.texts("sp_categories_warn") == ("REF_GamesGambles",)
    assert made.texts("sp_categories_quota") == ("REF_FinanceInvesting",)
    assert made.texts("extensions") == ("exe", "msi")
    assert (made.text("google_safesearch"), made.is_on("log_blocked")) == ("on", True)


async def test_another_mode_keeps_every_choice(utm, browser):
    await browser.submit(f"{PATH}/new", {"name": "A", "category.REF_Drugs": "block"})
    made = await action(utm, "A")
    await browser.submit(f"{PATH}/{made.ref}", {"mode": "deny"})
    turned = await action(utm, "A")

    assert turned.text("mode") == "deny"
    assert "REF_Drugs" not in turned.texts("sp_categories")
    assert len(turned.texts("sp_categories")) == 17


async def test_nothing_is_different_when_nothing_was_touched(utm, browser):
    await browser.submit(f"{PATH}/new", {"name": "A", "category.REF_Drugs": "block"})
    made = await action(utm, "A")
    page = await browser.submit(f"{PATH}/{made.ref}")

    assert "nothing changed" in page


async def test_what_is_refused_keeps_the_table(browser):
    fields = {"name": "", "category.REF_Drugs": "block"}
    page = await browser.submit(f"{PATH}/new", fields)

    assert browser.status == 422
    checked = 'name="category.REF_Drugs" value="block" checked'
    assert checked in page


async def test_an_unknown_category_or_state_changes_nothing(utm, browser):
    path = f"{PATH}/REF_DefaultHTTPCFFAction"
    await browser.submit(path, {"category.REF_Nobody": "block"})
    assert browser.status == 422
    await browser.submit(path, {"category.REF_Drugs": "explode"})
    made = await action(utm, "Default content filter action")

    assert made.texts("sp_categories") == ()


async def test_a_locked_action_is_shown_without_controls(browser):
    page = await browser.get(BLOCK_ALL)
    assert "is locked" in page
    table = page[page.index('class="list states"') :]
    assert 'name="category.REF_Drugs" value="block" checked disabled' in table


async def test_its_page_names_what_endpoints_will_not_do(utm, browser):
    fields = {"name": "A", "category.REF_Drugs": "quota"}
    await browser.submit(f"{PATH}/new", fields)
    made = await action(utm, "A")
    profile = {"name": "P", "default_cff_action": made.ref, "status": True}

    def use(edit):
        edit.create("http", "profile", {**profile, "endpoints_groups": ["REF_EppEndDefault"]})
        edit.change("REF_EppEndDefault", {"web_control": True})

    await utm.edit("in use", use)
    page = await browser.get(f"{PATH}/{made.ref}")
    assert "quotas do not exist on endpoints" in page
