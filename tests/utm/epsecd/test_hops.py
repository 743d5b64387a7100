"""The times of a policy come with its status; a LiveConnect that tells none is served too."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from foundation.protocol.link import Report
from utm.epsecd import hops
from utm.epsecd.intake import take_in

from .test_intake import ENROLLED, STATUS, lines

AT = datetime(2026, 11, 20, 17, 57, 33, tzinfo=UTC)


def after(seconds):
    return (AT + timedelta(seconds=seconds)).isoformat()


def status(number=2, app="SWC", polled=10.0, **body):
    told = {
        "assigned_at": after(0),
        "delivered_at": after(polled),
        "fetched_at": after(polled + 1),
        "poll_interval_s": 20.0,
        "epoch": 1,
        "changeset": 7,
    }
    known = {**STATUS.body, "app_id": app, "created_at": after(polled + 2)}
    return Report(number, "status", "E1", after(polled + 3), {**known, **told, **body})


def test_a_status_brings_the_times_of_its_policy(db, voice):
    take_in(db, [ENROLLED, status()], at=AT + timedelta(seconds=14), voice=voice)

    found = hops.of_changeset(db, 1, 7)["E1"]
    times = (found.assigned_at, found.delivered_at, found.fetched_at, found.applied_at)
    assert [time.isoformat() for time in times] == [after(0), after(10), after(11), after(12)]
    assert (found.stored_at.isoformat(), found.received_at.isoformat()) == (after(13), after(14))
    assert hops.poll_interval_s(db) == 20.0


def test_a_hop_of_several_policies_has_happened_when_it_has_for_the_last(db, voice):
    take_in(db, [ENROLLED, status(), status(3, "TPROT", 15.0)], at=AT, voice=voice)
    assert hops.of_changeset(db, 1, 7)["E1"].delivered_at.isoformat() == after(15)


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [("push", "poll", "poll"), ("poll", "push", "push"), ("poll", None, ""), ("push", 7, "")],
)
def test_the_path_is_that_of_the_policy_that_came_last(db, voice, first, last, told):
    both = (status(delivered_by=first), status(3, "TPROT", 15.0, delivered_by=last))
    take_in(db, [ENROLLED, *both], at=AT, voice=voice)
    assert hops.of_changeset(db, 1, 7)["E1"].delivered_by == told


def test_a_time_that_one_policy_lacks_is_not_told_of_all(db, voice):
    late = status(3, "TPROT", fetched_at=None)
    take_in(db, [ENROLLED, status(), late], at=AT, voice=voice)
    assert hops.of_changeset(db, 1, 7)["E1"].fetched_at is None


def test_the_first_status_counts(db, voice):
    take_in(db, [ENROLLED, status(), status(3, polled=500.0)], at=AT, voice=voice)
    assert hops.of_changeset(db, 1, 7)["E1"].delivered_at.isoformat() == after(10)


@pytest.mark.parametrize("body", [{"res": "Diff"}, {"epoch": 0}, {"assigned_at": None}])
def test_what_is_not_in_force_or_not_known_has_no_times(db, voice, body):
    take_in(db, [ENROLLED, status(**body)], at=AT, voice=voice)
    assert hops.of_changeset(db, 1, 7) == {}


def test_an_older_liveconnect_that_tells_no_times_is_understood(db, voice):
    assert take_in(db, [ENROLLED, STATUS], at=AT, voice=voice) == (1, 2)
    assert hops.poll_interval_s(db) is None


def test_a_time_that_is_none_refuses_the_report_and_nothing_else(db, voice):
    strange = status(2, assigned_at="yesterday")
    take_in(db, [ENROLLED, strange], at=AT, voice=replace(voice, extra_lines=True))

    assert hops.of_changeset(db, 1, 7) == {}
    assert any("yesterday" in line for line in lines(db))
