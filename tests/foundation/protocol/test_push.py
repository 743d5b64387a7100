"""The push channel's stream: whatever way the bytes are cut, the events are the same."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from foundation.protocol.push import (
    GET_COMMANDS,
    LONGEST_LINE,
    PING,
    WAKE_UP,
    EventReader,
    PushEvent,
    PushKind,
    PushStreamBrokenError,
    encode_event,
    read_event,
)

DOCUMENT = '<?xml version="1.0"?>\n<ns:commands xmlns:ns="x" schemaVersion="1.0">\n</ns:commands>'


def read(*chunks):
    reader = EventReader()
    return [event for chunk in chunks for event in reader.feed(chunk)]


@given(cuts=st.lists(st.integers(0, 400), max_size=8))
def test_any_cut_of_the_bytes_gives_the_same_events(cuts):
    stream = PING + encode_event(WAKE_UP) + encode_event(DOCUMENT) + b"data:\n\n" + PING
    at = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[begin:end] for begin, end in pairwise(at)]
    assert [event.kind for event in read(*chunks)] == [
        PushKind.PING,
        PushKind.WAKE_UP,
        PushKind.COMMANDS,
        PushKind.PING,
        PushKind.PING,
    ]


def test_line_breaks_travel_as_two_characters_and_come_back():
    line = encode_event(DOCUMENT)
    assert line.count(b"\n") == 2
    assert read(line) == [PushEvent(PushKind.COMMANDS, DOCUMENT)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_both_ends_of_a_line_are_read(end):
    assert read(b"event: x" + end + b"data: a" + end + b"data: b" + end + end) == [
        PushEvent(PushKind.UNKNOWN, "a\nb")
    ]


@given(data=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\\")))
def test_what_asks_for_nothing_known_comes_whole_and_is_unknown(data):
    assume(GET_COMMANDS not in data and "<ns:commands" not in data)
    event = read_event(f"  {data}\\n")
    assert event == PushEvent(PushKind.UNKNOWN if data.strip() else PushKind.PING, data.strip())
    assert read(encode_event(data)) == [event]


PIECES = st.sampled_from([b"data:", b":", b"\n", b"\r\n", b"\n\n", b"\xff", b"event", b" x"])


@given(chunks=st.lists(PIECES | st.binary(max_size=4), max_size=12))
def test_no_bytes_do_more_than_break_the_stream(chunks):
    stream = b"".join(chunks)
    try:
        events = read(*chunks)
    except PushStreamBrokenError:
        with pytest.raises(UnicodeDecodeError):
            stream.decode()
    else:
        assert len(events) <= stream.count(b"\n")


def test_a_line_without_an_end_is_refused():
    with pytest.raises(PushStreamBrokenError):
        read(b"data: ", b"x" * LONGEST_LINE)
