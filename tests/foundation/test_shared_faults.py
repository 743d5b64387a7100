"""Faults by way of a folder: what one process sets is met in the others, as often as it may."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.faults import Fault, FaultPlan, Hop, Target
from foundation.faults.clock import shared_clock, skewed
from foundation.faults.disk import refusing_files
from foundation.faults.shared import FollowedPlan, PublishedPlan

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
FULL = {"hop": Hop.SPOOL, "effect": "full"}
NAMES = st.sampled_from(["PC-01", "PC-02"])
FAULTS = st.builds(
    Fault,
    hop=st.just(Hop.SPOOL),
    effect=st.just("full"),
    target=st.builds(Target, endpoints=st.frozensets(NAMES, max_size=1)),
    times=st.none() | st.integers(1, 3),
    probability=st.floats(0.1, 1),
    seed=st.integers(0, 5),
)


@pytest.fixture
def plan(tmp_path):
    made = PublishedPlan(tmp_path)
    made.begin()
    return made


def test_what_is_set_holds_at_once_and_until_it_is_cleared(plan, tmp_path):
    followed = FollowedPlan(tmp_path)
    clock = skewed(followed, "utm", lambda: NOON)
    assert (followed.is_active, clock()) == (False, NOON)
    of_utm = Target(endpoints=frozenset({"utm"}))
    plan.set(Fault(hop=Hop.CLOCK, effect="skew", value=60, target=of_utm))
    assert followed.is_active
    assert clock() == NOON + timedelta(minutes=1)
    assert skewed(followed, "liveconnect", lambda: NOON)() == NOON
    plan.clear()
    assert (followed.is_active, clock()) == (False, NOON)


def test_a_fault_happens_no_more_often_than_it_may_in_all_processes_together(plan, tmp_path):
    plan.set(Fault(**FULL, times=3))
    computers = [refusing_files(FollowedPlan(tmp_path), name) for name in ("PC-01", "PC-02")]
    for computer in computers:
        with pytest.raises(OSError, match="No space left"):
            computer()
    (one,) = plan.active()
    assert (one.happened, one.left) == (2, 1)
    with pytest.raises(OSError, match="No space left"):
        computers[0]()
    for computer in computers:
        computer()
    assert plan.active() == ()


@settings(max_examples=30)
@given(faults=st.lists(FAULTS, max_size=3), asked=st.lists(NAMES, max_size=12))
def test_one_process_meets_the_same_as_if_all_were_one(tmp_path_factory, faults, asked):
    here, there = FaultPlan(), PublishedPlan(tmp_path_factory.mktemp("faults"))
    there.begin()
    followed = FollowedPlan(there.folder)
    for fault in faults:
        here.set(fault)
        there.set(fault)

    def met(plan):
        return [one.id if (one := plan.choose(Hop.SPOOL, endpoint=who)) else None for who in asked]

    assert met(here) == met(followed)
    assert {one.id: one.happened for one in here.active()} == {
        one.id: one.happened for one in there.active()
    }


def test_what_another_lab_left_in_the_folder_is_gone(plan, tmp_path):
    plan.set(Fault(**FULL, times=1))
    assert FollowedPlan(tmp_path).choose(Hop.SPOOL) is not None
    again = PublishedPlan(tmp_path)
    again.begin()
    followed = FollowedPlan(tmp_path)
    assert not followed.is_active
    again.set(Fault(**FULL, times=1))
    assert followed.choose(Hop.SPOOL) is not None


def test_a_process_in_no_lab_has_the_real_clock(tmp_path, monkeypatch):
    monkeypatch.setattr("foundation.faults.clock.utc_now", lambda: NOON)
    assert shared_clock(None, "utm")() == NOON
    assert shared_clock(tmp_path / "new", "utm")() == NOON
