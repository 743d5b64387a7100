"""The Web Protection pages in a real browser: order, wizard, policy test, keyboard, looks.

`UTMLAB_PICTURES=DIR` leaves pictures for a person to look at.
"""

import pytest

from utm.confd import BASE_PROFILE
from utm.webadmin.pages import web_policy_test, web_wizard
from utm.webadmin.pages.web_actions import PATH as ACTIONS
from utm.webadmin.pages.web_findings import CHECK_PATH
from utm.webadmin.pages.web_options import BASE as OPTIONS
from utm.webadmin.pages.web_profiles import PATH as PROFILES

from .test_chromium import (  # noqa: F401 - fixtures
    CONTRAST,
    FOCUSED,
    NAMELESS,
    WIDER,
    chromium,
    keep_picture,
    make_desk,
    playwright_browser,
)

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("chromium"), pytest.mark.timeout(600)]

WIZARD = web_wizard.PATH
TEST = web_policy_test.PATH
ASKED = f"{TEST}?url=http%3A%2F%2Fgames.example%2F&who=REF_EppEndDefault&where=away"
PATHS = [
    "/web-protection/filtering/global",
    "/web-protection/filtering/policies",
    PROFILES,
    f"{PROFILES}/new",
    f"{PROFILES}/{BASE_PROFILE}",
    ACTIONS,
    f"{ACTIONS}/REF_DefaultHTTPCFFAction",
    f"{ACTIONS}/REF_DefaultHTTPCFFBlockAction",
    WIZARD,
    f"{OPTIONS}/exceptions",
    f"{OPTIONS}/exceptions/new",
    f"{OPTIONS}/websites",
    f"{OPTIONS}/websites/new",
    f"{OPTIONS}/lists",
    f"{OPTIONS}/lists/new",
    f"{OPTIONS}/tags",
    f"{OPTIONS}/categories",
    f"{OPTIONS}/categories/REF_Drugs",
    f"{OPTIONS}/category-ids",
    TEST,
    ASKED,
    CHECK_PATH,
]


def configure(edit):
    """A profile with three policies, lists, sites, tags, exceptions: some of it not meant."""
    users = edit.create("aaa", "user", {"name": "anna", "enabled": True})
    values = {"name": "Evenings", "start_time": "17:00", "end_time": "20:00"}
    times = edit.create("time", "recurring", {**values, "weekdays": ["Mon", "Tue", "Wed"]})
    tag = edit.create("http", "lsl_tag", {"name": "Suppliers", "comment": "who delivers to us"})
    values = {"name": "News", "site": "news.example", "include_subdomains": True, "tags": [tag]}
    edit.create("http", "local_site", {**values, "reputation": "trusted"})
    values = {"name": "Time wasters", "mode": "Domain", "include_subdomains": True}
    edit.create("http", "domain_regex", {**values, "domain": ["videos.example", "chat.example"]})
    values = {"name": "Old pattern", "mode": "Regex", "regexps": ["http://.*example\\.com"]}
    pattern = edit.create("http", "domain_regex", values)
    action = edit.create(
        "http",
        "cff_action",
        {
            "name": "Strict",
            "mode": "allow",
            "sp_categories": ["REF_Drugs", "REF_GamesGambles"],
            "sp_categories_warn": ["REF_EntertainmentCulture"],
            "sp_categories_quota": ["REF_FinanceInvesting"],
            "url_blacklist": [pattern],
            "log_access": True,
        },
    )
    refs = [
        edit.create("http", "cff_profile", {"name": name, "action": action, **more})
        for name, more in (
            ("Managers", {"aaa": [users]}),
            ("After work", {"time_event": times}),
            ("Everybody", {}),
        )
    ]
    values = {"default_cff_action": action, "endpoints_groups": ["REF_EppEndDefault"]}
    values |= {"cff_profiles": refs, "ordered_cff_profiles": refs, "status": True}
    edit.create("http", "profile", {"name": "Kiosks", "default_cff_action": action})
    profile = edit.create("http", "profile", {"name": "Laptops", **values})
    values = {"name": "Updates", "status": True, "skiplist": ["url_filter", "av"]}
    edit.create("http", "exception", {**values, "domains": ["^https?://updates\\.example/"]})
    edit.create("http", "exception", {"name": "Empty", "status": True, "skiplist": ["av"]})
    edit.change("REF_EppEndDefault", {"web_control": True})
    return profile


@pytest.fixture
async def desk(make_desk, request):  # noqa: F811
    """A browser in front of an appliance that has something of everything."""
    desk = await make_desk(**getattr(request, "param", {}))
    desk.profile = (await desk.utm.edit("configured", configure)).result
    await desk.log_in()
    return desk


def slug(path):
    return path.split("?")[0].strip("/").replace("/", "-") + ("-asked" if "?" in path else "")


@pytest.mark.parametrize(
    "desk", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True, ids=str
)
async def test_every_page_can_be_read_and_named_and_asks_nobody_else(desk):
    theme = await desk.page.evaluate(
        "matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'"
    )
    problems = {}
    for path in [*PATHS, f"{PROFILES}/{desk.profile}"]:
        await desk.open(path)
        name = slug(path).replace(desk.profile, "laptops")
        await keep_picture(desk.page, f"{name}-{theme}")
        problems[path] = await desk.page.evaluate(CONTRAST) + await desk.page.evaluate(NAMELESS)

    assert {path: found for path, found in problems.items() if found} == {}
    assert (desk.wrong, desk.strangers) == ([], [])


@pytest.mark.parametrize("desk", [{"viewport": {"width": 800, "height": 700}}], indirect=True)
async def test_pages_fit_a_narrow_window(desk):
    wide = {}
    for path in [*PATHS, f"{PROFILES}/{desk.profile}"]:
        await desk.open(path)
        wide[path] = await desk.page.evaluate(WIDER)

    assert {path: by for path, by in wide.items() if by > 0} == {}


async def drag(desk, grip, onto):
    grips = desk.page.locator("[data-grip]")
    async with desk.page.expect_navigation():
        await grips.nth(grip).hover()
        await desk.page.mouse.down()
        await grips.nth(onto).hover()
        await desk.page.mouse.up()


async def test_profiles_are_dragged_into_matching_order_and_the_base_one_stays_last(desk):
    await desk.open(PROFILES)
    await drag(desk, 0, 1)
    names = await desk.page.locator("tbody th a").all_inner_texts()

    assert names == ["Kiosks", "Laptops", "Default Web Filter Profile"]
    assert (await desk.utm.node("http.profiles"))[-1] == BASE_PROFILE
    assert desk.wrong == []


async def test_policies_are_dragged_and_the_base_policy_stays_last(desk):
    await desk.open(f"{PROFILES}/{desk.profile}")
    await drag(desk, 2, 0)
    names = await desk.page.locator("#policies tbody th").all_inner_texts()

    assert names == ["Everybody", "Managers", "After work", "Base policy"]
    assert desk.wrong == []


@pytest.mark.parametrize(
    "desk", [{}, {"java_script_enabled": False}], indirect=True, ids=["script", "no script"]
)
async def test_the_wizard_makes_a_profile_and_everything_is_on(desk):
    page = desk.page
    await desk.open(WIZARD)
    await page.check("input[name=groups][value=REF_EppEndDefault]")
    for step in ("action", "categories"):
        await page.click("button.main")
        await keep_picture(page, f"wizard-{step}")
    await page.check("input[name='category.REF_GamesGambles'][value=block]")
    await page.click("button.main")
    await page.fill("#f-block", "videos.example\nnot a site")
    await page.click("button.main")
    assert "Line 2" in await page.inner_text("#f-block-error")
    await keep_picture(page, "wizard-websites")
    await page.fill("#f-block", "videos.example")
    await page.click("button.main")
    await page.fill("#f-name", "Roaming")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Make the profile").wait_for()
    await keep_picture(page, "wizard-review")
    await page.click("button.main")

    assert await page.inner_text("h1") == "Roaming"
    assert await page.locator("summary", has_text="finding").count() == 0
    await desk.open(f"{TEST}?url=http://www.videos.example/&who=REF_EppEndDefault")
    assert await page.inner_text("#verdict") == "Blocked"
    assert [one for one in desk.wrong if "422" not in one] == []


async def test_a_policy_is_tested_with_the_keyboard_alone(desk):
    page = desk.page
    await desk.open(TEST)
    await page.focus("#url")
    await page.keyboard.type("http://games.example/")
    await page.keyboard.press("Tab")
    await page.keyboard.type("PC-01")
    assert await page.evaluate("document.activeElement.id") == "who"
    seen = await page.evaluate(FOCUSED)
    assert seen[1] != "none"
    await page.focus("#url")
    await page.keyboard.press("Enter")
    await page.locator("#verdict").wait_for()

    assert await page.inner_text("#verdict") == "Blocked"
    assert await page.locator(".trace-list tbody tr").count() > 2
    assert desk.wrong == []


async def test_a_category_is_blocked_with_the_keyboard_alone(desk):
    page = desk.page
    await desk.open(f"{ACTIONS}/REF_DefaultHTTPCFFAction")
    await page.focus("input[name='category.REF_Drugs'][value=allow]")
    for _ in range(3):
        await page.keyboard.press("ArrowRight")
    await page.focus("#f-name")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{ACTIONS}")

    action = await desk.utm.verbs["object"](ref="REF_DefaultHTTPCFFAction")
    assert action["sp_categories"] == ["REF_Drugs"]
    assert desk.wrong == []
