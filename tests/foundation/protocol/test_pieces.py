"""Large documents in pieces that a small change leaves mostly as they were."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.protocol.link import (
    Changeset,
    GroupPolicies,
    LinkDocumentMalformedError,
    PolicyDocument,
    decode_changeset,
    encode_document,
    in_pieces,
    made_whole,
)
from foundation.protocol.pieces import LONGEST, SHORTEST, cut, piece_id

LINES = [f'<domain value="site-{number}.example"/>' for number in range(60_000)]


def document(lines=LINES):
    return ("\n".join(lines) + "\n").encode()


def names(body):
    return [piece_id(piece) for piece in cut(body)]


def changeset(*bodies):
    policies = tuple(PolicyDocument("SWC", 190, f"rev-{i}", each) for i, each in enumerate(bodies))
    return Changeset(1, 1, True, "REF_G", (GroupPolicies("REF_G", "Default", policies),))


def test_joined_pieces_are_the_document():
    assert b"".join(cut(document())) == document()
    assert list(cut(b"")) == []


def test_pieces_are_neither_tiny_nor_huge():
    sizes = [len(piece) for piece in cut(document())]
    assert all(SHORTEST <= size <= LONGEST for size in sizes[:-1])
    assert len(sizes) > 10


@pytest.mark.parametrize("place", [0, 30_000, 59_999])
def test_one_more_line_leaves_most_pieces_as_they_were(place):
    before, after = (
        set(names(document())),
        names(document([*LINES[:place], "<x/>", *LINES[place:]])),
    )
    assert len([name for name in after if name not in before]) <= 3


@given(st.text(alphabet="aé漢\n", max_size=300).map(lambda text: (text * 3000).encode()[:900_000]))
def test_every_piece_is_text_on_its_own(body):
    body = body.decode("utf-8", "ignore").encode()
    pieces = list(cut(body))
    assert b"".join(pieces) == body
    for piece in pieces:
        piece.decode("utf-8")


def test_a_changeset_goes_in_pieces_and_is_made_whole_again():
    whole = changeset(document(), b"<small/>")
    light, parts = in_pieces(whole, above=1000)
    assert light.parts == tuple(sorted(parts))
    assert light.groups[0].policies[0].body == b""
    assert light.groups[0].policies[1].body == b"<small/>"
    received = decode_changeset(encode_document(light))
    assert made_whole(received, parts) == replace(whole, parts=light.parts)


def test_a_piece_that_the_changeset_does_not_list_is_refused():
    light, parts = in_pieces(changeset(document()), above=1000)
    parts.pop(light.parts[0])
    with pytest.raises(LinkDocumentMalformedError):
        made_whole(light, parts)


def test_pieces_that_are_no_texts_are_refused():
    light, _ = in_pieces(changeset(document()), above=1000)
    broken = encode_document(light).replace(f'"{light.parts[0]}"'.encode(), b"7")
    with pytest.raises(LinkDocumentMalformedError):
        decode_changeset(broken)
