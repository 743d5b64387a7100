"""The journal as text and JSON."""

import json
from datetime import UTC, datetime

from foundation.net.journal import Exchange
from utmlab.journal import BODY_LIMIT, as_json, as_line, as_text, printable, select


def exchange(**changes):
    values = {
        "at": datetime(2026, 11, 20, 23, 20, 17, 56_068, tzinfo=UTC),
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
        "    Authorization: [redacted]",
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


def test_exchanges_are_selected_by_endpoint_path_and_status():
    kept = [
        exchange(),
        exchange(endpoint="E2"),
        exchange(path="/x/register"),
        exchange(status=401),
    ]
    assert select(kept, endpoint="E2") == (kept[1],)
    assert select(kept, path="*/register") == (kept[2],)
    assert select(kept, status=401) == (kept[3],)
    assert select(kept, last=2) == tuple(kept[2:])
    assert select(kept) == tuple(kept)
