"""A table of counts keeps its promise about what it does not hold."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from utmlab.logtools.report.bounded import TopCounts


@given(st.lists(st.integers(0, 40)), st.integers(2, 8))
def test_counts_are_never_too_high_and_too_low_by_at_most_their_error(keys, capacity):
    table, truth = TopCounts(capacity), Counter(keys)
    for key in keys:
        table.add(str(key).encode())
    held = list(table.top(1_000))
    assert len(held) <= capacity
    for one in held:
        assert one.count <= truth[int(one.key)] <= one.count + one.error
    for key in set(truth) - {int(one.key) for one in held}:
        assert truth[key] <= table.floor


def test_what_is_frequent_survives_a_flood():
    table = TopCounts(8)
    for number in range(1_000):
        table.add(b"often")
        table.add(str(number).encode())
    assert next(table.top(1)).key == b"often"
