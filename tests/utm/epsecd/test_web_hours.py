"""Browsing is counted at intake, once, and in bounded room."""

from datetime import UTC, datetime, timedelta

from foundation.protocol.events import WebControlEvent
from foundation.protocol.link import Report
from utm.epsecd import web_hours
from utm.epsecd.intake import take_in

from .test_intake import ENROLLED

AT = datetime(2026, 11, 20, 17, 57, 33, tzinfo=UTC)
HOUR = web_hours.hour_of(AT)


def event(url="http://games.example/", action="block", user="alice", **values):
    known = {"category_ids": (116,), "category_name": "Games", "reason": "category"}
    return WebControlEvent(
        at=AT, user=user, url=url, method="GET", action=action, **(known | values)
    )


def reported(*events, first=10):
    return [
        Report(
            first + index,
            "event",
            "E1",
            AT.isoformat(),
            {"app_id": "SWC", "id": str(index), "created_at": AT.isoformat(), "body": one.encode()},
        )
        for index, one in enumerate(events)
    ]


def told(db, kind, since=HOUR):
    return {
        one.name: (one.passed, one.warned, one.blocked)
        for one in web_hours.by_hour(db, kind, since=since)
    }


def test_a_batch_is_counted_by_category_user_and_blocked_site(db, voice):
    events = (event(), event(action="warn"), event("http://news.example/", "allow", "bob"))
    take_in(db, [ENROLLED, *reported(*events)], at=AT, voice=voice)

    assert told(db, "category") == {"Games": (1, 1, 1)}
    assert told(db, "user") == {"alice": (0, 1, 1), "bob": (1, 0, 0)}
    assert told(db, "site") == {"games.example": (0, 1, 1)}


def test_a_batch_that_comes_again_is_not_counted_again(db, voice):
    for _ in range(2):
        take_in(db, [ENROLLED, *reported(event())], at=AT, voice=voice)
    assert told(db, "category") == {"Games": (0, 0, 1)}


def test_what_cannot_be_read_is_not_counted(db, voice):
    broken = Report(10, "event", "E1", AT.isoformat(), {"app_id": "SWC", "body": "<x"})
    take_in(db, [ENROLLED, broken], at=AT, voice=voice)
    assert told(db, "category") == {}


def test_however_many_sites_an_hour_keeps_few_and_counts_all(db):
    for part in range(4):
        events = [event(f"http://site{part * 100 + number}.example/") for number in range(100)]
        web_hours.count(db, events, AT)
    sites = told(db, "site")

    assert len(sites) == web_hours.MOST_NAMES + 1
    assert sum(blocked for _, _, blocked in sites.values()) == 400
    assert sites[""] == (0, 0, 400 - web_hours.MOST_NAMES)


def test_a_week_later_the_hour_is_forgotten(db):
    web_hours.count(db, [event()], AT)
    web_hours.count(db, [event(user="bob")], AT + timedelta(hours=web_hours.HOURS_KEPT))
    assert list(told(db, "user", since=0)) == ["bob"]


def test_the_top_are_those_with_most_and_who_was_never_stopped_is_none(db):
    web_hours.count(db, [event("http://a.example/"), *[event("http://b.example/")] * 2], AT)
    web_hours.count(db, [event(user="bob", action="allow")], AT)

    assert [one.name for one in web_hours.top(db, "site", since=0, most=5)] == [
        "b.example",
        "a.example",
    ]
    assert [one.name for one in web_hours.top(db, "user", since=0, most=5)] == ["alice"]


def test_hostile_names_are_cut_and_counted(db):
    web_hours.count(db, [event("http://[::bad/" + "x" * 5000, user="y" * 5000)], AT)
    assert all(
        len(name) <= web_hours.LONGEST_NAME for kind in ("site", "user") for name in told(db, kind)
    )
