"""A real browser in front of Web Control: Debian's Chromium, led by the PAC file."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from foundation.webfilter.policy import LocalSite

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("chromium")]

NEED = Path(__file__).parents[3] / "tools" / "need"
SWITCHES = (
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium():
    subprocess.run([NEED, "chromium"], check=True)
    return shutil.which("chromium")


@pytest.fixture
async def browser(desk, policy, chromium, tmp_path):
    from playwright.async_api import async_playwright

    warned = LocalSite(ref="REF_Site", site="warned.example", category=133)
    desk.give(local_sites=(warned,), actions=(replace(policy.actions[0]),))
    await desk.web_control.start()
    pac = f"http://127.0.0.1:{desk.web_control.port}/proxy.pac"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium,
            args=[*SWITCHES, f"--proxy-pac-url={pac}"],
            ignore_default_args=["--headless=new"],
        )
        yield await browser.new_page(viewport={"width": 1000, "height": 700})
        await browser.close()


async def keep_picture(page, name):
    """Leave a picture for a person to look at, where one is wanted."""
    folder = os.environ.get("UTMLAB_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def test_an_allowed_page_is_shown(browser):
    answer = await browser.goto("http://fine.example/")
    assert (answer.status, await browser.inner_text("body")) == (200, "the page")


async def test_a_blocked_page_says_so_in_its_own_design(browser):
    answer = await browser.goto("http://blocked.example/play")
    await keep_picture(browser, "block")
    assert answer.status == 403
    assert await browser.inner_text("h1") == "Blocked"
    # The stylesheet came through the strict content security policy.
    colour = "getComputedStyle(document.querySelector('main')).borderTopWidth"
    assert await browser.evaluate(colour) == "6px"


async def test_a_warned_page_opens_after_a_click(browser, desk):
    answer = await browser.goto("http://warned.example/page?x=1")
    await keep_picture(browser, "warn")
    assert answer.status == 403
    await browser.click("button")
    await browser.wait_for_url("http://warned.example/page?x=1")
    assert await browser.inner_text("body") == "the page"
    actions = [event.action for event in desk.events() if "//warned.example/page" in event.url]
    assert actions[:2] == ["warn", "proceed"]


async def test_a_blocked_https_site_is_not_connected_to(browser, desk):
    from playwright.async_api import Error

    with pytest.raises(Error, match="ERR_TUNNEL_CONNECTION_FAILED"):
        await browser.goto("https://blocked.example/")
    asked = {(event.action, event.method) for event in desk.events() if "blocked." in event.url}
    assert asked == {("block", "CONNECT")}
