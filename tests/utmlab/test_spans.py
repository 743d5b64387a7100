"""Spans of time as a person writes them."""

import pytest

from utmlab.spans import SpanUnreadableError, seconds_of, span_text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604_800), ("1w", 604_800), ("1d12h", 129_600)],
)
def test_every_unit_is_understood(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "7 d", "7y", "0s", "1d,2h"])
def test_what_is_no_span_is_refused(text):
    with pytest.raises(SpanUnreadableError):
        seconds_of(text)


def test_a_span_is_told_in_its_two_largest_units():
    assert [span_text(one) for one in (0, 200, 129_600, 604_800)] == [
        "0s",
        "3m 20s",
        "1d 12h",
        "1w",
    ]
