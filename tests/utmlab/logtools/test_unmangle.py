"""unmangle: what a transport put around a line comes off, and what is gone is said."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utm.logs.grammar import ParsedLine, format_line
from utmlab.logtools.corpus.released import CORPORA
from utmlab.logtools.generate import Order
from utmlab.logtools.reading import split_lines
from utmlab.logtools.transport import TRANSPORTS, wrap
from utmlab.logtools.unmangle import unmangle

LINE = '2018:07:26-17:57:33 filter epsecd[5666]: I id="4233" severity="info"'
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
NAMES = st.from_regex(re.compile(r"[a-z][a-z0-9-]{0,15}", re.ASCII), fullmatch=True)
LINES = st.builds(
    lambda stamp, host, process, pid, level, pairs, trailing: format_line(
        ParsedLine(
            stamp=stamp.replace(microsecond=0),
            host=host,
            process=process,
            pid=pid,
            level=level,
            pairs=(("id", "4233"), *pairs),
            trailing_space=trailing,
        )
    ),
    st.datetimes(),
    NAMES,
    NAMES,
    st.none() | st.integers(0, 99_999),
    st.none() | st.sampled_from("IDWE"),
    st.lists(st.tuples(NAMES, TEXT), max_size=5).map(tuple),
    st.booleans(),
)


def restored(data: bytes):
    return list(unmangle(split_lines(io.BytesIO(data))))


@given(st.lists(LINES, min_size=1, max_size=5), st.sampled_from(TRANSPORTS))
def test_what_was_wrapped_is_given_back(lines, transport):
    data = "".join(f"{wrap(line, transport)}\n" for line in lines).encode()
    found = restored(data)
    assert [one.data.decode() for one in found] == lines
    assert {(one.transport, one.trouble) for one in found} == {(transport, "")}


@given(st.lists(LINES, min_size=1, max_size=5))
def test_frames_of_a_stream_are_given_back_without_line_feeds(lines):
    data = "".join(wrap(line, "octet") for line in lines).encode()
    assert [one.data.decode() for one in restored(data)] == lines


@given(st.binary(max_size=300))
def test_any_bytes_are_taken(data):
    found = restored(data)
    assert len(found) >= len(data.splitlines() if b"\r" not in data else [])


@pytest.mark.parametrize("transport", ["udp", "tcp", "octet", "mangled", "relayed"])
@pytest.mark.parametrize(
    "name", [name for name, one in CORPORA[1].scenarios.items() if not one.is_received]
)
def test_twins_of_the_corpus_are_given_back(name, transport):
    raws = [pair.raw for pair in Order(scenario=name, count=120).pairs()]
    twin = CORPORA[1].twins[transport]
    found = restored(b"".join(twin(raw) + b"\n" for raw in raws))
    assert [one.data.decode() for one in found] == raws
    assert not any(one.trouble for one in found)


@pytest.mark.parametrize("limit", [1_024, 2_048, 8_192])
def test_cut_lines_are_told_and_whole_ones_are_not(limit):
    raws = [pair.raw for pair in Order(scenario="long-values", count=120).pairs()]
    sent = [CORPORA[1].twins["udp"](raw) for raw in raws]
    found = restored(b"".join(one[:limit] + b"\n" for one in sent))
    assert [one.trouble != "" for one in found] == [len(one) > limit for one in sent]
    assert "cut" in {one.trouble for one in found}
    assert all(raw.encode().startswith(one.data) for raw, one in zip(raws, found, strict=True))


def test_a_receivers_header_in_front_of_a_cut_line_does_not_hide_the_cut():
    long = f'{LINE} name="{"x" * 2_000}"'
    stored = wrap(f"{long[:1_020]}", "relayed")
    (found,) = restored(f"{stored}\n".encode())
    assert (found.trouble, found.data.decode()) == ("cut", long[:1_020])


def test_a_cut_between_two_pairs_is_told_as_possible():
    line = f'{LINE} name="{"x" * (1_020 - len(LINE) - 8)}"'
    (found,) = restored(f"<30>{line}\n".encode())
    assert (found.trouble, found.data.decode()) == ("maybe_cut", line)


def test_a_frame_that_lacks_its_end_is_told():
    (found,) = restored(wrap(LINE, "octet").encode()[:-7] + b"\n")
    assert (found.trouble, found.reason) == ("cut", "7 bytes of the frame are missing")


def test_a_text_without_a_line_is_told_and_given_back():
    first, second = restored(f"hello\n{LINE}\n".encode())
    assert (first.trouble, first.data, first.number) == ("no_line", b"hello", 1)
    assert (second.trouble, second.number) == ("", 2)


def test_damage_of_the_utms_own_is_no_trouble():
    glued = f'{LINE} call="new"<31>May 23 00:19:33 confd[1]: D id="3100"'
    (found,) = restored(f"<30>{glued}\n".encode())
    assert (found.trouble, found.data.decode()) == ("", glued)


def test_bytes_that_are_not_utf_8_come_out_as_they_went_in():
    line = LINE.encode() + b' user="m\xfcller"'
    assert [one.data for one in restored(b"<30>" + line + b"\n")] == [line]
