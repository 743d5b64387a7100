"""Golden lines of http.log: the key order of 9.7, numbers never empty."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from foundation.webfilter.activity import Activity
from foundation.webfilter.verdict import Verdict, VerdictReason, WebRequest
from utm.logs.catalogue import Daemon, catalogue
from utm.web_filter.lines import web_lines

DAEMON = Daemon(process="httpproxy", pid=4711, host="utm", zone=ZoneInfo("UTC"))
AT = datetime(2026, 11, 20, 23, 20, 18, tzinfo=UTC)
REQUEST = WebRequest("http://games.example/play", "GET", AT, r"LAB\anna", "127.77.0.1", "curl/8")
PASSED = Verdict(
    action="allow",
    reason=VerdictReason.DEFAULT,
    url="http://games.example/play",
    host="games.example",
    category_ids=(116,),
    category_name="Games",
    reputation="neutral",
    profile_ref="REF_DefaultHTTPProfile",
    profile_name="Default Web Filter Profile",
    filter_action_ref="REF_DefaultHTTPCFFAction",
    filter_action_name="Default content filter action",
)
BLOCKED = replace(PASSED, action="block", reason=VerdictReason.CATEGORY)
ACCESS = Activity(
    request=REQUEST,
    verdict=PASSED,
    action="allow",
    status_code=200,
    size=512,
    content_type="text/html",
    server_address="192.0.2.7",
    milliseconds=12.3456,
)


def lines(activity):
    return web_lines(activity, daemon=DAEMON)


def test_golden_access():
    (line,) = lines(ACCESS)
    assert line == (
        '2026:11:20-23:20:18 utm httpproxy[4711]: id="0001" severity="info" sys="SecureWeb" '
        'sub="http" name="http access" action="pass" method="GET" srcip="127.77.0.1" '
        'dstip="192.0.2.7" user="LAB\\anna" group="" ad_domain="" statuscode="200" cached="0" '
        'profile="REF_DefaultHTTPProfile (Default Web Filter Profile)" '
        'filteraction="REF_DefaultHTTPCFFAction (Default content filter action)" size="512" '
        f'request="{_request_of(ACCESS)}" url="http://games.example/play" referer="" error="" '
        'authtime="0" dnstime="0" aptptime="0" cattime="0" avscantime="0" fullreqtime="12346" '
        'device="0" auth="0" ua="curl/8" exceptions="" category="116" reputation="neutral" '
        'categoryname="Games" content-type="text/html"'
    )


def test_golden_block_has_no_dstip_and_its_reason_last():
    blocked = ACCESS._replace(
        verdict=BLOCKED, action="block", status_code=403, server_address="", size=900
    )
    (line,) = lines(blocked)
    assert 'id="0060"' in line
    assert 'name="web request blocked, forbidden category detected" action="block"' in line
    assert "dstip" not in line
    assert line.endswith('categoryname="Games" content-type="text/html" reason="category"')


def test_golden_warning_has_its_reason_before_the_category():
    warned = replace(BLOCKED, action="warn")
    (line,) = lines(ACCESS._replace(verdict=warned, action="warn", status_code=403))
    assert 'id="0071"' in line
    assert 'exceptions="" reason="category" category="116" reputation="neutral"' in line


def test_golden_going_on_has_its_four_keys_only():
    warned = replace(BLOCKED, action="warn")
    (line,) = lines(ACCESS._replace(verdict=warned, action="proceed", status_code=303))
    assert line == (
        '2026:11:20-23:20:18 utm httpproxy[4711]: id="0072" severity="info" sys="SecureWeb" '
        'sub="http" name="Contentfilter warned and proceeded" url="http://games.example/play" '
        'srcip="127.77.0.1" category="116" categoryname="Games"'
    )


def test_a_tunnel_that_would_have_been_warned_of_is_an_access_too():
    request = REQUEST._replace(url="games.example:443", method="CONNECT")
    verdict = replace(BLOCKED, action="warn", url="https://games.example/")
    tunnel = ACCESS._replace(request=request, verdict=verdict, action="proceed", status_code=200)
    assert [_id(line) for line in lines(tunnel)] == ["0072", "0001"]


@pytest.mark.parametrize(
    ("reason", "message_id"),
    [
        (VerdictReason.BLACKLIST, "0002"),
        (VerdictReason.REPUTATION, "0002"),
        (VerdictReason.UNCATEGORIZED, "0060"),
        (VerdictReason.EXTENSION, "0064"),
    ],
)
def test_the_reason_of_a_block_says_which_message_it_is(reason, message_id):
    verdict = replace(BLOCKED, reason=reason)
    (line,) = lines(ACCESS._replace(verdict=verdict, action="block", status_code=403))
    assert _id(line) == message_id


def test_what_is_not_logged_is_no_line():
    assert lines(ACCESS._replace(verdict=replace(PASSED, is_logged=False))) == ()


@pytest.mark.parametrize("action", ["allow", "block", "warn"])
def test_numbers_are_never_empty(action):
    bare = Activity(request=REQUEST, verdict=PASSED, action=action, status_code=0)
    (line,) = lines(bare)
    pairs = dict(re.findall(r' ([a-z-]+)="([^"]*)"', line))
    assert [key for key in catalogue().numbers if not pairs[key].isdigit()] == []


def _request_of(activity):
    return re.search(r'request="(0x[0-9a-f]{8})"', lines(activity)[0])[1]


def _id(line):
    return line.partition('id="')[2][:4]
