"""Events, and those of Web Control."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.net.xml_guard import XmlRefusedError
from foundation.protocol.bodies import DocumentTooLargeError, ScriptRefusedError
from foundation.protocol.events import (
    MAX_EVENTS_BYTES,
    Event,
    EventRefusedError,
    WebControlEvent,
    decode_events,
    decode_web_control_event,
    encode_events,
    event_id,
)

NOW = datetime(2026, 11, 20, 23, 21, 0, 56068, tzinfo=UTC)
EXACT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\r\n\t"))
WORD = EXACT.map(str.strip).filter(bool)
INSTANTS = st.datetimes(timezones=st.just(UTC))
NUMBERS = st.integers(0, 10**8)
EVENTS = st.builds(
    Event,
    app_id=WORD,
    creation_time=INSTANTS,
    ttl_s=NUMBERS.map(float),
    body=WORD,
    seq=NUMBERS,
    id=WORD,
)
WEB_CONTROL_EVENTS = st.builds(
    WebControlEvent,
    at=INSTANTS,
    user=EXACT,
    url=EXACT.filter(bool),
    method=EXACT,
    action=st.sampled_from(["allow", "block", "warn", "proceed"]),
    reason=EXACT,
    category_ids=st.lists(NUMBERS, max_size=3).map(tuple),
    category_name=EXACT,
    reputation=EXACT,
    filter_action_ref=EXACT,
    filter_action_name=EXACT,
    profile_ref=EXACT,
    profile_name=EXACT,
    rule_ref=EXACT,
    exceptions=st.lists(EXACT, max_size=3).map(tuple),
    client_ip=EXACT,
    size=NUMBERS,
    status_code=NUMBERS,
    referer=EXACT,
    user_agent=EXACT,
    content_type=EXACT,
)
BROWSED = WebControlEvent(
    at=NOW, user="LAB\\anna", url="http://games.example/", method="GET", action="block", reason="r"
)


@given(st.lists(EVENTS, max_size=3))
def test_mcs_09_events_round_trip(events):
    assert decode_events(encode_events(events)) == tuple(events)


@given(WEB_CONTROL_EVENTS)
def test_web_control_events_round_trip_through_both_escapings(event):
    envelope = encode_events([Event("SWC", NOW, 10_000.0, event.encode(), 0, "1")])
    (received,) = decode_events(envelope)
    assert decode_web_control_event(received.body) == event


def test_the_envelope_is_the_documented_one():
    event = Event("SWC", NOW, 10_000.0, "<a/>", 0, "202611202321000000")
    assert encode_events([event]) == (
        b'<?xml version="1.0" encoding="utf-8"?><ns:events '
        b'xmlns:ns="http://www.sophos.com/xml/mcs/events" schemaVersion="1.0"><event>'
        b"<appId>SWC</appId><creationTime>2026-11-20T23:21:00.056068Z</creationTime>"
        b"<ttl>PT10000S</ttl><body>&lt;a/&gt;</body><seq>0</seq><id>202611202321000000</id>"
        b"</event></ns:events>"
    )


def test_an_id_is_the_time_and_a_counter_of_four_hex_digits():
    assert event_id(NOW, 0) == "202611202321000000"
    assert event_id(NOW, 0x1ABCD) == "20261120232100abcd"


def test_unpadded_microseconds_and_what_is_not_needed_are_tolerated():
    event = Event("SWC", NOW, 10_000.0, "<a/>", 0, "1")
    document = encode_events([event]).replace(b".056068Z", b".56068Z")
    tolerated = document.replace(b"<seq>0</seq>", b"").replace(b"<ttl>PT10000S</ttl>", b"")
    assert decode_events(tolerated) == (event,)


@pytest.mark.parametrize("gone", [b"<appId>A</appId>", b"<body>b</body>", b"<id>1</id>"])
def test_an_event_without_a_needed_part_is_refused(gone):
    document = encode_events([Event("A", NOW, 1.0, "b", 0, "1")])
    with pytest.raises(EventRefusedError):
        decode_events(document.replace(gone, b""))


@pytest.mark.parametrize(
    "document",
    [
        b"<events/>",
        encode_events([Event("A", NOW, 1.0, "b", 0, "1")]).replace(b"2026-", b"soon-"),
    ],
)
def test_another_document_or_time_is_refused(document):
    with pytest.raises(EventRefusedError):
        decode_events(document)


@pytest.mark.parametrize(
    "document", [b"", b"<!DOCTYPE a><a/>", b"<a>" * 70 + b"</a>" * 70, b"\xff\xfe<a/>"]
)
def test_bad_xml_is_refused_by_the_guard(document):
    with pytest.raises(XmlRefusedError):
        decode_events(document)


@pytest.mark.parametrize("script", ["<script>", "<ScRipt>", "<xhtml:script/>"])
def test_scripts_are_refused_in_both_directions(script):
    document = encode_events([Event("A", NOW, 1.0, "MARK", 0, "1")])
    with pytest.raises(ScriptRefusedError):
        encode_events([Event("A", NOW, 1.0, script, 0, "1")])
    with pytest.raises(ScriptRefusedError):
        decode_events(document.replace(b"MARK", script.replace("<", "&lt;").encode()))


def test_a_url_that_mentions_a_script_is_text():
    event = WebControlEvent(
        at=NOW, user="", url="http://a/?q=<script>", method="GET", action="allow", reason=""
    )
    envelope = encode_events([Event("SWC", NOW, 1.0, event.encode(), 0, "1")])
    assert decode_web_control_event(decode_events(envelope)[0].body) == event


def test_documents_over_five_million_bytes_are_refused_in_both_directions():
    overhead = len(encode_events([Event("A", NOW, 1.0, "x", 0, "1")])) - 1
    fits = Event("A", NOW, 1.0, "x" * (MAX_EVENTS_BYTES - overhead), 0, "1")
    document = encode_events([fits])
    assert decode_events(document) == (fits,)
    with pytest.raises(DocumentTooLargeError):
        encode_events([Event("A", NOW, 1.0, fits.body + "x", 0, "1")])
    with pytest.raises(DocumentTooLargeError):
        decode_events(document + b" ")


def test_characters_that_xml_cannot_carry_are_replaced():
    event = WebControlEvent(
        at=NOW, user="a\x01b\ud800", url="u", method="", action="allow", reason=""
    )
    assert decode_web_control_event(event.encode()).user == "a\ufffdb\ufffd"


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ('type="web-control"', 'type="x"'),
        ('action="block"', 'action="scold"'),
        ('url="http://games.example/"', ""),
        ('ts="2026', 'ts="soon'),
        ('size="0"', 'size="much"'),
        ('size="0"', f'size="{"9" * 5000}"'),
        ('ids=""', 'ids="games"'),
    ],
)
def test_a_web_control_event_that_cannot_be_read_is_refused(part, instead):
    assert part in BROWSED.encode()
    with pytest.raises(EventRefusedError):
        decode_web_control_event(BROWSED.encode().replace(part, instead))


def test_of_what_stands_twice_in_an_event_the_first_counts():
    document = encode_events([Event("A", NOW, 1.0, "b", 0, "1")])
    twice = document.replace(b"<body>b</body>", b"<body>b</body><body>other</body>")
    assert decode_events(twice)[0].body == "b"
    body = BROWSED.encode()
    again = '<request url="http://other/"/><exceptions><exception name="x"/></exceptions></event>'
    read = decode_web_control_event(body.replace("</event>", again))
    assert (read.url, read.exceptions) == (BROWSED.url, ())


def test_only_what_stands_in_its_place_is_read():
    document = encode_events([Event("A", NOW, 1.0, "b", 0, "1")])
    deeper = document.replace(b"<body>b</body>", b"<x><body>no</body></x><body>b<y>no</y>c</body>")
    assert decode_events(deeper.replace(b"<event>", b"<other><id>2</id></other><event>")) == (
        Event("A", NOW, 1.0, "bc", 0, "1"),
    )
    nested = BROWSED.encode().replace("<client", '<x><request url="http://no/"/></x><client')
    assert decode_web_control_event(nested) == BROWSED
