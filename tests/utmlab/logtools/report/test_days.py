"""First and last line, gaps, restarts, jumps, ids."""

import pytest


def test_first_and_last_line_ids_and_hours(reported, lines):
    content = [
        lines.epsecd("2026:11:20-06:00:00", lines.sent),
        lines.epsecd("2026:11:20-06:00:19", lines.received),
        lines.epsecd("2026:11:20-06:10:20", lines.received),
    ]
    (day,) = reported({"epsecd.log": content})["days"]
    assert (day["log"], day["host"], day["day"]) == ("epsecd", "utm", "2026-11-20")
    assert (day["first"]["at"], day["first"]["line"]) == ("2026-11-20T06:00:00", 1)
    assert (day["last"]["at"], day["last"]["line"]) == ("2026-11-20T06:10:20", 3)
    assert day["ids"] == {"4211": 2, "4233": 1}
    assert day["hours"][6] == day["lines"] == 3
    assert day["gaps"] == day["restarts"]["first"] == day["jumps"]["first"] == []


def test_gap_and_restart_are_told_with_their_line(reported, lines):
    content = [
        lines.epsecd("2026:11:20-06:00:00", lines.sent),
        lines.epsecd("2026:11:20-09:00:00", lines.received, pid=6000),
    ]
    (day,) = reported({"epsecd.log": content})["days"]
    assert [(gap["seconds"], gap["line"]) for gap in day["gaps"]] == [(10_800, 2)]
    (start,) = day["restarts"]["first"]
    assert (start["before"], start["after"], start["line"]) == ("5666", "6000", 2)


def test_story_goes_on_from_an_archive_into_the_file_of_today(reported, lines):
    record = reported(
        {
            "epsecd.log": [lines.epsecd("2026:11:21-00:10:00", lines.received)],
            "epsecd/2026/11/epsecd-2026-11-20.log.gz": [
                lines.epsecd("2026:11:20-23:00:00", lines.sent)
            ],
        }
    )
    assert [file["file"].rpartition("/")[2] for file in record["read"]["files"]] == [
        "epsecd-2026-11-20.log.gz",
        "epsecd.log",
    ]
    assert record["days"][1]["gaps"][0]["seconds"] == 4_200
    assert record["changesets"]["shown"][0]["received_s"] == 4_200


@pytest.mark.parametrize("tz", [None, "Europe/Berlin"])
def test_hour_that_comes_twice_is_no_clock_that_was_set_back(reported, lines, tz):
    content = [
        lines.epsecd("2026:10:25-02:59:50", lines.sent),
        lines.epsecd("2026:10:25-02:00:09", lines.received),
        lines.epsecd("2026:10:25-02:30:09", lines.received),
        lines.epsecd("2026:10:25-03:00:09", lines.received),
    ]
    record = reported({"epsecd.log": content}, tz=tz)
    jumps = record["days"][0]["jumps"]
    assert (jumps["count"], jumps["first"][0]["kind"]) == (1, "summer time ended")
    if tz is not None:
        assert jumps["first"][0]["seconds"] == -3_600
        assert record["changesets"]["shown"][0]["received_s"] == 19


def test_hour_that_does_not_exist_is_no_gap_when_the_zone_is_known(reported, lines):
    content = [
        lines.epsecd("2026:03:29-01:59:50", lines.sent),
        lines.epsecd("2026:03:29-03:00:10", lines.received),
    ]
    (day,) = reported({"epsecd.log": content}, tz="Europe/Berlin")["days"]
    assert day["gaps"] == []
    assert day["jumps"]["first"][0]["kind"] == "summer time began"
    (day,) = reported({"epsecd.log": content})["days"]
    assert day["gaps"][0]["seconds"] == 3_620


def test_clock_that_was_set_back_is_told(reported, lines):
    content = [
        lines.epsecd("2026:11:20-12:00:00", lines.sent),
        lines.epsecd("2026:11:20-09:00:00", lines.received),
    ]
    record = reported({"epsecd.log": content})
    (jump,) = record["days"][0]["jumps"]["first"]
    assert (jump["kind"], jump["seconds"], jump["line"]) == ("clock went back", -10_800, 2)


def test_day_that_no_calendar_has_is_a_foreign_line(reported, lines):
    content = [
        lines.epsecd("2026:02:30-12:00:00", lines.sent),
        lines.epsecd("2026:02:30-12:00:01", lines.sent),
        lines.epsecd("2026:03:01-12:00:00", lines.sent),
    ]
    record = reported({"epsecd.log": content})
    assert record["read"]["foreign"] == 2
    assert [day["day"] for day in record["days"]] == ["2026-03-01"]


@pytest.mark.parametrize("head", ["<30>", "Nov 20 06:00:00 box "])
def test_lines_of_a_receiver_are_counted_as_the_utms(reported, lines, head):
    line = lines.epsecd("2026:11:20-06:00:00", lines.sent)
    if head != "<30>":
        line = f"{line[:5]} {line[5:]}"
    record = reported({"epsecd.log": [head + line]})
    assert record["days"][0]["ids"] == {"4233": 1}
