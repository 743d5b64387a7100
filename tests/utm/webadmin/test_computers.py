"""Manage Computers: the table, its live rows, and what is done with computers."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from foundation.protocol.link import Report
from utm.confd import Confd
from utm.epsecd import endpoints
from utm.epsecd.changesets import StoredChangeset
from utm.webadmin.pages.computers import read_known
from utm.webadmin.standing import standing_of

PATH = "/endpoint-protection/computer-management/computers"
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def changeset(**values):
    known = {"committed_at": AT.isoformat(), "sent_at": AT.isoformat(), "superseded_by": None}
    return StoredChangeset(
        **{"epoch": 1, "number": 7, "change_number": 1, "digest": "", "created_at": "", **known}
        | values
    )


def computer(**values):
    known = {"removed": False, "compliant": False, "complies_with": 6, "statuses": {}}
    return {**known, "last_report_at": AT.isoformat(), **values}


def status(res="Same", revision="r1", **details):
    return {"res": res, "revision": revision, "details": details}


@pytest.mark.parametrize(
    ("one", "newest", "seconds", "expected"),
    [
        ({"compliant": True}, {}, 0, ("ok", "changeset 7 (current)", "")),
        ({"removed": True, "compliant": True}, {}, 0, ("off", "removed", "restore it")),
        ({}, {}, 19, ("info", "changeset 6, next poll due", "Changeset 7 waits")),
        ({}, {}, 20, ("warning", "changeset 6, 1 poll late", "not told yet")),
        ({}, {}, 47, ("warning", "changeset 6, 2 polls late", "not told yet")),
        ({"complies_with": None}, {}, 47, ("warning", "no changeset yet, 2 polls late", "")),
        (
            {"last_report_at": (AT - timedelta(hours=1)).isoformat()},
            {},
            60,
            ("warning", "changeset 6, 3 polls late", "Not heard of since 2026-11-20 08:30:00"),
        ),
        (
            {"statuses": {"ALC": status(), "SWC": status(revision="old")}},
            {},
            47,
            ("warning", "changeset 6, 2 polls late", "not yet for SWC."),
        ),
        (
            {"statuses": {"SWC": status("Diff", reason="pattern refused")}},
            {},
            47,
            ("error", "changeset 6, refused", "SWC says Diff: pattern refused."),
        ),
        ({}, {"committed_at": None}, 47, ("info", "changeset 6", "sent and is not confirmed")),
        ({}, {"committed_at": None, "sent_at": None}, 47, ("info", "changeset 6", "not sent yet")),
    ],
)
def test_where_a_computer_stands_and_why(one, newest, seconds, expected):
    kind, text, why = expected
    wanted = {"ALC": "r1", "SWC": "r1"}
    now = AT + timedelta(seconds=seconds)
    found = standing_of(computer(**one), changeset(**newest), wanted, now)

    assert (found.kind, found.text) == (kind, text)
    assert why in found.why


def test_a_late_computer_is_measured_by_the_interval_it_was_told_and_in_local_time():
    now = AT + timedelta(seconds=47)
    zone = ZoneInfo("Europe/Berlin")
    silent = computer(last_report_at=(AT - timedelta(hours=1)).isoformat())
    found = standing_of(silent, changeset(), {"SWC": "r1"}, now, poll_s=5, zone=zone)

    assert found.text == "changeset 6, 9 polls late"
    assert "since 2026-11-20 09:30:00 CET" in found.why


def test_before_the_first_changeset_nobody_is_late():
    assert standing_of(computer(), None, {}, AT).text == "no changeset yet"


async def group(utm, name="Sales"):
    return (await utm.verbs["group_create"](name=name))["ref"]


async def by_name(utm):
    return {one["name"]: one for one in await utm.verbs["endpoint_list"]()}


async def test_the_table_shows_who_is_there(with_computers, browser):
    page = await browser.get(PATH)

    assert ("PC-01" in page, "PC-02" in page) == (True, True)
    page = await browser.get(f"{PATH}?q=02")
    assert ("PC-01" in page, "PC-02" in page) == (False, True)


async def test_without_computers_the_page_says_what_to_do(browser):
    assert "Deploy Agent" in await browser.get(PATH)


async def test_chosen_computers_move_in_one_change(with_computers, browser):
    utm, sales = with_computers, await group(with_computers)
    before = await utm.writer.read(lambda db: Confd(db).number)
    fields = [("id", "E1"), ("id", "E2"), ("group", sales), ("action", "move")]
    page = await browser.post(PATH, fields)

    assert {one["group"] for one in (await by_name(utm)).values()} == {"Sales"}
    assert await utm.writer.read(lambda db: Confd(db).number) == before + 1
    assert "changeset" in page


async def test_accepting_is_a_change_of_the_computers(with_computers, browser):
    utm = with_computers
    await browser.post(PATH, [("id", "E1"), ("action", "unaccept")])
    assert "not accepted" in browser.html
    await browser.post(PATH, {"action": "accept:E1"})

    objects = await utm.verbs["objects"](class_="epp", type_="endpoint")
    assert [one["accepted"] for one in objects] == [True, True]


@pytest.mark.parametrize(("action", "path"), [("remove", ""), ("restore", "/restore")])
async def test_removing_and_restoring_ask_liveconnect(
    with_computers, browser, broker, action, path
):
    await browser.post(PATH, [("id", "E2"), ("action", action)])

    asked = [called for _, called, _ in broker.calls if "/endpoints/" in called]
    assert asked == [f"/link/v1/endpoints/E2{path}"]


async def test_a_removal_without_a_link_says_why(with_computers, browser):
    await with_computers.disable()
    page = await browser.post(PATH, [("id", "E2"), ("action", "remove")])

    assert "was not removed" in page


async def test_nothing_chosen_and_nobody_of_that_id_change_nothing(with_computers, browser):
    page = await browser.post(PATH, {"action": "remove"})
    assert "Choose the computers first" in page
    await browser.post(PATH, [("id", "E9"), ("action", "remove")])
    assert browser.status == 404
    await browser.post(PATH, [("id", "E1"), ("action", "move"), ("group", "REF_Nowhere")])
    assert browser.status == 404
    await browser.post(PATH, [("id", "E1"), ("action", "explode")])
    assert browser.status == 400


async def test_an_auditor_moves_nobody(with_computers, auditor):
    sales = await group(with_computers)
    await auditor.post(PATH, [("id", "E1"), ("group", sales), ("action", "move")])

    assert auditor.status == 403
    assert (await by_name(with_computers))["PC-01"]["group"] == "Default"
    page = await auditor.get(PATH)
    assert 'name="action"' not in page
    assert 'type="checkbox"' not in page


async def test_a_computer_has_a_page_with_what_each_component_said(with_computers, browser, broker):
    body = {"app_id": "SWC", "res": "Diff", "revision": "r" * 64, "created_at": AT.isoformat()}
    body["details"] = {"reason": "<b>pattern</b> refused"}
    broker.report(Report(3, "status", "E1", AT.isoformat(), body))
    await broker.until(lambda: 3 in broker.acknowledged)
    page = await browser.get(f"{PATH}/E1")

    assert "&lt;b&gt;pattern&lt;/b&gt; refused" in page
    assert "r" * 12 in page
    await browser.get(f"{PATH}/E9")
    assert browser.status == 404


class Events:
    """A stream of events, read one by one."""

    def __init__(self, answer):
        self.answer = answer

    async def next(self):
        async with asyncio.timeout(60):
            while True:
                line = (await self.answer.content.readline()).decode()
                if line.startswith("data: "):
                    return json.loads(line.removeprefix("data: "))


async def test_a_row_that_changes_is_sent_and_the_others_are_not(with_computers, browser):
    sales = await group(with_computers)
    headers = {"Accept": "text/event-stream"}
    async with browser.http.get(f"{browser.url}{PATH}/events", headers=headers) as answer:
        assert answer.content_type == "text/event-stream"
        events = Events(answer)
        first = await events.next()
        assert (set(first["parts"]), first["lists"]["computers"]) == (
            {"pc-E1", "pc-E2"},
            ["pc-E1", "pc-E2"],
        )
        await with_computers.verbs["group_move"](endpoint="E2", group=sales)
        second = await events.next()
        while "pc-E2" not in second["parts"] or "Sales" not in second["parts"]["pc-E2"]:
            second = await events.next()
    assert "Sales" in second["parts"]["pc-E2"]


async def test_a_stream_ends_with_its_session(with_computers, browser):
    headers = {"Accept": "text/event-stream"}
    async with browser.http.get(f"{browser.url}{PATH}/events", headers=headers) as answer:
        await Events(answer).next()
        await browser.post("/logout")
        async with asyncio.timeout(60):
            await answer.content.read()
        assert answer.content.at_eof()


async def test_without_a_session_a_stream_is_refused(with_computers, make_browser):
    browser = make_browser()
    await browser.get(f"{PATH}/events", headers={"Accept": "text/event-stream"})
    assert browser.status == 401


async def test_a_stop_of_the_appliance_ends_streams_and_sessions(with_computers, browser):
    async with browser.http.get(f"{browser.url}{PATH}/events") as answer:
        await Events(answer).next()
        async with asyncio.timeout(60):
            await with_computers.stop()
            await answer.content.read()
    assert 'name="closing session"' in (with_computers.config.logs / "confd.log").read_text()


async def test_all_computers_are_read_in_a_bounded_number_of_queries(with_computers):
    def queries(db):
        seen = []
        db.conn.set_trace_callback(seen.append)
        known = read_known(db)
        db.conn.set_trace_callback(None)
        return len(seen), len(known.computers)

    few, two = await with_computers.writer.read(queries)
    at = with_computers.now().isoformat()

    def enrol_more(db):
        for number in range(20):
            report = Report(100 + number, "enrolled", f"X{number}", at, {})
            endpoints.enrol(db, report, ref=f"REF_X{number}", name=f"X{number}")

    await with_computers.writer.write(enrol_more)

    assert await with_computers.writer.read(queries) == (few, two + 20)
