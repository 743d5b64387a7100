"""Instants and lifetimes of MCS."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.protocol.timestamps import (
    TimestampMalformedError,
    TtlMalformedError,
    format_timestamp,
    format_ttl,
    parse_server_timestamp,
    parse_timestamp,
    parse_ttl,
    parse_ttl_or_default,
)

INSTANTS = st.datetimes(timezones=st.just(UTC))


@given(INSTANTS)
def test_both_readers_return_what_was_written(at):
    assert parse_timestamp(format_timestamp(at)) == at
    assert parse_server_timestamp(format_timestamp(at)) == at


@given(INSTANTS)
def test_unpadded_microseconds_of_clients_are_read(at):
    written = f"{at:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + f".{at.microsecond}Z"
    assert parse_timestamp(written) == at


def test_the_documented_example_is_56068_microseconds():
    at = parse_timestamp("2026-11-20T23:20:10.56068Z")
    assert at == datetime(2026, 11, 20, 23, 20, 10, 56068, tzinfo=UTC)


def test_a_server_writes_a_decimal_fraction():
    at = parse_server_timestamp("2026-11-20T23:20:17.25Z")
    assert at.microsecond == 250_000


def test_more_than_six_digits_can_only_be_a_fraction():
    assert parse_timestamp("2026-11-20T23:20:17.1234567Z").microsecond == 123_456


def test_a_timestamp_without_fraction_or_with_an_offset_is_read():
    expected = datetime(2026, 11, 20, 23, 20, 17, tzinfo=UTC)
    assert parse_timestamp("2026-11-20T23:20:17Z") == expected
    assert parse_timestamp("2026-11-21T00:20:17+01:00") == expected


def test_another_zone_is_written_in_utc():
    at = datetime(2026, 11, 21, 0, 20, 17, tzinfo=timezone(timedelta(hours=1)))
    assert format_timestamp(at) == "2026-11-20T23:20:17.000000Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-13-01T00:00:00Z",
        "2026-01-01T00:00:61Z",
        "0001-01-01T00:00:00+23:00",
        "2026-01-01T00:00:00+99:99",
        "2026-01-01T00:00:00.Z",
        "٢٠٢٦-01-01T00:00:00Z",
    ],
)
def test_what_is_no_instant_is_refused(text):
    with pytest.raises(TimestampMalformedError):
        parse_timestamp(text)


@given(st.integers(0, 10**9))
def test_whole_lifetimes_round_trip(seconds):
    assert parse_ttl(format_ttl(seconds)) == seconds


def test_the_documented_lifetime_is_ten_thousand_seconds():
    assert parse_ttl("PT10000S") == 10_000
    assert format_ttl(10_000.0) == "PT10000S"


def test_longer_units_are_read():
    assert parse_ttl("P1DT2H3M4S") == 93_784


@pytest.mark.parametrize("text", ["", "P", "PT", "10000", "PT-1S", "PTxS"])
def test_a_bad_lifetime_is_refused_and_counts_as_ten_thousand_seconds(text):
    with pytest.raises(TtlMalformedError):
        parse_ttl(text)
    assert parse_ttl_or_default(text) == 10_000
