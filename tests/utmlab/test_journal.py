"""The journal as text and JSON."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from foundation.net.journal import Exchange
from utmlab.journal import (
    BODY_LIMIT,
    Wanted,
    as_json,
    as_line,
    as_text,
    printable,
    select,
    with_decoded,
)

AT = datetime(2026, 11, 20, 23, 20, 17, 56_068, tzinfo=UTC)


def exchange(**changes):
    values = {
        "at": AT,
        "method": "GET",
        "path": "/sophos/management/ep/commands/applications/MCS;ALC/endpoint/E1",
        "request_headers": {"Authorization": "[redacted]"},
        "request_body": "",
        "status": 200,
        "response_body": "<a>\n<b/></a>",
        "endpoint": "E1",
        "milliseconds": 1.5,
    }
    return Exchange(**values | changes)


def test_a_line_tells_when_what_and_how_long():
    assert as_line(exchange()) == (
        "2026-11-20T23:20:17.056Z  200      1.50 ms  "
        "GET /sophos/management/ep/commands/applications/MCS;ALC/endpoint/E1  E1"
    )


def test_text_without_bodies_is_one_line_each():
    assert as_text([exchange(), exchange(endpoint="")]).count("\n") == 2


def test_text_with_bodies_shows_headers_and_both_directions():
    text = as_text([exchange(request_body="<q/>")], bodies=True)
    assert text.splitlines()[1:] == [
        "  > Authorization: [redacted]",
        "  > <q/>",
        "  < <a>",
        "  < <b/></a>",
    ]


def test_a_long_body_is_cut():
    text = as_text([exchange(response_body="x" * (BODY_LIMIT + 1))], bodies=True)
    assert "x [cut]" in text


def test_no_byte_of_a_body_reaches_the_terminal_as_a_command():
    assert printable("a\x1b[2Jb\nc\x07") == "a\\x1b[2Jb\nc\\x07"
    assert "\x1b" not in as_text([exchange(path="/\x1b[2J", response_body="\x1b]")], bodies=True)


def test_json_has_a_schema_and_every_field():
    document = json.loads(as_json([exchange()]))
    assert document["schema"] == 1
    record = document["exchanges"][0]
    assert record["at"] == "2026-11-20T23:20:17.056068+00:00"
    assert record["status"] == 200
    assert record["request_headers"] == {"Authorization": "[redacted]"}


KEPT = [
    exchange(),
    exchange(endpoint="E2"),
    exchange(path="/x/register", reason="token_unknown"),
    exchange(status=401, at=AT + timedelta(seconds=1)),
    exchange(request_body="<a>&lt;b&gt;caf\u00e9 &amp;amp; bar&lt;/b&gt;</a>"),
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), [0, 1, 2, 3, 4]),
        (Wanted(endpoint="E2"), [1]),
        (Wanted(path="*/register"), [2]),
        (Wanted(status=401), [3]),
        (Wanted(since=AT + timedelta(seconds=1)), [3]),
        (Wanted(until=AT + timedelta(seconds=1)), [0, 1, 2, 4]),
        (Wanted(reason="token_unknown"), [2]),
        (Wanted(text="register"), [2]),
        (Wanted(text="caf\u00e9 & bar"), [4]),
    ],
)
def test_exchanges_are_found_by_what_is_wanted(wanted, found):
    assert select(KEPT, wanted) == tuple(KEPT[number] for number in found)


def test_the_newest_are_the_last():
    assert select(KEPT, Wanted(), last=2) == tuple(KEPT[-2:])


def test_a_line_tells_reason_hint_and_fault():
    line = as_line(
        exchange(status=0, reason="path_unknown", hint="did you mean", injected="1 hang")
    )
    assert line.endswith("  reason: path_unknown  hint: did you mean  fault: 1 hang")
    assert "  ---  " in line


def test_decoded_bodies_stand_beside_the_bytes():
    text = as_text([exchange(response_body="<a>&lt;b/&gt;</a>")], readable=True)
    assert text.splitlines()[2:] == [
        "  < <a>&lt;b/&gt;</a>",
        "  <   | <a>",
        "  <   |   <b/>",
        "  <   | </a>",
    ]
    assert "response_decoded" in with_decoded(exchange())
    assert "request_decoded" not in with_decoded(exchange())
