"""Chunks are taken apart whatever way the bytes are cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from utmlab.fleet.listening import Chunks


@given(
    parts=st.lists(st.binary(min_size=1, max_size=40), max_size=6),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_any_cut_gives_what_was_inside(parts, cuts):
    stream = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    at = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = Chunks()
    found = b"".join(chunks.feed(stream[begin:end]) for begin, end in pairwise(at))
    assert found == b"".join(parts)


@given(data=st.binary(max_size=80))
def test_nonsense_ends_quietly(data):
    Chunks().feed(data)
