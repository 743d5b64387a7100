"""Each consumer reads and refuses what its documented rules say, and no text makes it hang."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tests.utmlab.cli import schemas
from utmlab.cli.root import root
from utmlab.logtools.consumers import CONSUMERS
from utmlab.logtools.consumers.samples import sample_lines
from utmlab.logtools.consumers.table import consumers_page
from utmlab.logtools.transport import TRANSPORTS, wrap

ROOT = Path(__file__).parents[3]
LINES = dict(sample_lines())
WEB = LINES["http 9.7 0001"]
EPSECD = LINES["epsecd 4233"]


def read(name: str, text: str):
    return CONSUMERS[name](text)


def test_the_page_of_consumers_is_what_is_generated():
    assert (ROOT / "docs" / "consumers.md").read_text("utf-8") == consumers_page()


def test_elastic_takes_a_web_line_apart():
    outcome = read("elastic", f"<30>{WEB}")
    fields = outcome.fields
    assert (outcome.reach, outcome.stop) == ("message", None)
    assert fields["log.syslog.priority"] == 30
    assert fields["source.ip"] == "192.0.2.10"
    assert fields["sophos.utm.category"] == ("105", "136")
    assert fields["sophos.utm.fullreqtime"] == 12345
    assert fields["url.domain"] == "www.example.com"
    assert fields["event.action"] == "pass"
    assert read("elastic", LINES["http 9.7 0060"]).fields["event.action"] == "block-category"


def test_elastic_keeps_the_header_of_what_it_does_not_route():
    outcome = read("elastic", EPSECD)
    assert outcome.reach == "header"
    assert outcome.fields["process.name"] == "epsecd"
    assert "not routed" in outcome.stop.reason


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        (" utm ", " my_utm ", "my_utm"),
        ('size="4711"', 'size=""', '" request'),
        ('dstip="203.0.113.9"', 'dstip=""', '" user'),
        ("http://www.example.com/shop", "no url", "no url"),
        (': id="', ': I id="', "I id="),
    ],
)
def test_elastic_stops_where_its_rules_say(old, new, at):
    text = WEB.replace(old, new)
    outcome = read("elastic", text)
    assert outcome.stop is not None
    assert text[outcome.stop.column - 1 :].startswith(at)


def test_beats_maps_web_lines_and_not_those_of_the_endpoint_daemons():
    assert read("beats", WEB).fields["event.category"] == "web"
    assert read("beats", LINES["eplog 0001"]).reach == "header"
    assert read("beats", EPSECD).fields["event.code"] == "epsecd"


def test_beats_takes_host_and_process_for_one_word_when_there_is_no_pid():
    text = "2018:07:26-17:57:33 utm-2 dhcpd: DHCPREQUEST for 192.0.2.7 [x]: y"
    outcome = read("beats", text)
    assert outcome.fields["event.code"] != "dhcpd"
    assert "one word" in outcome.stop.reason


def test_graylog_wants_the_priority_first():
    assert read("graylog", WEB).stop.column == 1
    fields = read("graylog", f"<30>{WEB}").fields
    assert (fields["source"], fields["process"], fields["pid"]) == ("utm", "httpproxy", "5666")


def test_exabeam_takes_neither_warnings_nor_goings_on():
    assert read("exabeam", WEB).reach == "message"
    for kind in ("http 9.7 0071", "http 0072"):
        outcome = read("exabeam", LINES[kind])
        assert outcome.reach == "nothing"
        assert LINES[kind][outcome.stop.column - 1 :].startswith(("web request warned", "Contentf"))


def test_sumo_has_nothing_when_one_key_is_missing():
    outcome = read("sumo", WEB)
    assert outcome.reach == "nothing"
    assert "overridecategory" in outcome.stop.reason


def test_twibow_reads_9_6_and_later_and_neither_9_3_nor_a_level_letter():
    assert read("twibow", wrap(LINES["http 9.6 0001"], "mangled")).reach == "message"
    assert "group" in read("twibow", LINES["http 9.3 0001"]).stop.reason
    letter = read("twibow", EPSECD)
    assert letter.reach == "nothing"
    assert EPSECD[letter.stop.column - 1 :].startswith("I id=")


def test_an_inserted_key_makes_twibow_lose_what_follows():
    assert "category" in read("twibow", WEB).fields
    outcome = read("twibow", LINES["http 9.7 0001 with country"])
    assert "category" not in outcome.fields
    assert "overridecategory" in outcome.notes[0]


def test_ossim_reads_what_rsyslog_stored_and_nothing_else():
    assert read("ossim", wrap(WEB, "mangled")).fields["event"] == "http access"
    assert read("ossim", WEB).reach == "nothing"
    packet = LINES["ulogd 2001"]
    assert read("ossim", wrap(packet, "mangled")).fields["dstport"] == "443"
    swapped = packet.replace(' action="drop"', "").replace(" proto=", ' action="drop" proto=')
    assert read("ossim", wrap(swapped, "mangled")).reach == "header"


def test_ossec_knows_the_stamp_and_takes_the_year_for_a_program_behind_rsyslog():
    fields = read("ossec", WEB).fields
    assert (fields["hostname"], fields["program_name"]) == ("utm", "httpproxy")
    assert read("ossec", wrap(WEB, "mangled")).fields["program_name"] == "2026"


def test_secops_maps_names_and_keeps_the_rest():
    fields = read("secops", LINES["ulogd 2001"]).fields
    assert fields["security_result.action"] == "BLOCK"
    assert fields["additional.fields.fwrule"] == "60001"
    assert read("secops", WEB).fields["target.hostname"] == "www.example.com"


HOSTILE = [
    "2018:07:26-17:57:33 utm x[1]: " + 'a="' * 60_000,
    "<30>" * 30_000,
    "2018:07:26-17:57:33 utm httpproxy[1]: " + "a=" * 60_000,
    "2018:07:26-17:57:33 " + "a" * 100_000,
    "2018:07:26-17:57:33 " + "a." * 60_000 + " x[1]: ",
    "2018:07:26-17:57:33 utm " + "[1" * 60_000,
    "Nov 20 23:38:06 a 2018: 07:26-17:57:33 u x: " + 'name="a" ' * 30_000,
    'Nov 20 23:38:06 a 2018: 07:26-17:57:33 u x: id="1" sub="auth" ' + 'b="a" ' * 30_000,
    " " * 100_000,
    'x name="http access" fullreqtime="' + "a" * 100_000,
    "1" * 100_000,
]


@pytest.mark.parametrize("name", CONSUMERS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_long_text_makes_a_consumer_hang(name, text):
    outcome = read(name, text)
    assert outcome.stop is None or 1 <= outcome.stop.column <= len(text) + 1


@given(
    st.sampled_from(sorted(LINES.values())),
    st.sampled_from(TRANSPORTS),
    st.lists(st.tuples(st.integers(0, 900), st.text(max_size=3)), max_size=3),
)
def test_any_text_has_an_outcome_and_a_stop_inside_it(line, transport, changes):
    text = wrap(line, transport)
    for place, inserted in changes:
        at = place % (len(text) + 1)
        text = text[:at] + inserted + text[at:]
    for consumer in CONSUMERS.values():
        outcome = consumer(text)
        assert (outcome.reach == "nothing") <= (outcome.stop is not None)
        assert outcome.stop is None or 1 <= outcome.stop.column <= len(text) + 1


def parse(*words, **rest):
    return CliRunner().invoke(root, ["log", "parse", *words], **rest)


def test_the_command_reads_a_line_a_file_and_standard_input(tmp_path):
    file = tmp_path / "x.log"
    file.write_text(f"{WEB}\n{EPSECD}\n")
    assert "elastic reads it" in parse("--as", "elastic", WEB).stdout
    for result in (parse(str(file), "--json"), parse("-", "--json", input=file.read_text())):
        lines = json.loads(result.stdout)["lines"]
        assert [one["line"] for one in lines] == [WEB, EPSECD]
        assert [one["consumer"] for one in lines[0]["consumers"]] == list(CONSUMERS)


def test_the_command_says_where_and_why(tmp_path):
    shown = parse("--as", "twibow", EPSECD).stdout
    assert 'stops at column 39, `I id="4233"' in shown
    assert 'wants `id="` and a number' in shown


def test_parse_is_as_its_schema_says():
    for text in (WEB, EPSECD, "no line"):
        document = json.loads(parse("--json", text).stdout)
        assert schemas.problems(document, schemas.schema("log-parse")) == []


def test_the_table_is_printed():
    assert parse("--table").stdout == consumers_page()
    assert parse().exit_code == 2
