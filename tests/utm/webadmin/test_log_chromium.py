"""The log pages in a real browser: filter, autoscroll and pause of Live Log; what can be read.

`UTMLAB_PICTURES=DIR` leaves pictures for a person to look at.
"""

import gzip
from datetime import date

import pytest

from utm.logs.spool import enqueue
from utm.logs.views import archive_path

from .test_chromium import (
    CONTRAST,
    FOCUSED,
    NAMELESS,
    WIDER,
    chromium,
    keep_picture,
    make_desk,
    playwright_browser,
)

__all__ = ["chromium", "make_desk", "playwright_browser"]

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("chromium"), pytest.mark.timeout(600)]

VIEW = "/logging/view-log-files"
LIVE = f"{VIEW}/today/eplog/live"
AT_END = """() => {
  const list = document.getElementById("live-lines");
  return list.scrollHeight - list.clientHeight - list.scrollTop < 2;
}"""
SITES = ("www.example.com/", "casino.example/slots?x=1", "news.example/2026/11/20/long-story")


def web_line(number, user="LAB\\anna"):
    blocked = number % 3 == 1
    names = ("0060", "web request blocked, forbidden category detected", "block", "403")
    id_, name, action, status = names if blocked else ("0001", "http access", "pass", "200")
    return (
        f'2026:11:20-09:{number // 60 % 60:02}:{number % 60:02} utm eplog[4711]: id="{id_}"'
        f' severity="info" sys="SecureWeb" sub="http" name="{name}" action="{action}"'
        f' method="GET" srcip="192.0.2.{number % 250}" user="{user}" statuscode="{status}"'
        ' profile="REF_DefaultHTTPProfile (Default Web Filter Profile)"'
        ' filteraction="REF_DefaultHTTPCFFAction (Default content filter action)"'
        f' size="{number * 97}" url="http://{SITES[number % 3]}" category="105"'
        ' reputation="trusted" categoryname="Business"'
    )


async def write(utm, *lines, log="eplog"):
    await utm.writer.write(lambda db: enqueue(db, log, utm.now(), lines))
    await utm.appender.drain()


@pytest.fixture
async def desk(make_desk):
    desk = await make_desk()
    await desk.log_in()
    return desk


async def fill(utm):
    """Lines of every kind, an archive, a syslog server that nobody answers at."""
    for number in range(1, 4):
        text = f"line of {number}"
        path = archive_path(utm.config.logs, "epsecd", date(2026, 11, 20 - number), 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode() + b"\n"))
    await utm.edit("a tag for partners", lambda edit: edit.create("http", "lsl_tag", {"name": "P"}))
    hostile = "<script>alert(1)</script>\u202egnp"
    await write(utm, *map(web_line, range(30)), web_line(31, user=hostile))

    def syslog(edit):
        host = edit.create("network", "host", {"name": "Collector", "address": "127.0.0.1"})
        port = edit.create("service", "tcp", {"name": "syslog", "dst_low": 1, "dst_high": 1})
        server = {"name": "Collector", "server": host, "port": port}
        ref = edit.create("remote_syslog", "server", server)
        edit.set_node("remote_syslog.target", (ref,))
        edit.set_node("remote_syslog.logs", ("Endpoint Protection",))
        edit.set_node("remote_syslog.status", True)

    await utm.edit("remote syslog", syslog)
    await utm.quiesce()


PAGES = {
    "today": f"{VIEW}/today",
    "live": LIVE,
    "view": f"{VIEW}/today/confd",
    "archived": f"{VIEW}/archived",
    "search": f"{VIEW}/search?q=example",
    "search-empty": f"{VIEW}/search",
    "messages": f"{VIEW}/messages",
    "message": f"{VIEW}/messages/4212",
    "clear": f"{VIEW}/today/eplog/clear",
    "syslog": "/logging/log-settings/remote-syslog",
    "report": "/logging/endpoint-protection",
    "change": "/management/webadmin/changes/1",
}
LINES = {
    "line-web": "eplog",
    "line-change": "confd?q=lsl_tag",
    "line-changeset": "epsecd?q=id%3D4233",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_log_page_can_be_read_and_named(make_desk, theme):
    desk = await make_desk(color_scheme=theme)
    await fill(desk.utm)
    await desk.log_in()
    problems = {}
    for name, path in PAGES.items():
        await desk.open(path)
        problems[name] = await judged(desk, f"log-{name}-{theme}")
    for name, log in LINES.items():
        await desk.open(f"{VIEW}/today/{log}")
        await desk.page.get_by_role("link", name="Show the change").last.click()
        await desk.page.wait_for_url("**/line?**")
        problems[name] = await judged(desk, f"log-{name}-{theme}")

    assert {path: found for path, found in problems.items() if found} == {}
    assert (desk.wrong, desk.strangers) == ([], [])


async def judged(desk, name):
    await keep_picture(desk.page, name)
    return await desk.page.evaluate(CONTRAST) + await desk.page.evaluate(NAMELESS)


async def test_log_pages_fit_a_narrow_window(make_desk):
    desk = await make_desk(viewport={"width": 800, "height": 700})
    await fill(desk.utm)
    await desk.log_in()
    wide = {}
    for name, path in PAGES.items():
        await desk.open(path)
        wide[name] = await desk.page.evaluate(WIDER)
    await keep_picture(desk.page, "log-narrow")

    assert {name: by for name, by in wide.items() if by > 0} == {}


async def test_live_lines_arrive_and_the_end_stays_in_sight(desk):
    await write(desk.utm, *map(web_line, range(60)))
    await desk.open(LIVE)
    await desk.page.get_by_text("live", exact=True).wait_for()
    await write(desk.utm, *map(web_line, range(60, 70)))
    lines = desk.page.locator("#live-lines > li")
    await lines.nth(69).wait_for()
    assert await desk.page.evaluate(AT_END)
    await desk.page.uncheck("#live-scroll")
    await desk.page.evaluate("document.getElementById('live-lines').scrollTop = 0")
    await write(desk.utm, web_line(70))
    await lines.nth(70).wait_for(state="attached")

    assert await desk.page.evaluate("document.getElementById('live-lines').scrollTop") == 0
    assert desk.wrong == []


async def test_the_filter_narrows_what_is_there_and_what_comes(desk):
    await write(desk.utm, *map(web_line, range(6)))
    await desk.open(LIVE)
    await desk.page.get_by_text("live", exact=True).wait_for()
    await desk.page.fill("#live-q", "casino")
    shown = desk.page.locator("#live-lines > li:visible")
    assert await shown.count() == 2
    await write(desk.utm, *map(web_line, range(6, 9)))
    await desk.page.locator("#live-lines > li").nth(8).wait_for(state="attached")
    assert await shown.count() == 3
    await desk.page.fill("#live-q", "id=0060 casino")
    assert await shown.count() == 3
    await desk.page.fill("#live-q", "")
    assert await shown.count() == 9


async def test_a_pause_holds_lines_and_loses_none(desk):
    await write(desk.utm, web_line(0))
    await desk.open(LIVE)
    await desk.page.get_by_text("live", exact=True).wait_for()
    await desk.page.click("#live-pause")
    await write(desk.utm, web_line(1))
    await desk.page.get_by_text("Paused: new lines wait.").wait_for()
    lines = desk.page.locator("#live-lines > li")
    assert await lines.count() == 1
    await desk.page.click("#live-pause")
    assert await lines.count() == 2


async def test_a_cleared_log_begins_anew(desk):
    await write(desk.utm, web_line(0), web_line(1))
    await desk.open(LIVE)
    await desk.page.get_by_text("live", exact=True).wait_for()
    await desk.utm.appender.clear("eplog", lambda _db: None)
    await desk.page.get_by_text("The log was cleared, or a new day began.").wait_for()

    assert await desk.page.locator("#live-lines > li").count() == 0


async def test_hostile_lines_do_nothing_when_they_arrive(desk):
    await write(desk.utm, web_line(0))
    await desk.open(LIVE)
    await desk.page.get_by_text("live", exact=True).wait_for()
    hostile = "<img src=x onerror=alert(1)><script>alert(1)</script>\u202e"
    await write(desk.utm, web_line(1, user=hostile))
    await desk.page.locator("#live-lines > li").nth(1).wait_for()

    assert await desk.page.locator("#live-lines img, #live-lines script").count() == 0
    assert desk.wrong == []


async def test_the_live_log_is_worked_by_keyboard(desk):
    await write(desk.utm, *map(web_line, range(60)))
    await desk.open(LIVE)
    await desk.page.focus("#live-q")
    reached, unseen = [], []
    for _ in range(6):
        await desk.page.keyboard.press("Tab")
        reached.append(await desk.page.evaluate("document.activeElement.id"))
        seen = await desk.page.evaluate(FOCUSED)
        if seen[1] == "none" or seen[2] < 2:
            unseen.append(seen)
    assert reached[1:5] == ["live-scroll", "live-pause", "live-clear", "live-lines"]
    assert unseen == []
    await desk.page.focus("#live-pause")
    await desk.page.keyboard.press("Space")
    assert await desk.page.get_attribute("#live-pause", "aria-pressed") == "true"


async def test_without_scripts_the_live_log_reloads_itself(make_desk):
    desk = await make_desk(java_script_enabled=False)
    await write(desk.utm, web_line(0))
    await desk.log_in()
    await desk.open(LIVE)
    assert not await desk.page.is_visible("#live-pause")
    await write(desk.utm, web_line(1))
    await desk.page.wait_for_url("**/live?*refresh=1")

    assert await desk.page.locator("#live-lines > li").count() == 2
