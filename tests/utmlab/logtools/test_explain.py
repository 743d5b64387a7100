"""explain: ids, lines, pasted lines, and what nobody knows."""

import pytest

from utm.logs.grammar import LineMalformedError
from utmlab.logtools.explain import UnknownIdError, explain

LINE = (
    '2018:07:26-17:56:40 filter epsecd[5666]: I id="4212" severity="info" sys="System" '
    'sub="epsecd" name="Acknowledging report(s)" reports="-1,-1"'
)


def test_log_05_id_is_explained_with_its_readings_and_neighbours():
    (explained,) = explain("4212").messages
    assert explained.message.provenance == "seed"
    assert len(explained.message.readings) == 2
    assert [neighbour.id for neighbour in explained.follows] == ["4211"]


def test_id_of_several_messages_gives_all_of_them():
    names = {explained.message.name for explained in explain("3100").messages}
    assert names == {"closing session", "external call", "object changed"}


def test_line_is_explained_key_by_key():
    explanation = explain(LINE + "\n")
    assert [key.key for key in explanation.keys][-1] == "reports"
    assert "without an id" in explanation.keys[-1].meaning
    assert explanation.messages[0].message.slug == "reports_acknowledged"
    assert explanation.fixed is None


def test_pasted_line_is_restored_first():
    explanation = explain(LINE.replace('"', "\u201d") + " |")
    assert explanation.fixed is not None
    assert explanation.fixed.line == LINE
    assert explanation.messages[0].message.id == "4212"


def test_payload_of_remote_syslog_is_explained():
    assert explain("<30>" + LINE).messages[0].message.id == "4212"


def test_line_with_an_unknown_id_still_has_its_keys_explained():
    explanation = explain(LINE.replace("4212", "9999"))
    assert explanation.messages == ()
    assert all(key.meaning for key in explanation.keys)


def test_changed_attributes_are_explained():
    line = '2018:07:26-17:56:40 utm confd[1]: I id="3100" name="object changed" attr_name="x"'
    assert explain(line).keys[-1].meaning == "new value of the attribute"


def test_unknown_id_is_refused():
    with pytest.raises(UnknownIdError):
        explain("9999")


def test_what_is_no_line_is_refused():
    with pytest.raises(LineMalformedError):
        explain("hello world")
