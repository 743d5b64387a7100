"""The catalogue: consistent data, golden lines made from it."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from utm.logs.catalogue import Daemon, UnknownKeyError, UnknownMessageError, catalogue
from utm.logs.grammar import parse_line

EPSECD = Daemon(process="epsecd", pid=5666, host="filter", zone=ZoneInfo("Europe/London"))


def test_log_04_line_of_a_changeset():
    assert EPSECD.line("changeset_sent", datetime(2018, 7, 26, 16, 57, 33, tzinfo=UTC)) == (
        '2018:07:26-17:57:33 filter epsecd[5666]: I id="4233" severity="info" sys="System" '
        'sub="epsecd" name="Sending data to Sophos LiveConnect to sync UTM Web Policy Changeset"'
    )


def test_log_05_line_of_two_acknowledged_reports():
    at = datetime(2018, 7, 26, 16, 56, 40, 999_999, tzinfo=UTC)
    assert EPSECD.line("reports_acknowledged", at, {"reports": "-1,-1"}) == (
        '2018:07:26-17:56:40 filter epsecd[5666]: I id="4212" severity="info" sys="System" '
        'sub="epsecd" name="Acknowledging report(s)" reports="-1,-1"'
    )


def test_log_06_line_of_received_reports():
    assert EPSECD.line("reports_received", datetime(2018, 7, 26, 16, 57, 33, tzinfo=UTC)) == (
        '2018:07:26-17:57:33 filter epsecd[5666]: I id="4211" severity="info" sys="System" '
        'sub="epsecd" name="Received report(s) from Sophos LiveConnect"'
    )


def test_slugs_are_unique_and_neighbours_exist():
    slugs = [message.slug for message in catalogue().messages]
    assert len(slugs) == len(set(slugs))
    for message in catalogue().messages:
        assert {*message.precedes, *message.follows} <= set(slugs)


def test_ids_of_ours_in_epsecd_are_decimal_and_in_their_range():
    for message in catalogue().messages:
        assert re.fullmatch("[0-9]{4}", message.id)
        if message.process == "epsecd" and message.provenance == "ours":
            assert 4280 <= int(message.id) <= 4299


def test_only_the_articles_ids_are_seed():
    seed = {message.id for message in catalogue().messages if message.provenance == "seed"}
    assert seed == {"4233", "4211", "4212"}


def test_every_message_has_a_meaning_and_every_key_too():
    for message in catalogue().messages:
        assert message.meaning
        assert set(message.keys) <= set(catalogue().keys)
        assert len(message.keys) == len(set(message.keys))
        assert message.keys[:4] == ("id", "severity", "sys", "sub")


def test_competing_readings_of_4212_are_kept():
    (message,) = catalogue().with_id("4212")
    assert {reading.source for reading in message.readings} == {"seed", "ours"}


def test_line_is_found_by_id_name_and_process():
    line = '2013:05:23-00:19:33 asg confd[4]: I id="3100" severity="info" sys="System" sub="confd"'
    found = catalogue().find(parse_line(f'{line} name="closing session"'))
    assert found is not None
    assert found.slug == "session_closed"
    web = '2013:05:23-00:19:33 asg eplog[4]: id="0001" severity="info" name="http access"'
    found = catalogue().find(parse_line(web))
    assert found is not None
    assert found.slug == "endpoint_web_access"


def test_key_that_a_message_does_not_carry_is_refused():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(UnknownKeyError):
        EPSECD.line("changeset_sent", at, {"reports": "-1"})
    with pytest.raises(UnknownKeyError):
        EPSECD.line("changeset_sent", at, {"id": "9999"})


def test_unknown_slug_is_refused():
    with pytest.raises(UnknownMessageError):
        EPSECD.line("no_such", datetime(2026, 1, 1, tzinfo=UTC))


def test_changed_object_may_carry_any_attribute():
    confd = Daemon(process="confd", pid=4, host="utm", zone=ZoneInfo("UTC"))
    line = confd.line(
        "object_changed",
        datetime(2026, 1, 1, tzinfo=UTC),
        {"attr_name": 'a "b"', "class": "http", "oldattr_name": "c"},
    )
    assert line.endswith('class="http" attr_name="a \'b\'" oldattr_name="c"')
