"""Numbers of parts are added without loss, and percentiles are within a tenth."""

import json

from hypothesis import given
from hypothesis import strategies as st

from utmlab.fleet.tally import GROWTH, SMALLEST_S, Tally, bucket_of, summed, upper_edge_s

SECONDS = st.floats(1e-6, 100)


@given(seconds=SECONDS)
def test_a_latency_is_within_a_tenth_of_its_bucket(seconds):
    edge = upper_edge_s(bucket_of(seconds))
    assert edge * 1.000001 >= seconds
    assert edge <= max(seconds, SMALLEST_S) * GROWTH * 1.000001


@given(parts=st.lists(st.lists(st.tuples(st.sampled_from("ab"), SECONDS), max_size=20)))
def test_parts_are_added_without_loss_over_json(parts):
    whole, tallies = Tally(), []
    for part in parts:
        tally = Tally()
        for call, seconds in part:
            for each in (tally, whole):
                each.answered(call, "200", seconds, int(seconds))
        tallies.append(Tally.from_record(json.loads(json.dumps(tally.as_record()))))
    assert summed(tallies).as_record() == whole.as_record() or not any(parts)
    assert summed(tallies).requests == sum(map(len, parts))


def test_percentiles_are_of_one_call_or_of_all():
    tally = Tally()
    for number in range(1, 101):
        tally.answered("poll", "200", number / 1000, 0)
    tally.answered("register", "401", 9.0, 0)
    assert 0.05 <= tally.percentile_s(0.5, "poll") <= 0.055
    assert tally.percentile_s(1.0) >= 9.0
    assert tally.percentile_s(0.5, "no such call") == 0.0
    assert (tally.requests, tally.failures) == (101, 1)
