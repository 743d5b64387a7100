"""What counts as a difference."""

from html import escape

import pytest

from foundation.redact import REDACTED
from utmlab.redrive.comparing import Said, comparable, differences


def said(status=200, body="", **headers):
    return Said(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def what(recorded, now):
    return [one.what for one in differences(recorded, now)]


def test_another_status_is_the_only_difference_told():
    assert what(said(200, "<a/>"), said(503, "no")) == ["status"]


@pytest.mark.parametrize("header", ["WWW-Authenticate", "Retry-After"])
def test_a_header_that_clients_act_on_is_compared_both_ways(header):
    with_it = Said(401, {header: "x"}, "")
    assert what(with_it, said(401)) == [f"header {header}"]
    assert what(said(401), with_it) == [f"header {header}"]


def test_the_letters_of_a_content_type_are_free_and_the_type_is_not():
    assert (
        what(
            said(Content_Type="text/xml; charset=utf-8"),
            said(content_type="text/XML;charset=UTF-8"),
        )
        == []
    )
    assert what(said(Content_Type="text/xml"), said(Content_Type="text/html")) == [
        "header Content-Type"
    ]


def test_white_space_times_and_serial_numbers_make_no_difference():
    def body(seq, at, space):
        return f"<c>{space}<seq>{seq}</seq><creationTime>{at}</creationTime></c>"

    assert what(said(body=body(1, "2026", "")), said(body=body(9, "2027", "\n  "))) == []


def test_a_difference_inside_an_escaped_document_is_told_by_its_line():
    def body(text):
        return f"<c><body>{escape(f'<p><q>{text}</q></p>')}</body></c>"

    (found,) = differences(said(body=body("one")), said(body=body("two")))
    assert (found.what, found.recorded, found.now) == ("body", "<q>one</q>", "<q>two</q>")


def test_the_words_of_a_refusal_and_what_was_redacted_are_not_compared():
    assert what(said(404, "no such"), said(404, "nothing")) == []
    assert what(said(200, REDACTED), said(200, "aWQ6cHc=")) == []


def test_json_is_compared_by_what_it_says():
    assert comparable('{"b": 1, "a": 2}') == comparable('{"a":2,"b":1}')
    assert comparable('{"a": 1}') != comparable('{"a": 2}')
