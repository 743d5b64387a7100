"""lint: genuine lines pass, damage is named, only errors change the exit code."""

import gzip
import io

import pytest

from utmlab.logtools.lint import Linter
from utmlab.logtools.reading import LogUnreadableError, read_lines, split_lines

HEAD = '2018:07:26-17:57:33 filter epsecd[5666]: I id="4211" severity="info" sys="System"'
GOOD = f'{HEAD} sub="epsecd" name="Received report(s) from Sophos LiveConnect"'
WEB = (
    '2018:07:26-17:57:37 utm httpproxy[1]: id="0001" severity="info" sys="SecureWeb" sub="http" '
    'name="http access" action="pass" srcip="192.0.2.1" statuscode="200" country="Germany" '
    'category="105,175" reputation="trusted" categoryname="Business,Software/Hardware"'
)
PACKET = (
    '2018:07:26-17:57:34 utm ulogd[10589]: id="2002" severity="info" sys="SecureNet" '
    'sub="packetfilter" name="Packet accepted" action="accept" tcpflags="SYN" '
)
GENUINE = (
    GOOD,
    PACKET,
    "2018:07:26-17:57:35 utm /usr/sbin/cron[11517]: (root) CMD (/usr/local/bin/reporter)",
    '2018:07:26-17:57:36 utm httpd: 192.0.2.1 - - "GET / HTTP/1.1" 200',
    WEB,
    "2018:07:26-17:57:38 utm syslog-ng[4]: Syslog connection established; fd='34'",
)


def lint(data: bytes):
    linter = Linter()
    findings = list(linter.lint(split_lines(io.BytesIO(data))))
    return findings, linter.summary


def codes(text: str, end: str = "\n") -> list[tuple[str, str]]:
    findings, _ = lint((text + end).encode())
    return [(finding.severity, finding.code) for finding in findings]


def test_genuine_lines_are_never_accused():
    findings, summary = lint("\n".join([*GENUINE, ""]).encode())
    assert summary.lines == len(GENUINE)
    assert summary.exit_code == 0
    assert {finding.severity for finding in findings} <= {"note"}


def test_line_of_the_emulator_has_no_finding():
    assert codes(GOOD) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no log at all", ("error", "stamp")),
        ("2018:07:26-17:57:33 filter", ("error", "header")),
        (GOOD.replace(' name="', '  name="'), ("error", "separator")),
        (GOOD.replace("report(s)", 'a "report" is'), ("error", "raw_quote")),
        (GOOD[:-1], ("error", "unterminated")),
        (GOOD.replace('"', "\u201d") + " |", ("error", "pasted")),
        (GOOD + " |", ("error", "pasted")),
        ("", ("warning", "empty_line")),
        (GOOD + '<31>May 23 00:19:33 confd[41177]: D id="3100"', ("warning", "glued_records")),
        (GOOD + GOOD, ("warning", "glued_records")),
        (
            "Nov 20 23:38:06 localhost 2018: 07:26-17:57:33 filter epsecd[5666]: I id=",
            ("warning", "rewritten_by_receiver"),
        ),
        (GOOD.replace("filter", "my_filter"), ("warning", "host_name")),
        (GOOD + ' name="again"', ("warning", "repeated_key")),
        (GOOD.replace("info", "chatty"), ("warning", "severity")),
        (WEB.replace('"200"', '""'), ("warning", "not_a_number")),
        (WEB.replace('"192.0.2.1"', '""'), ("warning", "empty_address")),
        (WEB.replace("105,175", "105"), ("warning", "parallel_lists")),
        (GOOD.replace("4211", "9999"), ("note", "unknown_id")),
        (GOOD.replace("Received", "Sent"), ("note", "unknown_name")),
        (GOOD + ' colour="red"', ("note", "unknown_key")),
        (GOOD.replace(": I id", ": id"), ("note", "level_letter")),
        ("<30>" + GOOD, ("note", "priority_prefix")),
    ],
)
def test_damage_is_named_and_weighed(text, expected):
    assert codes(text) == [expected]


def test_only_errors_change_the_exit_code():
    _, warned = lint(f"{GOOD}\n{GOOD.replace('filter', 'my_filter')}\n".encode())
    _, failed = lint(f"{GOOD}\nno log at all\n".encode())
    assert (warned.warnings, warned.exit_code) == (1, 0)
    assert (failed.errors, failed.exit_code) == (1, 1)


@pytest.mark.parametrize("length", [7, 30, 70, 100])
def test_last_line_cut_anywhere_is_a_warning(length):
    assert codes(GOOD[:length], end="") == [("warning", "no_line_feed")]


def test_clock_that_goes_back_is_a_warning():
    earlier = GOOD.replace("17:57:33", "17:50:00")
    findings, _ = lint(f"{GOOD}\n{earlier}\n".encode())
    assert [(found.code, found.line) for found in findings] == [("time_went_back", 2)]


def test_carriage_returns_and_other_encodings_are_warnings():
    assert codes(GOOD, end="\r\n") == [("warning", "carriage_return")]
    findings, _ = lint(GOOD.encode().replace(b"Received", b"Re\xe9eived") + b"\n")
    assert [found.code for found in findings] == ["not_utf8", "unknown_name"]


def test_archives_are_read_and_damaged_ones_named(tmp_path):
    path = tmp_path / "epsecd-2018-07-26.log.gz"
    packed = gzip.compress(f"{GOOD}\n".encode() * 1000)
    path.write_bytes(packed)
    linter = Linter()
    assert list(linter.lint_file(path)) == []
    assert linter.summary.lines == 1000
    path.write_bytes(packed[:-6])
    assert [found.code for found in Linter().lint_file(path)] == ["archive_damaged"]


def test_file_without_any_line_feed_stays_within_bounded_memory():
    stream = io.BytesIO(b"x" * 3_000_000)
    assert max(len(line.data) for line in split_lines(stream)) <= 1 << 20


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(LogUnreadableError):
        list(read_lines(tmp_path / "none.log"))
