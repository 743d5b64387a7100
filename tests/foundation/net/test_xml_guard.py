"""XML from outside: what is refused, and why."""

import pytest

from foundation.net.xml_guard import PIECE_BYTES, XmlRefusedError, parse_xml
from foundation.protocol.reasons import Reason

REFUSED = {
    "doctype": (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", Reason.XML_DOCTYPE),
    "200,000 levels": (b"<a>" * 200_000 + b"</a>" * 200_000, Reason.XML_TOO_DEEP),
    "65 levels": (b"<a>" * 65 + b"</a>" * 65, Reason.XML_TOO_DEEP),
    "50 MB": (b"<a>" + b"x" * 50_000_000 + b"</a>", Reason.BODY_TOO_LARGE),
    "UTF-16": ("<a/>".encode("utf-16"), Reason.XML_ENCODING),
    "Latin-1": ("<a>é</a>".encode("latin-1"), Reason.XML_ENCODING),
    "truncated": (b"<a><b></b>", Reason.XML_MALFORMED),
    "two roots": (b"<a/><b/>", Reason.XML_MALFORMED),
    "empty": (b"  \n", Reason.BODY_EMPTY),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_is_refused_with_its_reason(name):
    body, reason = REFUSED[name]
    with pytest.raises(XmlRefusedError) as refusal:
        parse_xml(body)
    assert refusal.value.reason is reason


def test_namespaces_with_a_backslash_are_read():
    tree = parse_xml(rb'<p xmlns:csc="com.sophos\msys\csc"><csc:Comp RevID="1"/></p>')
    assert tree["p"]["csc:Comp"]["@RevID"] == "1"


def test_64_levels_are_read():
    assert parse_xml(b"<a>" * 64 + b"</a>" * 64)


@pytest.mark.parametrize("shift", range(4))
def test_a_document_in_pieces_is_read_whole_wherever_it_is_cut(shift):
    text = "x" * shift + "€" * PIECE_BYTES

    assert parse_xml(f"<a><b>{text}</b><b>end</b></a>") == {"a": {"b": [text, "end"]}}


def test_what_comes_in_a_later_piece_is_guarded_too():
    long = "<b/>" * PIECE_BYTES

    for end, reason in (("<c>" * 64, Reason.XML_TOO_DEEP), ("</b>", Reason.XML_MALFORMED)):
        with pytest.raises(XmlRefusedError) as caught:
            parse_xml(f"<a>{long}{end}")
        assert caught.value.reason is reason


def test_a_document_that_ends_too_early_is_refused_also_in_pieces():
    with pytest.raises(XmlRefusedError) as caught:
        parse_xml("<a>" + "<b/>" * PIECE_BYTES)
    assert caught.value.reason is Reason.XML_MALFORMED
