"""The grammar: golden lines, public sample shapes, round trips."""

import string
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utm.logs.grammar import (
    LineMalformedError,
    LineNotWritableError,
    ParsedLine,
    clean_value,
    format_line,
    parse_line,
    split_priority,
)

HEAD = "filter epsecd[5666]: I"
TAIL = 'severity="info" sys="System" sub="epsecd"'
PUSHED = "Sending data to Sophos LiveConnect to sync UTM Web Policy Changeset"
RECEIVED = "Received report(s) from Sophos LiveConnect"
GOLDEN = (
    f'2018:07:26-17:57:33 {HEAD} id="4233" {TAIL} name="{PUSHED}"',
    f'2018:07:26-17:56:40 {HEAD} id="4212" {TAIL} name="Acknowledging report(s)" reports="-1,-1"',
    f'2018:07:26-17:57:33 {HEAD} id="4211" {TAIL} name="{RECEIVED}"',
)
SHAPES = (
    '2023:11:08-08:59:57 test-utm-01-1 ulogd[10589]: id="2002" tcpflags="SYN" ',
    "2018:05:04-12:44:36 utm /usr/sbin/cron[11517]: (root) CMD (/usr/local/bin/reporter)",
    '2018:05:04-12:44:36 utm httpd: 192.0.2.1 - - [04/May/2018:12:44:36] "GET / HTTP/1.1" 200',
    '2013:05:23-00:19:33 asg confd[41177]: D sys::AUTOLOAD:307() => id="3100" severity="debug"',
    "2013:05:23-00:19:33 asg confd[41177]: D sys::AUTOLOAD:307() => sentence without pairs",
    '2018:05:04-12:44:36 utm httpproxy[1]: id="0001" app-id="7" ua="" user="DOM\\user"',
    "2018:05:04-12:44:36 utm named[77]: I have no pairs",
)


@pytest.mark.parametrize("line", GOLDEN)
def test_log_03_golden_lines_parse_and_re_emit_equal(line):
    assert format_line(parse_line(line)) == line


def test_log_03_parts_of_the_golden_line():
    parsed = parse_line(GOLDEN[1])
    assert parsed.stamp == datetime(2018, 7, 26, 17, 56, 40)  # noqa: DTZ001
    assert (parsed.host, parsed.process, parsed.pid) == ("filter", "epsecd", 5666)
    assert (parsed.level, parsed.caller) == ("I", None)
    assert [key for key, _ in parsed.pairs] == ["id", "severity", "sys", "sub", "name", "reports"]
    assert parsed.get("reports") == "-1,-1"


@pytest.mark.parametrize("line", SHAPES)
def test_public_shapes_parse_and_re_emit_equal(line):
    assert format_line(parse_line(line)) == line


def test_caller_is_taken_apart_from_the_level():
    parsed = parse_line(SHAPES[3])
    assert (parsed.level, parsed.caller) == ("D", "sys::AUTOLOAD:307()")


def test_sentence_that_begins_with_a_capital_is_text():
    parsed = parse_line(SHAPES[6])
    assert (parsed.level, parsed.text) == (None, "I have no pairs")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "stamp"),
        ("2018:02:30-17:57:33 filter epsecd[1]: x", "stamp"),
        ("2018:07:26-17:57:33 filter", "header"),
        ("2018:07:26-17:57:33 filter epsecd[5666] x", "header"),
        ('2018:07:26-17:57:33 f e[1]: id="4233"  name="two"', "separator"),
        ('2018:07:26-17:57:33 f e[1]: id="4233" name="cut', "unterminated"),
        ('2018:07:26-17:57:33 f e[1]: id="4233" name="a "raw" quote"', "raw_quote"),
        ('2018:07:26-17:57:33 f e[1]: id="4233" name="a" b"', "pair"),
        ('2018:07:26-17:57:33 f e[1]: id="4233" rest', "pair"),
        ('2018:07:26-17:57:33 f e[1]: id="a\nb"', "line_break"),
    ],
)
def test_malformed_line_names_its_reason(line, reason):
    with pytest.raises(LineMalformedError) as caught:
        parse_line(line)
    assert caught.value.reason == reason


def test_priority_belongs_to_the_transport():
    assert split_priority("<30>" + GOLDEN[0]) == (30, GOLDEN[0])
    assert split_priority("<192>x") == (None, "<192>x")


def test_year_before_1000_keeps_four_digits():
    line = "0007:01:02-03:04:05 utm epsecd: x"
    assert format_line(parse_line(line)) == line


@pytest.mark.parametrize(
    "changed",
    [
        {"host": "two words"},
        {"process": "a[1]"},
        {"level": "info"},
        {"caller": "no caller"},
        {"pairs": (("a key", ""),)},
        {"pairs": (("id", ""),), "text": "both"},
        {"text": 'id="1"'},
        {"text": 'I id="1"'},
        {"level": "I", "text": "sentence"},
    ],
)
def test_parts_that_no_line_can_carry_are_refused(changed):
    parts = {"stamp": datetime(2026, 1, 2), "host": "utm", "process": "e", **changed}  # noqa: DTZ001
    with pytest.raises(LineNotWritableError):
        format_line(ParsedLine(**parts))


names = st.text(string.ascii_letters + string.digits + "-._/", min_size=1)
keys = st.text(string.ascii_lowercase + string.digits + "_-", min_size=1)
stamps = st.datetimes().map(lambda at: at.replace(microsecond=0))
records = st.builds(
    ParsedLine,
    stamp=stamps,
    host=names,
    process=names,
    pid=st.none() | st.integers(0, 2**22),
    level=st.none() | st.sampled_from("DIWEF"),
    caller=st.none() | st.just("sys::AUTOLOAD:307()"),
    pairs=st.lists(st.tuples(keys, st.text()), min_size=1).map(tuple),
    trailing_space=st.booleans(),
)


@given(records)
def test_round_trip_keeps_everything_but_cleaned_values(record):
    parsed = parse_line(format_line(record))
    expected = tuple((key, clean_value(value)) for key, value in record.pairs)
    assert parsed.pairs == expected
    assert parse_line(format_line(parsed)) == parsed
    for part in ("stamp", "host", "process", "pid", "level", "caller", "trailing_space"):
        assert getattr(parsed, part) == getattr(record, part)


@given(records)
def test_line_never_holds_a_break_or_a_raw_quote_in_a_value(record):
    line = format_line(record)
    assert len(line.splitlines()) == 1
    assert line.count('"') == 2 * len(record.pairs)


@given(st.text())
def test_any_text_parses_to_itself_or_is_refused(text):
    line = f"2018:07:26-17:57:33 utm epsecd[1]: {text}"
    try:
        parsed = parse_line(line)
    except LineMalformedError:
        return
    if clean_value(text).replace("'", '"') == text.replace("'", '"'):
        assert format_line(parsed) == line


@given(st.text(alphabet=' "=I>aid:()0', max_size=40))
def test_texts_made_of_the_grammars_own_marks_parse_to_themselves_or_are_refused(text):
    line = f"2018:07:26-17:57:33 utm epsecd[1]: {text}"
    try:
        parsed = parse_line(line)
    except LineMalformedError:
        return
    assert format_line(parsed) == line


def test_a_pid_that_is_no_number_of_a_process_is_no_header():
    with pytest.raises(LineMalformedError) as refusal:
        parse_line(f'2026:11:20-17:57:33 filter epsecd[{"1" * 5000}]: id="4212"')
    assert refusal.value.reason == "header"
