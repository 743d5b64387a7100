"""The run as a whole: one finding per rule, lines and JSON, serial requests on one socket."""

import base64
import dataclasses
import json
import random
import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from utmlab.conformance import ALL_RULES, Finding, Report, Verdict, check_server
from utmlab.conformance.expected import UnknownRuleError, read_expected
from utmlab.conformance.wire import UrlRefusedError


def now():
    return datetime(2026, 11, 20, 23, 20, 17, tzinfo=UTC)


async def run(target, **options):
    return await check_server(target, now=now, rng=random.Random(1), **options)


def test_rule_ids_are_unique_and_begin_with_a_section():
    ids = [rule.id for rule in ALL_RULES]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"\d(\.\d+)?-[a-z0-9.-]+", rule_id) for rule_id in ids)


async def test_every_rule_gives_one_finding_in_order(mcs_server):
    told = []
    async with mcs_server() as (_, target):
        report = await run(target, on_finding=told.append)
    assert [finding.rule_id for finding in report.findings] == [rule.id for rule in ALL_RULES]
    assert tuple(told) == report.findings


async def test_a_server_that_is_not_there_gives_findings_too(mcs_server):
    async with mcs_server() as (_, target):
        pass
    report = await run(target)
    assert not report.conforms
    assert len(report.findings) == len(ALL_RULES)
    assert report.findings[0].verdict is Verdict.FAIL
    assert "cannot connect" in report.findings[0].reason


async def test_every_request_is_as_a_real_client_sends_it(mcs_server):
    async with mcs_server() as (double, target):
        await run(target)
    for _method, _path, headers in double.requests:
        assert list(headers)[:3] == ["Host", "Accept-Encoding", "Content-Length"]
        assert headers["User-Agent"] == "Sophos MCS Client/1.2.3.4 Linux sessions regToken"


async def test_the_first_registration_is_colon_colon_token(mcs_server):
    async with mcs_server() as (double, target):
        await run(target, only=["1.3-register"])
    _, path, headers = double.requests[0]
    assert path == "/sophos/management/ep/register"
    assert base64.b64decode(headers["Authorization"][6:]).decode() == f"::{target.token}"


async def test_cookies_go_back_joined_and_without_their_attributes(mcs_server):
    async with mcs_server("cookie") as (double, target):
        await run(target, only=["1.9-unacknowledged-comes-back"])
    assert [h.get("Cookie") for _, _, h in double.requests] == [None, None, "SID=1"]


async def test_the_whole_run_needs_one_connection(mcs_server):
    async with mcs_server() as (_, target):
        report = await run(target)
    finding = next(f for f in report.findings if f.rule_id == "1.1-stays-open")
    assert finding.verdict is Verdict.PASS


async def test_an_unknown_rule_is_named(mcs_server):
    async with mcs_server() as (_, target):
        with pytest.raises(UnknownRuleError, match=r"1\.1-nothing"):
            await run(target, only=["1.1-nothing"])


@pytest.mark.parametrize("url", ["http://a.example/", "https://", "https://a:99999/", "x"])
async def test_an_address_that_no_endpoint_could_use_is_refused(mcs_server, url):
    async with mcs_server() as (_, target):
        with pytest.raises(UrlRefusedError):
            await run(dataclasses.replace(target, url=url))


async def test_a_trailing_slash_of_the_base_does_not_matter(mcs_server):
    async with mcs_server() as (_, target):
        report = await run(dataclasses.replace(target, url=target.url + "/"))
    assert report.conforms


async def test_no_secret_stands_in_a_report(mcs_server):
    async with mcs_server("bad-cookie", "device-mismatch", "realm-unquoted") as (_, target):
        report = await run(target)
    assert target.token not in report.as_json()
    assert "t.o.k" not in report.as_json()


FINDINGS = (
    Finding("1.1-tls", "TLS 1.2 or later", Verdict.PASS, "TLSv1.3"),
    Finding("2.3-one-comp", "exactly one", Verdict.FAIL, "two", 14),
    Finding("1.2-cookies", "a name", Verdict.NOT_SEEN),
)


def test_a_report_is_one_line_per_rule_and_the_sums():
    lines = Report("https://a.example/", FINDINGS).text().splitlines()
    assert lines == [
        "PASS 1.1-tls: TLSv1.3",
        "FAIL 2.3-one-comp (seen 14 times): two",
        "NOT SEEN 1.2-cookies",
        "1 PASS, 1 FAIL, 1 NOT SEEN",
    ]


def test_a_report_as_json():
    record = json.loads(Report("https://a.example/", FINDINGS).as_json())
    assert record["schema"] == 1
    assert record["conforms"] is False
    assert record["counts"] == {"PASS": 1, "FAIL": 1, "NOT SEEN": 1}
    assert record["findings"][1] == {
        "rule": "2.3-one-comp",
        "title": "exactly one",
        "verdict": "FAIL",
        "reason": "two",
        "times": 14,
    }


def test_a_report_as_junit_counts_a_failure_and_skips_what_was_not_seen():
    text = Report("https://a.example/", FINDINGS).as_junit("utmlab.mcs")
    suite = ET.fromstring(text).find("testsuite")
    assert [suite.get(name) for name in ("tests", "failures", "skipped")] == ["3", "1", "1"]
    inner = {case.get("name"): [child.tag for child in case] for case in suite}
    assert inner == {"1.1-tls": [], "2.3-one-comp": ["failure"], "1.2-cookies": ["skipped"]}


def test_what_was_not_seen_does_not_fail():
    assert Report("https://a.example/", FINDINGS[::2]).conforms


KNOWN = [finding.rule_id for finding in FINDINGS]


def test_an_expected_failure_does_not_fail():
    report = Report("", FINDINGS).expecting(read_expected("2.3-one-comp  # theirs", KNOWN))
    assert report.conforms
    assert report.sums() == "1 PASS, 0 FAIL, 1 NOT SEEN, 1 XFAIL"


def test_an_expected_failure_that_passes_is_a_failure():
    report = Report("", FINDINGS[:1]).expecting(read_expected("# all\n\n1.1-tls\n", KNOWN))
    assert not report.conforms
    assert report.findings[0].line() == "XPASS 1.1-tls: TLSv1.3"


def test_an_expected_failure_that_was_not_seen_stays_not_seen():
    report = Report("", FINDINGS[2:]).expecting(read_expected("1.2-cookies", KNOWN))
    assert report.findings[0].verdict is Verdict.NOT_SEEN


def test_an_expected_failure_of_no_rule_is_refused():
    with pytest.raises(UnknownRuleError, match="9-gone"):
        read_expected("9-gone\n", KNOWN)
