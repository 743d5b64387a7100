"""A wall clock that is set forward or back under a running lab."""

import asyncio
import gzip
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from foundation.protocol.actions import encode_force_update
from utm.logs.views import archive_path

from .virtual_lab import POLL_S, block, ids, run_lab, seconds

DAY = timedelta(days=1)
JUMPS = pytest.mark.parametrize("by", [DAY, -DAY], ids=["forward", "back"])


@JUMPS
def test_the_cadence_of_the_polls_does_not_notice(tmp_path, by):
    async def story(lab, wall, book):
        await lab.install("PC-01")
        await asyncio.sleep(110)
        wall.jump(by)
        await asyncio.sleep(100)
        (endpoint_id,) = (await ids(lab)).values()
        return book.polls(endpoint_id)

    polls = run_lab(tmp_path, story)
    gaps = [seconds(b, a) for a, b in pairwise(polls)]
    assert len(polls) == 11
    assert gaps.count(POLL_S) == 9
    assert [gap for gap in gaps if gap != POLL_S] == [POLL_S + by.total_seconds()]


@JUMPS
def test_an_edit_after_the_jump_is_in_force_within_a_poll(tmp_path, by):
    async def story(lab, wall, _book):
        await lab.install("PC-01")
        await lab.wait_compliant()
        wall.jump(by)
        changeset = await block(lab, "news.example")
        await lab.wait_compliant(changeset, timeout_s=POLL_S + 1)
        return (await lab.browse("PC-01", "http://news.example/")).status

    assert run_lab(tmp_path, story) == 403


@JUMPS
def test_nothing_is_reported_or_received_a_second_time(tmp_path, by):
    async def story(lab, wall, book):
        await lab.install("PC-01")
        await lab.wait_compliant()
        await lab.browse("PC-01", "http://games.example/once")
        await asyncio.sleep(60)
        (endpoint_id,) = (await ids(lab)).values()
        before = len(book.times(endpoint_id, "POST", "/events/"))
        wall.jump(by)
        await asyncio.sleep(60)
        await lab.houses["utm"].service.quiesce()
        eplog = [path.read_text() for path in lab.places.utm_logs.glob("eplog*.log")]
        eplog += [
            gzip.decompress(path.read_bytes()).decode()
            for path in lab.places.utm_logs.glob("eplog/**/*.gz")
        ]
        after = len(book.times(endpoint_id, "POST", "/events/"))
        commands = lab.computers["PC-01"].endpoint.mcs_client.counters["commands"]
        return before, after, commands, "".join(eplog).count("games.example/once")

    before, after, commands, lines = run_lab(tmp_path, story)
    assert (before, after) == (1, 1)
    assert commands <= 2  # the first policies and, after enrolling, the MCS policy's own
    assert lines == 1


def test_a_clock_set_back_does_not_bring_an_expired_command_back(tmp_path):
    async def story(lab, wall, _book):
        await lab.install("PC-01")
        await asyncio.sleep(60)
        await lab.computers["PC-01"].stop()
        (endpoint_id,) = (await ids(lab)).values()
        await lab.call(
            "liveconnect",
            "send_command",
            endpoint_id=endpoint_id,
            app_id="ALC",
            body=encode_force_update(),
        )
        await asyncio.sleep(10_050)
        wall.jump(-DAY)
        await lab.houses["liveconnect"].stop()
        await lab.houses["liveconnect"].start()
        await lab.computers["PC-01"].start()
        await asyncio.sleep(60)
        return lab.computers["PC-01"].endpoint.mcs_client.counters.get("commands", 0)

    assert run_lab(tmp_path, story) == 0


def test_a_clock_set_back_over_midnight_leaves_the_rotated_file_alone(tmp_path):
    start = datetime(2026, 11, 20, 23, 50, tzinfo=UTC)

    async def story(lab, wall, _book):
        await lab.install("PC-01")
        await asyncio.sleep(1200)
        archive = archive_path(lab.places.utm_logs, "epsecd", date(2026, 11, 20))
        before = archive.read_bytes()
        wall.jump(-timedelta(hours=2))
        changeset = await block(lab, "news.example")
        await lab.wait_compliant(changeset, timeout_s=60)
        await asyncio.sleep(3 * 3600)
        await lab.houses["utm"].service.quiesce()
        archives = sorted(path.name for path in archive.parent.iterdir())
        log = lab.places.utm_logs / "epsecd.log"
        return before == archive.read_bytes(), archives, log.read_text()

    same, archives, log = run_lab(tmp_path, story, start=start, poll_interval_s=20.0)
    assert same
    assert archives == ["epsecd-2026-11-20.log.gz"]
    stamps = [line[:19] for line in log.splitlines() if 'id="4233"' in line]
    assert stamps == ["2026:11:20-22:10:00"]
