"""The way of a changeset, and what is missing of it."""

from utmlab.logtools.report.words import verdict, way


def changesets(record):
    return record["changesets"]["shown"]


def test_complete_way_is_told_in_seconds(reported, lines):
    content = [
        lines.epsecd("2026:11:20-06:00:00", lines.sent),
        lines.epsecd("2026:11:20-06:00:19", lines.received),
        lines.epsecd("2026:11:20-06:00:19", lines.acknowledged),
    ]
    (one,) = changesets(reported({"epsecd.log": content}))
    assert way(one) == "4233 -> 4211 +19 s -> 4212 +19 s"
    assert verdict(one) == ""


def test_d14_no_report_before_the_next_changeset(reported, lines):
    content = [
        lines.epsecd("2026:11:20-06:00:00", lines.sent),
        lines.epsecd("2026:11:20-07:00:00", lines.sent),
        lines.epsecd("2026:11:20-07:00:19", lines.received),
        lines.epsecd("2026:11:20-07:00:19", lines.acknowledged),
    ]
    record = reported({"epsecd.log": content})
    first, second = changesets(record)
    assert way(first) == "4233"
    assert verdict(first).startswith("no 4211 (the next changeset followed after 60 min)")
    assert way(second) == "4233 -> 4211 +19 s -> 4212 +19 s"
    (trouble,) = [one for one in record["troubles"] if one["code"] == "D14"]
    assert [at["line"] for rule in trouble["rules"] for at in rule["places"]] == [1]


def test_d14_report_that_was_not_acknowledged(reported, lines):
    content = [
        lines.epsecd("2026:11:20-06:00:00", lines.sent),
        lines.epsecd("2026:11:20-06:00:19", lines.received),
        lines.epsecd("2026:11:20-06:30:00", ("4283", "Connection to Sophos LiveConnect restored")),
    ]
    record = reported({"epsecd.log": content})
    assert verdict(changesets(record)[0]).startswith("no 4212: ")
    (trouble,) = [one for one in record["troubles"] if one["code"] == "D14"]
    assert trouble["rules"][0]["name"] == "no_acknowledgement"


def test_changeset_at_the_end_of_the_log_is_not_accused(reported, lines):
    record = reported({"epsecd.log": [lines.epsecd("2026:11:20-06:00:00", lines.sent)]})
    (one,) = changesets(record)
    assert (one["log_ends"], verdict(one)) == (True, "no 4211 yet when the log ends")
    assert not any(one["count"] for one in record["troubles"] if one["code"] == "D14")


def test_one_report_answers_changesets_of_the_same_minute(reported, lines):
    content = [
        lines.epsecd("2026:11:20-06:00:00", lines.sent),
        lines.epsecd("2026:11:20-06:00:05", lines.sent),
        lines.epsecd("2026:11:20-06:00:19", lines.received),
        lines.epsecd("2026:11:20-06:00:20", lines.acknowledged),
    ]
    record = changesets(reported({"epsecd.log": content}))
    assert [one["received_s"] for one in record] == [19, 14]


def test_number_and_refusal_come_from_liveconnects_answer(reported, lines):
    refused = ' changeset="8" reason="policy_invalid"'
    content = [
        lines.epsecd("2026:11:20-06:00:00", lines.sent),
        lines.epsecd("2026:11:20-06:00:00", ("4289", "refused"), more=refused),
    ]
    (one,) = changesets(reported({"epsecd.log": content}))
    assert (one["number"], one["refused"]) == ("8", "policy_invalid")
    assert verdict(one) == "LiveConnect refused it (policy_invalid)"


def test_d15_no_report_at_all(reported, lines):
    content = [lines.epsecd(f"2026:11:20-{hour:02}:00:00", lines.sent) for hour in (6, 7, 8)]
    record = reported({"epsecd.log": content})
    (trouble,) = [one for one in record["troubles"] if one["code"] == "D15"]
    assert trouble["rules"][0]["name"] == "nothing_reports"
