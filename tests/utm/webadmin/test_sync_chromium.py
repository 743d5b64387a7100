"""Policy Sync and the dashboard in a real browser: live, readable, and asking nobody else."""

from datetime import timedelta

import pytest

from .sync_world import World
from .test_chromium import (  # noqa: F401 - fixtures
    CONTRAST,
    NAMELESS,
    WIDER,
    chromium,
    keep_picture,
    make_desk,
    playwright_browser,
)

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("chromium"), pytest.mark.timeout(600)]
HOSTILE = "</text><img src=x onerror=alert(1)>"


@pytest.fixture
async def with_computers(utm, broker):
    """What desks are opened on: three computers, one of which polled."""
    utm.world = World(utm, broker)
    await utm.world.enrol(["PC-01", "PC-02", HOSTILE])
    utm.world.changeset = await utm.world.edit(f"Block games {HOSTILE}")
    await utm.world.enforce("E1", 3.0)
    at = utm.now()
    utm.now = lambda: at + timedelta(seconds=9.0)
    return utm


async def test_progress_and_picture_grow_while_computers_poll(make_desk):  # noqa: F811
    desk = await make_desk()
    await desk.log_in()
    world = desk.utm.world
    await desk.open(f"/sync/{world.changeset}")
    await desk.page.get_by_text("live", exact=True).wait_for()
    dots = desk.page.locator("#sync-picture g > circle.p-done")
    before = await dots.count()
    await world.enforce("E2", 7.0)
    await desk.page.locator("#sync-progress", has_text="2 of 3 computers enforce it").wait_for()

    assert await dots.count() == before + 1 == 2
    assert await desk.page.locator("#sync-E2 .pill-ok").count() == 1
    assert await desk.page.locator("#sync-E3 .pill-info").count() == 1
    assert (desk.wrong, desk.strangers) == ([], [])


async def test_the_page_tells_the_same_in_the_picture_and_in_the_table(make_desk):  # noqa: F811
    desk = await make_desk()
    await desk.log_in()
    await desk.open(f"/sync/{desk.utm.world.changeset}?computer=E1")
    picture = await desk.page.locator("#sync-picture").inner_text()
    cells = desk.page.locator("#sync-E1 time")

    for index in range(await cells.count()):
        assert await cells.nth(index).inner_text() in picture


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_pages_can_be_read_in_both_themes(make_desk, theme):  # noqa: F811
    desk = await make_desk(color_scheme=theme)
    await desk.log_in()
    problems = {}
    paths = {"/": "dashboard", "/sync": "sync", f"/sync/{desk.utm.world.changeset}": "changeset"}
    for path, name in paths.items():
        await desk.open(path)
        await keep_picture(desk.page, f"{name}-{theme}")
        found = await desk.page.evaluate(CONTRAST) + await desk.page.evaluate(NAMELESS)
        problems |= {path: found} if found else {}
        assert await desk.page.locator("img").count() == 0
        assert await desk.page.locator("style, [style]").count() == 0

    assert problems == {}
    assert (desk.wrong, desk.strangers) == ([], [])


async def test_pages_fit_a_narrow_window_and_pictures_are_scrolled(make_desk):  # noqa: F811
    desk = await make_desk(viewport={"width": 800, "height": 700})
    await desk.log_in()
    for path in ("/", "/sync", f"/sync/{desk.utm.world.changeset}"):
        await desk.open(path)
        assert await desk.page.evaluate(WIDER) <= 0


async def test_a_browser_draws_no_text_upon_another(make_desk):  # noqa: F811
    desk = await make_desk()
    await desk.log_in()
    await desk.open(f"/sync/{desk.utm.world.changeset}")
    overlaps = await desk.page.evaluate(
        """() => {
          const boxes = [...document.querySelectorAll("#sync-picture text")]
            .map((one) => [one.textContent, one.getBoundingClientRect()]);
          return boxes.flatMap(([a, p], i) => boxes.slice(i + 1)
            .filter(([, q]) => Math.min(p.right, q.right) - Math.max(p.left, q.left) > 0.5
              && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 4)
            .map(([b]) => [a, b]));
        }"""
    )
    assert overlaps == []


async def test_an_opened_table_stays_open_while_the_plot_changes(make_desk):  # noqa: F811
    desk = await make_desk()
    await desk.log_in()
    await desk.page.get_by_text("live", exact=True).wait_for()
    numbers = desk.page.locator("details", has=desk.page.locator("#dash-latency_numbers"))
    await numbers.locator("summary").click()
    await desk.utm.world.enforce("E2", 7.0)
    await desk.page.locator("#dash-latency_numbers", has_text="16.112 s").wait_for()

    assert await numbers.get_attribute("open") is not None
