"""Each scenario shows what it says: lint finds exactly its defects, parsers its fields."""

import io
import json
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from utm.logs.grammar import format_stamp, parse_line
from utmlab.logtools.corpus.released import CORPORA, UnknownScenarioError
from utmlab.logtools.corpus.v1.clock import instant, offset_at, offset_of, utm_stamp
from utmlab.logtools.generate import Order
from utmlab.logtools.lint import Linter
from utmlab.logtools.reading import split_lines
from utmlab.logtools.rules import DEFAULT, selected
from utmlab.logtools.transport import unwrap

SCENARIOS = CORPORA[1].scenarios
ZONE = ZoneInfo("Europe/Berlin")
COUNT = 400
WITH_TWO_RECORDS = "also"


def pairs(name, seed=3, **rest):
    made = list(Order(scenario=name, seed=seed, count=COUNT, **rest).pairs())
    return [pair.raw for pair in made], [json.loads(pair.record) for pair in made]


def found_by_lint(name, lines):
    """The rules that lint finds on each line, also those that it tells once."""
    rules = DEFAULT | (selected(SCENARIOS[name].advice) if SCENARIOS[name].advice else set())
    linter, counted = Linter(frozenset(rules)), []

    def counting():
        for raw in split_lines(io.BytesIO("".join(f"{line}\n" for line in lines).encode())):
            counted.append(dict(linter.summary.rules))
            yield raw

    list(linter.lint(counting()))
    counted.append(dict(linter.summary.rules))
    for before, after in pairwise(counted):
        yield {rule for rule, count in after.items() if count != before.get(rule, 0)}


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("kept", [{"seed", "public", "documented", "ours"}, {"seed", "public"}])
def test_lint_finds_exactly_the_defects(name, kept):
    lines, records = pairs(name, provenances=frozenset(kept))
    for line, record, found in zip(lines, records, found_by_lint(name, lines), strict=True):
        expected = set(record["defect"]["rules"]) if record["defect"] else set()
        assert found == expected, line


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_expected_record_is_what_the_line_says(name):
    for line, record in zip(*pairs(name), strict=True):
        assert record["raw"] == line
        if WITH_TWO_RECORDS in record:
            continue
        parsed = parse_line(unwrap(line).line)
        assert record["fields"] == dict(parsed.pairs)
        assert len(record["fields"]) == len(parsed.pairs)
        assert record["text"] == (parsed.text or None)
        assert (record["host"], record["process"]) == (parsed.host, parsed.process)
        assert (record["pid"], record["level"]) == (parsed.pid, parsed.level)
        assert record["caller"] == parsed.caller
        at = datetime.fromisoformat(record["@timestamp"]).astimezone(ZONE)
        assert format_stamp(at.replace(tzinfo=None)) == format_stamp(parsed.stamp)


def test_both_records_of_a_glued_line_are_expected():
    lines, records = pairs("glued-records")
    glued = [
        (line, record)
        for line, record in zip(lines, records, strict=True)
        if WITH_TWO_RECORDS in record
    ]
    assert glued
    for line, record in glued:
        (second,) = record["also"]
        for fields in (record["fields"], second["fields"]):
            assert all(f'{key}="{value}"' in line for key, value in fields.items())
        assert record["fields"]["id"] == "3106"
        assert second["fields"]["id"] == "3100"


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_of_a_trouble_shows_it(name):
    _, records = pairs(name)
    found = {record["defect"]["pain"] for record in records if record["defect"]}
    pain = SCENARIOS[name].pain
    assert not pain or name == "summer-begins" or pain in found


def test_fewer_lines_are_the_beginning_of_more():
    for name in SCENARIOS:
        more = Order(scenario=name, count=80).pairs()
        fewer = list(Order(scenario=name, count=50).pairs())
        assert fewer == [next(more) for _ in fewer]


def test_seeds_and_scenarios_differ():
    assert pairs("web-filtering", seed=1) != pairs("web-filtering", seed=2)
    assert pairs("relayed")[0][0][20:] != pairs("zone-offset")[0][0][20:]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_selection_of_provenances_only_leaves_lines_out(name):
    every = list(Order(scenario=name, count=COUNT).pairs())
    kept = list(
        Order(scenario=name, count=COUNT, provenances=frozenset({"seed", "public"})).pairs()
    )
    assert kept == [pair for pair in every if pair.provenance in {"seed", "public"}]
    assert all(json.loads(pair.record)["provenance"] == pair.provenance for pair in every)


def test_the_first_4211_follows_4233_within_a_poll_and_4212_in_its_second():
    _, records = pairs("endpoint-sync")
    told = [
        (one["fields"]["id"], datetime.fromisoformat(one["@timestamp"]).timestamp())
        for one in records
    ]
    for (before, was_at), (message_id, at) in pairwise(told):
        if before == "4233":
            assert message_id == "4211"
            assert 0 < at - was_at <= 20
        if before == "4211":
            assert (message_id, at) == ("4212", was_at)


def test_the_night_that_lacks_an_hour_lacks_it():
    lines, records = pairs("summer-begins")
    hours = {line[11:13] for line in lines[:100]}
    assert "02" not in hours
    assert {"01", "03"} <= hours
    assert [record["@timestamp"] for record in records] == sorted(
        record["@timestamp"] for record in records
    )


def test_the_frozen_rule_of_summer_time_is_that_of_the_zone():
    for year in range(2018, 2038):
        for month in range(1, 13):
            for day in range(1, 29 if month == 2 else 31):
                at = datetime(year, month, day, 0, 59, tzinfo=ZoneInfo("UTC"))
                second = int(at.timestamp())
                for moment in (second, second + 120):
                    offset = datetime.fromtimestamp(moment, ZONE).utcoffset()
                    assert offset is not None
                    assert offset_at(moment) == offset.total_seconds()


def test_a_time_that_comes_twice_is_taken_for_the_first():
    first = int(datetime(2026, 10, 25, 0, 30, tzinfo=ZoneInfo("UTC")).timestamp())
    local = first + 7_200
    assert utm_stamp(local) == "2026:10:25-02:30:00"
    assert instant(local - offset_of(local)) == "2026-10-25T00:30:00Z"
    assert offset_of(local + 7_200) == 3_600


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("quic", ("quic",)),
        ("D5", ("zone-offset", "summer-begins", "summer-ends")),
        ("d14", ("changeset-unanswered",)),
    ],
)
def test_scenarios_are_found_by_name_and_trouble(word, names):
    assert CORPORA[1].named(word) == names


@pytest.mark.parametrize("word", ["", "D19", "nonsense"])
def test_an_unknown_scenario_is_refused(word):
    with pytest.raises(UnknownScenarioError):
        CORPORA[1].named(word)
