"""The dashboard: sums that are right, of tables that are bounded."""

from datetime import UTC, datetime, timedelta

import pytest

from foundation.protocol.events import WebControlEvent
from utm.epsecd import web_hours
from utm.webadmin.pages.dashboard_reading import read_dashboard
from utm.webadmin.pages.dashboard_view import MOST_EVENTS, OTHERS, dashboard_view

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
async def utm(make_utm):
    utm = make_utm()
    await utm.start()
    return utm


async def seen(world):
    now = world.utm.now()
    reading = await world.utm.writer.read(lambda db: read_dashboard(db, now))
    return dashboard_view(reading, now, UTC)


def event(category="Games", action="block", **values):
    known = {"at": datetime(2026, 11, 20, tzinfo=UTC), "user": "alice", "method": "GET"}
    known |= {"url": "http://games.example/", "reason": "category", "category_name": category}
    return WebControlEvent(action=action, **(known | values))


async def test_computers_are_counted_by_where_they_stand(world):
    await world.enrol(["PC-01", "PC-02", "PC-03"])
    assert (await seen(world)).kinds["ok"] == 3
    await world.edit()
    await world.enforce("E1", 2.0)
    await world.enforce("E2", 2.0, res="Diff", reason="no")

    assert (await seen(world)).kinds == {"ok": 1, "info": 1, "warning": 0, "error": 1}
    world.later_s = 60
    assert (await seen(world)).kinds == {"ok": 1, "info": 0, "warning": 1, "error": 1}


async def test_browsing_is_told_per_hour_and_the_rest_of_many_categories_together(world):
    await world.enrol(["PC-01"])
    events = [event(f"Category {number}") for number in range(9) for _ in range(20 - number)]
    await world.browse("E1", events, world.utm.now())
    await world.browse("E1", [event()], world.utm.now() - timedelta(hours=30))
    view = await seen(world)

    assert len(view.hours) == 24
    assert view.browsed == sum(20 - number for number in range(9))
    assert list(view.categories) == [*(f"Category {number}" for number in range(6)), OTHERS]
    assert view.hours[-1].values[-1] == 14 + 13 + 12


async def test_the_latency_of_changesets_is_that_of_their_pages(world):
    await world.enrol(["PC-01", "PC-02"])
    await world.edit()
    await world.enforce("E1", 2.0)
    await world.enforce("E2", 12.0)
    (point,) = (await seen(world)).latencies

    assert (point.p50, point.last) == (pytest.approx(2.112), pytest.approx(12.112))


async def test_events_are_of_the_last_hour_newest_first_and_few(world):
    await world.enrol(["PC-01"])
    for number in range(MOST_EVENTS + 5):
        world.later_s += 60
        await world.edit(f"change {number}")
    found = (await seen(world)).events

    assert len(found) == MOST_EVENTS
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
    world.later_s += 2 * 3600
    assert (await seen(world)).events == []


async def test_a_page_holds_tables_behind_its_plots_and_nothing_hostile(world, visitor):
    await world.enrol([HOSTILE])
    await world.edit(HOSTILE)
    hostile = event(HOSTILE, user=HOSTILE, url=f"http://x.example/{HOSTILE}")
    await world.browse("E1", [hostile], world.utm.now())
    page = await visitor.get("/")

    assert visitor.status == 200
    assert HOSTILE not in page
    assert page.count("<details") == page.count("The numbers") == 4
    assert "x.example" in page
    assert "style=" not in page


async def test_before_anything_happened_the_page_says_so(visitor):
    page = await visitor.get("/")
    assert "None has enrolled yet" in page
    assert "not registered" in page


async def test_it_reads_counters_and_no_lines(world):
    await world.enrol(["PC-01"])
    await world.browse("E1", [event() for _ in range(500)], world.utm.now())
    asked = []

    def read(db):
        db.conn.set_trace_callback(asked.append)
        try:
            return read_dashboard(db, world.utm.now())
        finally:
            db.conn.set_trace_callback(None)

    reading = await world.utm.writer.read(read)
    assert sum(one.total for one in reading.browsing) == 500
    assert len(reading.browsing) == 1
    assert not [query for query in asked if "line" in query and "log_spool" in query]
    assert await world.utm.writer.read(_plan) == []


def _plan(db):
    """What of the questions to the counters is a walk through the whole table."""
    found = []
    db.conn.set_trace_callback(found.append)
    web_hours.by_hour(db, "category", since=1)
    web_hours.top(db, "site", since=1, most=5)
    db.conn.set_trace_callback(None)
    plans = [
        row[3] for query in found for row in db.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
    ]
    return [step for step in plans if step.startswith("SCAN")]
