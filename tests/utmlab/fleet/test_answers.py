"""Answers are read whatever way the bytes are cut, and what is none is said to be none."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoint.mcs_client.outcome import Answer, Breakdown, NoAnswer
from utmlab.fleet.answers import AnswerReader, Heads

BODIES = st.binary(max_size=60)


def fed(stream, cuts, count):
    """Return the outcomes that a stream in pieces gives."""
    at = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    reader, outcomes = AnswerReader(Heads()), []
    for begin, end in pairwise(at):
        outcome = reader.feed(stream[begin:end])
        outcomes += [outcome] if outcome is not None else []
    assert len(outcomes) <= count
    return reader, outcomes


@given(body=BODIES, cuts=st.lists(st.integers(1, 150), max_size=8))
def test_a_body_of_known_length_is_read(body, cuts):
    head = b"HTTP/1.1 200 OK\r\nX-One: 1\r\nContent-Length: %d\r\n\r\n" % len(body)
    reader, outcomes = fed(head + body, cuts, 1)
    assert outcomes == [
        Answer(200, {"x-one": "1", "content-length": str(len(body))}, body),
    ]
    assert reader.keeps


@given(
    parts=st.lists(st.binary(min_size=1, max_size=30), max_size=4),
    cuts=st.lists(st.integers(1, 200), max_size=8),
)
def test_a_body_in_chunks_is_read(parts, cuts):
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    head = b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n"
    _, (outcome,) = fed(head + chunks + b"0\r\n\r\n", cuts, 1)
    assert isinstance(outcome, Answer)
    assert (outcome.status, outcome.body) == (503, b"".join(parts))


def test_a_body_may_end_with_the_connection():
    reader = AnswerReader(Heads())
    assert reader.feed(b"HTTP/1.0 200 OK\r\n\r\nall of it") is None
    outcome = reader.end()
    assert isinstance(outcome, Answer)
    assert outcome.body == b"all of it"


@pytest.mark.parametrize(
    "begun",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_a_body_that_is_cut_off_is_too_short(begun):
    reader = AnswerReader(Heads())
    assert reader.feed(begun) is None
    outcome = reader.end()
    assert isinstance(outcome, NoAnswer)
    assert outcome.breakdown is Breakdown.BODY_TOO_SHORT


@pytest.mark.parametrize(
    "nonsense",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"x" * 70_000,
    ],
)
def test_what_is_no_answer_is_malformed(nonsense):
    outcome = AnswerReader(Heads()).feed(nonsense)
    assert isinstance(outcome, NoAnswer)
    assert outcome.breakdown is Breakdown.MALFORMED


def test_cookies_are_kept_apart_and_a_head_is_read_once():
    heads = Heads()
    raw = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nContent-Length: 0"
    assert heads.read(raw).headers["set-cookie"].split("\n") == ["a=1; Path=/", "b=2"]
    assert heads.read(raw) is heads.read(bytes(bytearray(raw)))


HEAD = [b"HTTP/1.1 200 OK\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 3\r\n"]
PIECES = st.sampled_from([*HEAD, b"\r\n", b"3\r\nabc\r\n", b"zz\r\n"]) | st.binary(max_size=20)


@given(begin=st.sampled_from([b"", HEAD[0], HEAD[0] + HEAD[1]]), rest=st.lists(PIECES, max_size=8))
def test_any_bytes_are_an_outcome_or_not_yet_one(begin, rest):
    reader = AnswerReader(Heads())
    outcome = reader.feed(begin + b"".join(rest))
    assert outcome is None or isinstance(outcome, Answer | NoAnswer)
    reader.end()
