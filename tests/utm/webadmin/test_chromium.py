"""WebAdmin in a real browser: what only a browser can judge.

Contrast, names of controls, focus, live parts, dragging, and that nothing is asked of anybody else.
`UTMLAB_PICTURES=DIR` leaves pictures for a person to look at.
"""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from foundation.protocol.link import Report
from utm.access import stored_secrets
from utm.confd import BASE_PROFILE
from utm.storage import WEBADMIN_FOLDER
from utm.webadmin import application
from utm.webadmin.object_pages import ObjectPages
from utm.webadmin.page import Page
from utm.webadmin.pages import PAGES

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("chromium"), pytest.mark.timeout(600)]

NEED = Path(__file__).parents[3] / "tools" / "need"
EPP = "/endpoint-protection"
COMPUTERS = f"{EPP}/computer-management/computers"
GROUPS = f"{EPP}/computer-management/groups"
PATHS = [
    "/",
    f"{EPP}/computer-management/global",
    f"{EPP}/computer-management/deploy-agent",
    COMPUTERS,
    f"{COMPUTERS}/E1",
    GROUPS,
    f"{GROUPS}/new",
    f"{EPP}/computer-management/advanced",
    f"{EPP}/antivirus/policies/REF_EppAvpAllow",
    f"{EPP}/device-control/policies",
    f"{EPP}/web-control",
    "/management/webadmin/sessions",
    "/management/webadmin/changes",
    "/no/such/page",
]

# Every text's colour against what lies behind it, by the rule of WCAG 2 (4.5; 3 for large text).
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => top.slice(0, 3).map((v, i) => v * top[3] + below[i] * (1 - top[3]));
  const light = (rgb) => rgb.map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      layers.push(colour(getComputedStyle(one).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const bad = [];
  for (const element of document.querySelectorAll("body *")) {
    const texts = [...element.childNodes].filter((one) => one.nodeType === 3 && one.data.trim());
    const field = element.matches("input:not([type=checkbox]):not([type=hidden]), select");
    const style = getComputedStyle(element);
    if (!texts.length && !field) continue;
    if (element.closest(".hidden, [hidden], :disabled, .skip, svg")) continue;
    if (style.visibility === "hidden" || !element.getClientRects().length) continue;
    const back = behind(element);
    const [a, b] = [light(over(colour(style.color), back)), light(back)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least) bad.push(`${ratio.toFixed(2)} ${element.outerHTML.slice(0, 120)}`);
  }
  return bad;
}"""

# Controls without a name that a screen reader could say.
NAMELESS = """() =>
  [...document.querySelectorAll("button, a[href], input, select, textarea, summary")]
  .filter((one) => one.type !== "hidden" && !one.closest("[aria-hidden=true], .hidden, [hidden]"))
  .filter((one) => !(one.labels?.length || one.ariaLabel || one.textContent.trim()))
  .map((one) => one.outerHTML.slice(0, 120))"""

FOCUSED = """() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return [document.activeElement.outerHTML.slice(0, 80), outlineStyle, parseFloat(outlineWidth)];
}"""

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="session")
def chromium():
    subprocess.run([NEED, "chromium"], check=True)
    return shutil.which("chromium")


@pytest.fixture
async def playwright_browser(chromium):
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


class Desk:
    """A page in the browser, and what went wrong behind it."""

    def __init__(self, page, utm) -> None:
        self.page, self.utm = page, utm
        self.wrong, self.strangers = [], []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", self._asked)

    def _said(self, message):
        is_missing_page = "404" in message.text and "no/such/page" in message.location["url"]
        if message.type in ("error", "warning") and not is_missing_page:
            self.wrong.append(message.text)

    def _asked(self, request):
        if urlsplit(request.url).netloc != urlsplit(self.utm.front_door.url).netloc:
            self.strangers.append(request.url)

    async def open(self, path):
        return await self.page.goto(self.utm.front_door.url + path)

    async def log_in(self, user="admin"):
        await self.open("/login")
        await self.page.fill("#user", user)
        secrets = stored_secrets(self.utm.config.data / WEBADMIN_FOLDER)
        await self.page.fill("#password", secrets[user])
        await self.page.keyboard.press("Enter")
        await self.page.wait_for_url("**/")


@pytest.fixture
async def make_desk(playwright_browser, with_computers):
    """Open the appliance in a fresh browser profile."""

    async def make(**options):
        context = await playwright_browser.new_context(
            ignore_https_errors=True, **{"viewport": {"width": 1280, "height": 860}, **options}
        )
        return Desk(await context.new_page(), with_computers)

    return make


async def keep_picture(page, name):
    """Leave a picture for a person to look at, where one is wanted."""
    folder = os.environ.get("UTMLAB_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"webadmin-{name}.png", full_page=True)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_page_can_be_read_and_named_and_asks_nobody_else(make_desk, theme):
    desk = await make_desk(color_scheme=theme)
    await desk.open("/login")
    problems = {"/login": await desk.page.evaluate(CONTRAST)}
    await keep_picture(desk.page, f"login-{theme}")
    await desk.log_in()
    for path in PATHS:
        await desk.open(path)
        await keep_picture(desk.page, f"{path.strip('/').replace('/', '-') or 'home'}-{theme}")
        problems[path] = await desk.page.evaluate(CONTRAST) + await desk.page.evaluate(NAMELESS)

    assert {path: found for path, found in problems.items() if found} == {}
    assert (desk.wrong, desk.strangers) == ([], [])


async def test_pages_fit_a_narrow_window(make_desk):
    desk = await make_desk(viewport={"width": 800, "height": 700})
    await desk.log_in()
    wide = {}
    for path in PATHS:
        await desk.open(path)
        wide[path] = await desk.page.evaluate(WIDER)

    assert {path: by for path, by in wide.items() if by > 0} == {}


async def test_a_theme_is_kept_against_that_of_the_system(make_desk):
    desk = await make_desk(color_scheme="light")
    await desk.log_in()
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = await desk.page.evaluate(ground)
    await desk.page.click("button[name=theme][value=dark]")
    assert await desk.page.evaluate(ground) != light
    await desk.open(COMPUTERS)
    assert await desk.page.evaluate(ground) != light
    assert await desk.page.get_attribute("button[value=dark]", "aria-pressed") == "true"


async def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(make_desk):
    desk = await make_desk()
    await desk.log_in()
    await desk.open(GROUPS)
    await desk.page.keyboard.press("Tab")
    assert await desk.page.evaluate("document.activeElement.className") == "skip"
    await desk.page.keyboard.press("Enter")
    assert await desk.page.evaluate("location.hash") == "#main"
    await desk.open(GROUPS)
    tops, unseen = [], []
    for _ in range(14):
        await desk.page.keyboard.press("Tab")
        seen = await desk.page.evaluate(FOCUSED)
        tops.append(seen[0])
        if seen[1] == "none" or seen[2] < 2:
            unseen.append(seen)

    assert len(set(tops)) == len(tops)
    assert unseen == []


async def test_a_group_is_made_with_the_keyboard_alone(make_desk):
    desk = await make_desk()
    await desk.log_in()
    await desk.open(f"{GROUPS}/new")
    await desk.page.focus("#f-name")
    await desk.page.keyboard.type("Sales")
    await desk.page.keyboard.press("Enter")
    await desk.page.wait_for_url(f"**{GROUPS}")

    assert await desk.page.locator("tbody th", has_text="Sales").count() == 1


async def test_a_computer_that_moves_is_seen_at_once_and_a_tick_is_kept(make_desk):
    desk = await make_desk()
    await desk.log_in()
    await desk.open(COMPUTERS)
    await desk.page.get_by_text("live", exact=True).wait_for()
    await desk.page.check("input[value=E2]")
    await desk.utm.verbs["group_create"](name="Sales")
    await desk.utm.verbs["group_move"](endpoint="E2", group="Sales")
    await desk.page.locator("#pc-E2 td", has_text="Sales").wait_for()

    assert await desk.page.is_checked("input[value=E2]")
    assert await desk.page.locator("#pc-E1 td", has_text="Sales").count() == 0
    assert desk.wrong == []


async def test_that_nothing_fits_a_filter_is_still_said_when_the_page_is_live(make_desk):
    desk = await make_desk()
    await desk.log_in()
    marking = "document.addEventListener('parts', () => (document.body.dataset.taken = ''))"
    await desk.page.add_init_script(marking)
    await desk.open(f"{COMPUTERS}?standing=error")
    await desk.page.locator("body[data-taken]").wait_for()

    assert await desk.page.locator("#computers", has_text="No computer fits.").count() == 1


async def test_a_new_computer_appears_in_its_place(make_desk, broker):
    desk = await make_desk()
    await desk.log_in()
    await desk.open(COMPUTERS)
    at = desk.utm.now().isoformat()
    hostile = {"computer_name": "<img src=x onerror=alert(1)>", "operating_system": "Windows"}
    broker.report(Report(3, "enrolled", "E3", at, hostile))
    await desk.page.locator("#pc-E3").wait_for()

    ids = await desk.page.evaluate("[...document.querySelectorAll('#computers tr')].map(r => r.id)")
    assert ids == ["pc-E3", "pc-E1", "pc-E2"]
    assert await desk.page.locator("img").count() == 0
    assert desk.wrong == []


async def test_all_of_a_page_are_chosen_with_one_tick(make_desk):
    desk = await make_desk()
    await desk.log_in()
    await desk.open(COMPUTERS)
    await desk.page.check("[data-all]")
    await desk.page.click("button[value=unaccept]")

    assert await desk.page.locator("#computers .pill", has_text="not accepted").count() == 2


async def test_without_scripts_a_form_works_and_no_dead_control_is_shown(make_desk):
    desk = await make_desk(java_script_enabled=False)
    await desk.log_in()
    await desk.open(COMPUTERS)
    assert not await desk.page.is_visible("[data-all]")
    await desk.page.check("input[value=E1]")
    await desk.page.click("button[value=unaccept]")

    assert await desk.page.locator("#computers .pill", has_text="not accepted").count() == 1


@pytest.fixture
def ordered_pages(monkeypatch):
    """Pages of a class whose order is the order of matching, wherever its real ones are."""
    pages = ObjectPages("http/profile", "/ordered", "profile", is_ordered=True)
    monkeypatch.setattr(application, "PAGES", (*PAGES, Page(objects=(pages,))))
    return pages.path


def two_profiles(edit):
    for name in ("First", "Second"):
        values = {"name": name, "default_cff_action": "REF_DefaultHTTPCFFAction"}
        edit.create("http", "profile", values)


async def test_an_order_is_changed_by_buttons_and_by_dragging(ordered_pages, make_desk):
    desk = await make_desk()
    await desk.utm.edit("two profiles", two_profiles)
    await desk.log_in()
    await desk.open(ordered_pages)
    names = desk.page.locator("[data-sortable] th a")
    assert (await names.all_inner_texts())[:2] == ["Second", "First"]
    await desk.page.click("button[aria-label='Move First up']")
    assert (await names.all_inner_texts())[:2] == ["First", "Second"]
    grips = desk.page.locator("[data-grip]")
    async with desk.page.expect_navigation():
        await grips.nth(0).hover()
        await desk.page.mouse.down()
        await grips.nth(1).hover()
        await desk.page.mouse.up()
    assert (await names.all_inner_texts())[:2] == ["Second", "First"]
    assert (await desk.utm.node("http.profiles"))[-1] == BASE_PROFILE
    assert desk.wrong == []


async def test_the_contrast_check_sees_what_is_too_faint(make_desk):
    desk = await make_desk(color_scheme="light")
    await desk.open("/login")
    await desk.page.evaluate("document.querySelector('h1').style.color = '#bbb'")
    assert len(await desk.page.evaluate(CONTRAST)) == 1
