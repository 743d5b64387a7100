"""XML by literal tag names."""

import pytest

from utmlab.conformance.literal_xml import XmlFault, parse


def test_prefixes_stay_part_of_the_tag():
    root = parse('<ns:a xmlns:ns="x"><ns:b/><b>text</b></ns:a>')
    assert root.tag == "ns:a"
    assert [child.tag for child in root.children] == ["ns:b", "b"]
    assert root.text_of("b") == "text"


def test_escaped_text_is_read_once():
    assert parse("<a>&lt;b&gt;&amp;lt;</a>").text == "<b>&lt;"


def test_cdata_is_text():
    assert parse("<a><![CDATA[<b/>]]></a>").text == "<b/>"


def test_descendants_come_in_document_order():
    root = parse("<a><b n='1'/><c><b n='2'/></c></a>")
    assert [element.attributes["n"] for element in root.all("b")] == ["1", "2"]
    assert root.child("b").attributes == {"n": "1"}
    assert root.child("missing") is None


@pytest.mark.parametrize(
    "document",
    [
        "",
        "<a>",
        "<a/><b/>",
        "no xml",
        "<!DOCTYPE a><a/>",
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        "<a>" * 65 + "</a>" * 65,
        b"<?xml version='1.0' encoding='utf-8'?><a>\xff</a>",
        b"<?xml version='1.0' encoding='nonsense'?><a/>",
        "<a>&undefined;</a>",
    ],
    ids=lambda document: repr(document)[:40],
)
def test_what_clients_refuse_is_a_fault(document):
    with pytest.raises(XmlFault):
        parse(document)


def test_sixty_four_levels_are_read():
    assert parse("<a>" * 64 + "</a>" * 64).tag == "a"
