"""Faults: whom they meet, how often, and the same choices from the same seed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.faults import Fault, FaultPlan, FaultRefusedError, Hop, Target, read_effect
from foundation.faults.fault import EFFECTS

RESET = {"hop": Hop.MCS, "effect": "reset"}
NAMES = st.sampled_from(["a", "b", "c"])
TARGETS = st.builds(
    Target,
    calls=st.frozensets(NAMES, max_size=2),
    endpoints=st.frozensets(NAMES, max_size=2),
    tenant=st.sampled_from(["", "t"]),
)
FAULTS = st.builds(
    Fault,
    hop=st.just(Hop.MCS),
    effect=st.sampled_from(sorted(EFFECTS[Hop.MCS])),
    target=TARGETS,
    times=st.none() | st.integers(1, 3),
    probability=st.floats(0.01, 1),
    seed=st.integers(0, 5),
)
REQUESTS = st.lists(st.tuples(NAMES, NAMES, st.sampled_from(["", "t"])), max_size=30)


def test_without_faults_nothing_is_active():
    plan = FaultPlan()
    assert not plan.is_active
    number = plan.set(Fault(**RESET))
    assert plan.is_active
    assert plan.clear(number) == 1
    assert not plan.is_active


@given(faults=st.lists(FAULTS, max_size=4), requests=REQUESTS)
def test_the_same_faults_and_requests_give_the_same_choices(faults, requests):
    def choices():
        plan = FaultPlan()
        for fault in faults:
            plan.set(fault)
        return [
            one.id if (one := plan.choose(Hop.MCS, call, endpoint=who, tenant=of)) else None
            for call, who, of in requests
        ]

    assert choices() == choices()


@given(fault=FAULTS, requests=REQUESTS)
def test_a_fault_meets_only_its_target_and_no_more_often_than_it_may(fault, requests):
    plan = FaultPlan()
    plan.set(fault)
    met = 0
    for call, who, of in requests:
        if plan.choose(Hop.MCS, call, endpoint=who, tenant=of) is not None:
            met += 1
            assert not fault.target.calls or call in fault.target.calls
            assert not fault.target.endpoints or who in fault.target.endpoints
            assert not fault.target.tenant or of == fault.target.tenant
    assert fault.times is None or met <= fault.times
    assert plan.choose(Hop.LINK, "a") is None


@given(fault=FAULTS)
def test_a_fault_travels_as_json_values(fault):
    assert Fault.from_record(json.loads(json.dumps(fault.as_record()))) == fault


def test_a_chance_is_about_what_it_says():
    plan = FaultPlan()
    plan.set(Fault(**RESET, probability=0.25))
    met = sum(plan.choose(Hop.MCS, "poll") is not None for _ in range(2000))
    assert 400 < met < 600


@pytest.mark.parametrize(
    ("hop", "text", "read"),
    [
        (Hop.MCS, "status=503", ("status", 503.0, "")),
        (Hop.MCS, "status=401-register", ("status", 401.0, "register")),
        (Hop.MCS, "status=429-60", ("status", 429.0, "60")),
        (Hop.LINK, "delay=2.5", ("delay", 2.5, "")),
        (Hop.CLOCK, "skew=-3600", ("skew", -3600.0, "")),
    ],
)
def test_an_effect_is_written_with_its_value(hop, text, read):
    assert read_effect(hop, text) == read


@pytest.mark.parametrize(
    ("hop", "text"),
    [
        (Hop.MCS, "explode"),
        (Hop.MCS, "status=99"),
        (Hop.MCS, "status=401-please"),
        (Hop.MCS, "hang=3"),
        (Hop.LINK, "jwt_bare"),
        (Hop.CLOCK, "skew=nan"),
        (Hop.CLOCK, "skew"),
    ],
)
def test_what_is_no_effect_is_refused(hop, text):
    with pytest.raises(FaultRefusedError):
        read_effect(hop, text)


@pytest.mark.parametrize("wrong", [{"times": 0}, {"probability": 0.0}, {"probability": 1.1}])
def test_what_could_never_happen_is_refused(wrong):
    with pytest.raises(FaultRefusedError):
        Fault(**RESET, **wrong)
