"""`utmlab trace --lines`: all logs in UTC, lines as they are, one mark per hop."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from utmlab.cli.trace_lines import lines_of, lines_text, marks_of
from utmlab.places import Places
from utmlab.trace import HOPS, ChangesetTrace, EndpointTrace

SENT = datetime(2026, 11, 20, 6, 0, 0, 500_000, tzinfo=UTC)


def trace_of(*names: str, sent: datetime = SENT) -> ChangesetTrace:
    shared = {"edited": sent - timedelta(milliseconds=300), "4233": sent}
    endpoints = []
    for number, name in enumerate(names):
        at = sent + timedelta(seconds=10 * number)
        own = {hop: at + timedelta(seconds=place) for place, hop in enumerate(HOPS[2:], 1)}
        endpoints.append(EndpointTrace(name, "REF", True, {**shared, **own}))
    return ChangesetTrace(1, 7, "x", "admin", None, tuple(endpoints))


def epsecd(stamp: str, message_id: str, more: str = "") -> str:
    return f'{stamp} utm epsecd[1]: I id="{message_id}" severity="info" name="x"{more}'


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = Places.of(tmp_path / "lab")
    made.utm_logs.mkdir(parents=True)
    return made


def put(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def in_zone(places: Places, zone: str) -> None:
    places.data.mkdir(parents=True, exist_ok=True)
    places.settings.write_text(json.dumps({"timezone": zone, "ports": {}}))


def told(places: Places, trace: ChangesetTrace) -> list[str]:
    return [one.line for one in lines_of(places, trace)]


def test_every_hop_has_one_mark_and_shared_ones_stand_once():
    marks = marks_of(trace_of("PC-01", "PC-02"))
    assert [mark.hop for mark in marks].count("edited") == 1
    assert [mark.hop for mark in marks].count("4233") == 1
    for hop in HOPS[2:]:
        assert [mark.endpoints for mark in marks if mark.hop == hop] == [("PC-01",), ("PC-02",)]


def test_lines_of_a_lab_are_merged_by_time_and_untouched(lab):
    document = lab.json("trace", "--lines")
    times = [one["at"] for one in document["lines"]]
    assert times == sorted(times)
    assert {mark["hop"] for mark in document["marks"]} == set(HOPS)
    for one in document["lines"]:
        folder = "logs/utm" if "/" not in one["log"] else "logs/endpoints"
        assert one["line"] in (lab.data / folder / one["log"]).read_text().splitlines()
    logs = {one["log"] for one in document["lines"]}
    assert {"epsecd.log", "PC-01/MCSClient.log", "PC-01/MCSAgent.log"} <= logs


def test_line_that_tells_a_hop_stands_behind_its_mark(places):
    put(
        places.utm_logs / "epsecd.log",
        epsecd("2026:11:20-06:00:00", "4211"),
        epsecd("2026:11:20-06:00:00", "4233"),
        epsecd("2026:11:20-06:00:00", "4288", ' changeset="6"'),
        epsecd("2026:11:20-06:00:00", "4233"),
        epsecd("2026:11:20-06:00:00", "4288", ' changeset="7"'),
        epsecd("2026:11:20-06:00:06", "4211"),
    )
    trace = trace_of("PC-01")
    text = lines_text(lines_of(places, trace), marks_of(trace)).splitlines()
    sent = next(place for place, line in enumerate(text) if "Z 4233:" in line)
    assert 'id="4233"' in text[sent + 1]
    assert 'changeset="7"' in text[sent + 2]
    assert not any('changeset="6"' in line for line in text)
    received = next(place for place, line in enumerate(text) if "Z 4211:" in line)
    assert 'id="4211"' in text[received + 1]


def test_older_days_are_read_from_their_archives(places):
    line = epsecd("2026:11:20-06:00:00", "4233")
    put(places.utm_logs / "epsecd/2026/11/epsecd-2026-11-20.log.gz", line)
    put(places.utm_logs / "epsecd.log", epsecd("2026:11:21-06:00:00", "4233"))
    assert told(places, trace_of("PC-01")) == [line]


def test_web_lines_of_other_computers_are_left_out(places):
    def web(process: str, user: str) -> str:
        return f'2026:11:20-06:00:02 utm {process}[1]: id="0001" user="{user}" url="http://x/"'

    put(places.utm_logs / "eplog.log", web("eplog", "pc-01\\me"), web("eplog", "PC-02\\me"))
    put(places.utm_logs / "http.log", web("httpproxy", "PC-01\\me"), web("httpproxy", "PC-9\\me"))
    assert told(places, trace_of("PC-01")) == [
        web("eplog", "pc-01\\me"),
        web("httpproxy", "PC-01\\me"),
    ]


@pytest.mark.parametrize(("hour", "expected"), [(0, 0), (1, 3)])
def test_of_the_hour_that_comes_twice_the_right_pass_is_taken(places, hour, expected):
    in_zone(places, "Europe/Berlin")
    lines = [
        epsecd("2026:10:25-02:30:00", "4233"),
        epsecd("2026:10:25-02:30:03", "4211"),
        epsecd("2026:10:25-02:10:00", "4212"),
        epsecd("2026:10:25-02:30:00", "4233"),
        epsecd("2026:10:25-02:30:03", "4211"),
    ]
    put(places.utm_logs / "epsecd.log", *lines)
    trace = trace_of("PC-01", sent=datetime(2026, 10, 25, hour, 30, 0, 500_000, tzinfo=UTC))
    found = lines_of(places, trace)
    assert [one.line for one in found] == lines[expected : expected + 2]
    assert all(trace.endpoints[0].hops["edited"].hour == one.at.hour for one in found)
