"""Bodies decoded for reading."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utmlab.decoding import decoded


def test_a_document_inside_a_text_is_shown_below_its_element():
    inner = '<?xml version="1.0"?><p x="1"><q>a &amp; b</q></p>'
    assert decoded(f"<ns:cs><body>{escape(inner)}</body></ns:cs>").splitlines() == [
        "<ns:cs>",
        "  <body>",
        '    <p x="1">',
        "      <q>a & b</q>",
        "    </p>",
        "  </body>",
        "</ns:cs>",
    ]


def test_a_document_that_was_escaped_twice_is_shown_too():
    assert "<q/>" in decoded(f"<a>{escape(escape('<q/>'))}</a>")


def test_a_document_inside_an_attribute_and_json_inside_a_text_are_shown():
    text = decoded(f'<a v="{escape("<q/>")}"><body>{{"type":"clone"}}</body></a>')
    assert "@v" in text
    assert '"type": "clone"' in text


def test_json_is_indented():
    assert decoded('{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}'


@pytest.mark.parametrize(
    "body",
    ["", "plain", "<a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a>" * 65 + "</a>" * 65, "{"],
)
def test_what_is_no_document_adds_nothing(body):
    assert decoded(body) == ""


@given(st.text(alphabet="<>&;/ab\"'= {}[]:ltgq\n", max_size=200))
def test_no_text_is_too_odd(body):
    decoded(body)
