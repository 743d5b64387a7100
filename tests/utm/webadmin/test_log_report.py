"""Browsing of computers as a report and as CSV; remote syslog's page."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from foundation.protocol.events import WebControlEvent, encode_web_control_event
from foundation.protocol.link import Report
from tests.utm.conftest import AT
from utm.epsecd.web_hours import Count
from utm.webadmin.pages.log_report import as_csv, guarded, period_of, summed

REPORT = "/logging/endpoint-protection"
SYSLOG = "/logging/log-settings/remote-syslog"
EVENT = WebControlEvent(
    at=AT,
    user="LAB\\anna",
    url="http://casino.example/",
    method="GET",
    action="block",
    reason="category",
    category_ids=(105,),
    category_name="Business",
)


async def browse(broker, *events):
    first = len(broker.acknowledged) + 1
    for number, event in enumerate(events, start=first):
        body = {"app_id": "SWC", "body": encode_web_control_event(event)}
        broker.report(Report(number, "event", "E1", AT.isoformat(), body))
    await broker.until(lambda: len(broker.acknowledged) == first - 1 + len(events))


@pytest.mark.parametrize(
    ("by", "name"), [("category", "Business"), ("user", "LAB\\anna"), ("site", "casino.example")]
)
async def test_browsing_is_counted_by_what_is_asked(with_computers, broker, browser, by, name):
    passed = replace(EVENT, action="allow", reason="default", url="http://fine.example/")
    await browse(broker, EVENT, EVENT, passed)
    page = await browser.get(REPORT, params={"by": by})
    row = page[page.index(f"<bdi>{name}") :].split("</tr>")[0]
    numbers = [int(cell.split("<")[0]) for cell in row.split('<td class="number">')[1:]]

    assert numbers == ([0, 0, 2, 2] if by == "site" else [1, 0, 2, 3])
    assert ("fine.example" in page) is False


async def test_hours_before_and_after_are_left_out(with_computers, broker, browser):
    await browse(broker, EVENT)
    for hours in (
        {"first": "2026-11-20T10:00", "last": "2026-11-20T12:00"},
        {"first": "2026-11-20T01:00", "last": "2026-11-20T08:00"},
    ):
        assert "Business" not in await browser.get(REPORT, params=hours)
    hours = {"first": "2026-11-20T09:00", "last": "2026-11-20T09:00"}
    assert "Business" in await browser.get(REPORT, params=hours)


@pytest.mark.parametrize("text", ["x", "2026-13-01T00:00", "9999-12-31T23:00", "0001-01-01T00:00"])
async def test_hours_that_are_none_are_answered(browser, text):
    await browser.get(REPORT, params={"first": text, "last": text})

    assert browser.status == 200


async def test_csv_is_the_report_and_calculates_nothing(with_computers, broker, browser):
    await browse(broker, replace(EVENT, user='=HYPERLINK("http://x","y")'), EVENT)
    text = await browser.get(f"{REPORT}/csv", params={"by": "user"})
    rows = list(csv.reader(io.StringIO(text)))

    assert rows[0] == ["user", "passed", "warned", "blocked", "total"]
    assert {row[0] for row in rows[1:]} == {"LAB\\anna", '\'=HYPERLINK("http://x","y")'}
    assert "attachment" in browser.headers["Content-Disposition"]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_calculate_is_guarded(text):
    assert guarded(text) == f"'{text}"
    assert guarded(f"a{text}") == f"a{text}"


def test_sums_are_ordered_and_end_with_the_last_hour():
    counts = [Count(1, "a", 1, 0, 0), Count(2, "a", 1, 0, 0), Count(2, "b", 3, 1, 0)]

    assert [(one.name, one.total) for one in summed(counts, 2)] == [("b", 4), ("a", 2)]
    assert [(one.name, one.total) for one in summed(counts, 1)] == [("a", 1)]
    assert as_csv("x", summed(counts, 1)) == "x,passed,warned,blocked,total\r\na,1,0,0,1\r\n"


def test_a_period_is_the_last_day_and_in_local_time():
    period = period_of({}, AT, ZoneInfo("Europe/Berlin"))

    assert (period.first_text, period.last_text) == ("2026-11-19T11:00", "2026-11-20T10:00")
    assert period.last - period.first == 23


async def syslog_server(utm):
    def make(edit):
        host = edit.create("network", "host", {"name": "Collector", "address": "127.0.0.1"})
        port = edit.create("service", "tcp", {"name": "syslog", "dst_low": 1, "dst_high": 1})
        values = {"name": "Collector", "server": host, "port": port}
        return edit.create("remote_syslog", "server", values)

    return (await utm.edit("a server", make)).result


async def test_remote_syslog_is_configured_and_shows_its_state(utm, browser):
    ref = await syslog_server(utm)
    changes = {
        "remote_syslog.status": "1",
        "remote_syslog.target": ref,
        "remote_syslog.logs": ["Endpoint Protection", "Configuration daemon"],
        "remote_syslog.buffer": "5",
        "remote_syslog.time_reopen": "9",
    }
    await browser.submit(SYSLOG, changes)

    assert browser.path == SYSLOG
    assert await utm.node("remote_syslog.target") == (ref,)
    assert await utm.node("remote_syslog.buffer") == 5
    await utm.remote_syslog.load()
    page = await browser.get(SYSLOG)
    assert "127.0.0.1:1/tcp" in page
    assert 'id="syslog-0"' in page


@pytest.mark.parametrize("buffer", ["-1", "many", "9999999999"])
async def test_a_buffer_that_makes_no_sense_is_refused_at_its_field(utm, browser, buffer):
    await browser.submit(SYSLOG, {"remote_syslog.buffer": buffer, "remote_syslog.status": "1"})

    assert browser.status == 422
    assert "whole number" in browser.html or "needs a number" in browser.html
    assert f'value="{buffer}"' in browser.html
    assert await utm.node("remote_syslog.status") is False


async def test_a_session_that_is_idle_ends_whatever_it_follows(utm, browser, monkeypatch):
    at = utm.now()
    monkeypatch.setattr(utm, "now", lambda: at + timedelta(minutes=31))
    headers = {"Accept": "text/event-stream"}
    async with browser.http.get(f"{browser.url}{SYSLOG}/events", headers=headers) as answer:
        assert answer.status == 401
