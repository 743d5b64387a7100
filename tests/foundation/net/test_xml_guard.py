"""XML from outside: what is refused, and why."""

import pytest

from foundation.net.xml_guard import XmlRefusedError, parse_xml
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
