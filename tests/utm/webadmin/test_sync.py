"""Policy Sync: the pages, the picture as a file, and what stands in them."""

import asyncio
import json
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from utm.epsecd.changesets import Wanted
from utm.webadmin.pages.sync_reading import PER_PAGE, read_page, read_sync
from utm.webadmin.pages.sync_view import concerned_groups, sync_view

PATH = "/endpoint-protection/policy-sync"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
async def utm(make_utm):
    utm = make_utm(timezone="Europe/Berlin")
    await utm.start()
    return utm


async def seen(world, number):
    record = await world.utm.writer.read(lambda db: read_sync(db, number))
    return sync_view(record, world.utm.now(), world.utm.now().tzinfo)


def states(view):
    return {row.computer.name: (row.standing.kind, row.standing.text) for row in view.rows}


async def test_who_enforces_it_and_who_does_not_yet_and_why(world):
    await world.enrol(["PC-01", "PC-02", "PC-03", "PC-04"])
    number = await world.edit()
    first = await seen(world, number)
    await world.enforce("E1", 3.0)
    await world.enforce("E2", 4.0, res="Diff", reason="pattern refused")
    await world.utm.writer.write(
        lambda db: db.execute("UPDATE epsecd_endpoints SET removed = 1 WHERE endpoint_id = 'E4'")
    )
    world.later_s = 47.0
    view = await seen(world, number)

    assert {kind for kind, _ in states(first).values()} == {"info"}
    assert states(view) == {
        "PC-01": ("ok", "enforces it"),
        "PC-02": ("error", "changeset 1, refused"),
        "PC-03": ("warning", "changeset 1, 2 polls late"),
        "PC-04": ("off", "removed"),
    }
    why = {row.computer.name: row.standing.why for row in view.rows}
    assert "TPROT says Diff: pattern refused" in why["PC-02"]
    assert "Not heard of since" in why["PC-03"]
    assert (view.done, view.total, view.state.text) == (1, 3, "refused")


async def test_who_enforced_it_and_refuses_it_since_is_told(world):
    await world.enrol(["PC-01"])
    number = await world.edit()
    await world.enforce("E1", 3.0)
    body = {"app_id": "SWC", "res": "Diff", "revision": "f" * 64, "details": {"reason": "damaged"}}
    at = world.utm.now() + timedelta(seconds=9)
    later = world.report("status", "E1", at, {**body, "created_at": at.isoformat()})
    await world.take_in([later], at)
    view = await seen(world, number)

    assert states(view) == {"PC-01": ("error", f"changeset {number}, refused")}
    assert (view.done, view.state.text) == (0, "refused")


async def test_the_hops_are_those_that_were_told(world):
    await world.enrol(["PC-01"])
    number = await world.edit()
    await world.enforce("E1", 3.0)
    view = await seen(world, number)

    assert view.rows[0].lane.offsets() == pytest.approx(
        {
            "edited": 0,
            "4233": 0.008,
            "broker": 0.041,
            "polled": 3.0,
            "fetched": 3.019,
            "applied": 3.112,
            "reported": 3.179,
            "4211": 3.209,
            "4212": 3.209,
        }
    )
    assert view.rows[0].waited_s == pytest.approx(2.959)
    assert view.poll_s == 20.0


async def test_of_a_liveconnect_that_tells_nothing_what_the_utm_saw_is_shown(world):
    await world.enrol(["PC-01"])
    number = await world.edit()
    await world.enforce("E1", 3.0, is_told=False)
    offsets = (await seen(world, number)).rows[0].lane.offsets()

    assert "polled" not in offsets
    assert offsets["reported"] == pytest.approx(3.179)


async def test_a_newer_changeset_supersedes_and_who_enrolled_later_is_not_meant(world):
    await world.enrol(["PC-01", "PC-02"])
    old = await world.edit("first")
    await world.enforce("E1", 1.0)
    world.later_s = 7_200.0
    new = await world.edit("second")
    world.later_s += 7_200.0
    await world.enrol(["PC-03"])
    view = await seen(world, old)

    assert states(view) == {
        "PC-01": ("ok", "enforces it"),
        "PC-02": ("off", f"superseded by changeset {new}"),
    }
    assert view.state.text == "superseded"
    assert not view.is_open


def _make_group(edit):
    edit.create("epp", "endpoints_group", {"name": "Sales"})


async def test_who_was_assigned_nothing_is_no_part_of_the_statistics(world):
    await world.enrol(["PC-01", "PC-02"])
    await world.edit()
    await world.enforce("E1", 1.0)
    await world.enforce("E2", 2.0)
    world.later_s = 60.0
    number = await world.edit("a group", _make_group)
    view = await seen(world, number)

    assert states(view) == dict.fromkeys(("PC-01", "PC-02"), ("ok", "enforces it"))
    assert (view.concerned, view.stats) == ((), {})


def test_the_groups_that_a_changeset_concerns_are_told_with_what_changed():
    before = Wanted("G1", {}, {"G1": {"SWC": "a", "SAV": "b"}, "G2": {"SWC": "a"}})
    after = Wanted(
        "G1", {}, {"G1": {"SWC": "x", "SAV": "b"}, "G2": {"SWC": "a"}, "G3": {"ALC": "n"}}
    )

    assert concerned_groups(before, after, {"G1": "Default"}) == {
        "Default": ("web control",),
        "G3": ("updating",),
    }


async def test_the_list_is_newest_first_and_paginated(world, visitor):
    await world.enrol(["PC-01"])
    for number in range(PER_PAGE + 2):
        world.later_s += 60
        await world.edit(f"change {number} {HOSTILE}")
    page = await visitor.get(PATH)

    assert visitor.status == 200
    assert page.index(f"change {PER_PAGE + 1} ") < page.index(f"change {PER_PAGE} ")
    assert "change 0 " not in page
    assert "change 0 " in await visitor.get(f"{PATH}?page=2")
    assert HOSTILE not in page
    for strange in ("0", "-1", "x", "9" * 30):
        await visitor.get(f"{PATH}?page={strange}")
        assert visitor.status == 200


async def test_the_page_of_a_changeset_tells_local_time_progress_and_every_hop(world, visitor):
    await world.enrol(["PC-01", HOSTILE])
    number = await world.edit()
    await world.enforce("E1", 3.0)
    page = await visitor.get(f"/sync/{number}")

    assert visitor.path == f"{PATH}/{number}"
    assert "2026-11-20 10:30:00.000 CET by admin" in page
    assert "1 of 2 computers enforces it" in page
    assert "10:30:03.112" in page
    assert "+3.112 s" in page
    assert HOSTILE not in page
    assert "style=" not in page


async def test_a_computer_is_looked_at_by_itself(world, visitor):
    await world.enrol(["PC-01", "PC-02"])
    number = await world.edit()
    await world.enforce("E1", 3.0)
    page = await visitor.get(f"{PATH}/{number}?computer=E1")

    assert "The way to PC-01" in page
    assert "since the edit" in page


async def test_the_picture_is_a_file_that_stands_alone(world, visitor):
    await world.enrol(["PC-01", "PC-02"])
    number = await world.edit()
    text = await visitor.get(f"/sync/{number}.svg")

    assert visitor.headers["Content-Type"].startswith("image/svg+xml")
    assert f'filename="changeset-1-{number}.svg"' in visitor.headers["Content-Disposition"]
    assert "default-src 'none'" in visitor.headers["Content-Security-Policy"]
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert "class=" not in text


@pytest.mark.parametrize("path", [f"{PATH}/99", f"{PATH}/99.svg", f"{PATH}/1?epoch=9"])
async def test_a_changeset_that_is_not_there_is_a_page_that_says_so(world, visitor, path):
    await world.enrol(["PC-01"])
    await visitor.get(path)
    assert visitor.status == 404


async def test_without_any_changeset_the_list_says_so(visitor):
    assert "There is no changeset yet" in await visitor.get(PATH)


async def test_an_auditor_sees_all_of_it(world, make_browser):
    await world.enrol(["PC-01"])
    number = await world.edit()
    auditor = make_browser()
    await auditor.log_in("auditor")
    for path in (PATH, f"/sync/{number}", f"/sync/{number}.svg"):
        await auditor.get(path)
        assert auditor.status == 200


async def next_parts(answer):
    async for line in answer.content:
        if line.startswith(b"data: "):
            return json.loads(line[6:])
    raise AssertionError("the stream ended")


async def test_progress_is_sent_while_it_happens(world, visitor):
    await world.enrol(["PC-01", "PC-02"])
    number = await world.edit()
    url = f"{visitor.url}{PATH}/{number}/events?"
    async with asyncio.timeout(120), visitor.http.get(url) as answer:
        first = await next_parts(answer)
        await world.enforce("E1", 3.0)
        parts = {}
        while "sync-progress" not in parts:
            parts = (await next_parts(answer))["parts"]

    assert first["lists"]["sync-computers"] == ["sync-E1", "sync-E2"]
    assert "1 of 2 computers enforces it" in parts["sync-progress"]
    assert "enforces it" in parts["sync-E1"]
    assert "sync-E2" not in parts


async def test_a_page_of_the_list_is_read_with_its_bounds(world):
    await world.enrol(["PC-01"])
    page = await world.utm.writer.read(lambda db: read_page(db, 10**6))
    assert (page.number, page.pages, len(page.records)) == (1, 1, 1)
