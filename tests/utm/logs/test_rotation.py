"""Rotation at the UTM's midnight: days of 23 and 25 hours, clocks that jump."""

import gzip
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utm.logs.midnight import local_day, next_midnight

BERLIN = ZoneInfo("Europe/Berlin")


def archived(rig, day: str, number: str = "") -> str:
    year, month, _ = day.split("-")
    path = rig.logs / "epsecd" / year / month / f"epsecd-{day}{number}.log.gz"
    return gzip.decompress(path.read_bytes()).decode()


@pytest.mark.parametrize(
    ("midnight", "hours"),
    [
        ("2026-03-29T00:00:00+01:00", 23),
        ("2026-10-25T00:00:00+02:00", 25),
        ("2026-07-01T00:00:00+02:00", 24),
    ],
)
def test_day_has_the_hours_that_the_zone_gives_it(moment, midnight, hours):
    begins = moment(midnight)
    assert next_midnight(begins, BERLIN) - begins == timedelta(hours=hours)


def test_day_whose_midnight_is_skipped_begins_at_the_jump(moment):
    cairo = ZoneInfo("Africa/Cairo")
    end = next_midnight(moment("2026-04-23T12:00:00+02:00"), cairo)
    assert end == moment("2026-04-24T00:00:00+02:00")
    assert local_day(end, cairo) == date(2026, 4, 24)


@given(st.datetimes(timezones=st.just(BERLIN)))
def test_next_midnight_is_ahead_and_begins_another_day(at):
    midnight = next_midnight(at, BERLIN)
    assert midnight > at
    assert local_day(midnight, BERLIN) > local_day(midnight - timedelta(microseconds=1), BERLIN)


@pytest.mark.parametrize(
    ("last", "first", "day"),
    [
        ("2026-03-29T23:59:59+02:00", "2026-03-30T00:00:00+02:00", "2026-03-29"),
        ("2026-10-25T23:59:59+01:00", "2026-10-26T00:00:00+01:00", "2026-10-25"),
    ],
)
async def test_lines_of_either_side_of_midnight_are_parted_on_dst_days(
    rig, moment, last, first, day
):
    rig.at = moment(f"{day}T00:00:00+0{2 if day > '2026-10' else 1}:00")
    async with rig.appender():
        await rig.say("first of the day")
        rig.at = moment(last)
        await rig.say("last of the day")
        rig.at = moment(first)
        await rig.say("next day")
    assert archived(rig, day) == "first of the day\nlast of the day\n"
    assert rig.text() == "next day\n"


async def test_midnight_rotates_without_a_line(rig, moment):
    async with rig.appender() as appender:
        await rig.say("one")
        await appender.drain()
        rig.at = moment("2026-03-28T00:00:00+01:00")
        await appender.drain()
        assert archived(rig, "2026-03-27") == "one\n"
        assert rig.text() == ""


async def test_days_without_lines_have_no_archive(rig, moment):
    async with rig.appender() as appender:
        await rig.say("one")
        for day in (28, 29, 30):
            rig.at = moment(f"2026-03-{day}T12:00:00+02:00")
            await appender.drain()
        await rig.say("two")
        rig.at = moment("2026-03-31T12:00:00+02:00")
    assert [path.name for path in sorted(rig.logs.glob("epsecd/*/*/*"))] == [
        "epsecd-2026-03-27.log.gz",
        "epsecd-2026-03-30.log.gz",
    ]


async def test_backward_clock_never_rewrites_a_rotated_file(rig, moment):
    async with rig.appender() as appender:
        await rig.say("one")
        rig.at = moment("2026-03-28T09:00:00+01:00")
        await rig.say("two")
        await appender.drain()
        rig.at = moment("2026-03-27T23:00:00+01:00")
        await rig.say("back in time")
        await appender.drain()
        rig.at = moment("2026-03-28T00:00:00+01:00")
        await appender.drain()
        assert archived(rig, "2026-03-27") == "one\n"
        assert rig.text() == "two\nback in time\n"


async def test_archive_that_exists_already_is_kept(rig, moment):
    path = rig.logs / "epsecd/2026/03/epsecd-2026-03-27.log.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(b"of an earlier database\n"))
    async with rig.appender() as appender:
        await rig.say("one")
        rig.at = moment("2026-03-28T09:00:00+01:00")
        await appender.drain()
    assert archived(rig, "2026-03-27") == "of an earlier database\n"
    assert archived(rig, "2026-03-27", ".2") == "one\n"


async def test_file_cleared_before_midnight_is_not_archived(rig, moment):
    async with rig.appender() as appender:
        await rig.say("one")
        await appender.drain()
        (rig.logs / "epsecd.log").write_text("")
        rig.at = moment("2026-03-28T09:00:00+01:00")
        await rig.say("two")
    assert not list(rig.logs.glob("epsecd/*/*/*"))
    assert rig.text() == "two\n"
