"""eplog lines: golden bytes (ours) and what known consumers demand of them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.protocol.events import WebControlEvent
from foundation.webfilter.verdict import VerdictReason
from utm.logs.catalogue import Daemon, catalogue
from utm.logs.eplog import message_slug, web_event_line
from utm.logs.grammar import parse_line

AT = datetime(2026, 11, 20, 12, 0, 1, tzinfo=UTC)
DAEMON = Daemon(process="eplog", pid=5671, host="utm", zone=ZoneInfo("Europe/Berlin"))
EVENT = WebControlEvent(
    at=datetime(2026, 11, 20, 11, 59, 30, tzinfo=UTC),
    user="LAB\\alice",
    url="http://games.example/play?a=1",
    method="GET",
    action="block",
    reason="category",
    category_ids=(116,),
    category_name="Games",
    reputation="neutral",
    filter_action_ref="REF_HttCffStrict",
    filter_action_name="Strict",
    profile_ref="REF_HttProEndpoints",
    client_ip="127.0.0.1",
    size=2048,
    user_agent="curl/8",
)
TIMES = " ".join(
    f'{key}="0"'
    for key in ("authtime", "dnstime", "aptptime", "cattime", "avscantime", "fullreqtime")
)


def line_of(event: WebControlEvent) -> str:
    return web_event_line(event, daemon=DAEMON, at=AT)


def test_log_02_golden_line_of_a_blocked_request():
    line = line_of(EVENT)
    request = re.search(r'request="(0x[0-9a-f]{8})"', line)
    assert request is not None
    assert line == (
        '2026:11:20-13:00:01 utm eplog[5671]: id="0060" severity="info" sys="SecureWeb" sub="http" '
        'name="web request blocked, forbidden category detected" action="block" method="GET" '
        'srcip="127.0.0.1" user="LAB\\alice" group="" ad_domain="" statuscode="403" cached="0" '
        'profile="REF_HttProEndpoints" filteraction="REF_HttCffStrict (Strict)" size="2048" '
        f'request="{request[1]}" url="http://games.example/play?a=1" referer="" error="" {TIMES} '
        'device="0" auth="0" ua="curl/8" exceptions="" category="116" reputation="neutral" '
        'categoryname="Games" reason="category"'
    )


@pytest.mark.parametrize(
    ("action", "reason", "message_id", "logged"),
    [
        ("allow", "default", "0001", "pass"),
        ("allow", "exception", "0001", "pass"),
        ("block", "blacklist", "0002", "block"),
        ("block", "reputation", "0002", "block"),
        ("block", "category", "0060", "block"),
        ("block", "uncategorized", "0060", "block"),
        ("block", "extension", "0064", "block"),
        ("warn", "tag", "0071", "warn"),
        ("proceed", "tag", "0072", "pass"),
    ],
)
def test_reason_decides_the_message_id(action, reason, message_id, logged):
    parsed = parse_line(line_of(replace(EVENT, action=action, reason=reason)))
    assert (parsed.get("id"), parsed.get("action")) == (message_id, logged)
    assert parsed.get("statuscode") == ("403" if logged in {"block", "warn"} else "200")


@pytest.mark.parametrize("reason", list(VerdictReason))
def test_every_reason_of_a_verdict_has_a_message(reason):
    for action in ("allow", "warn", "block", "proceed"):
        slug = message_slug(replace(EVENT, action=action, reason=reason.value))
        assert catalogue().message(slug).process == "eplog"


def test_exception_that_skips_the_url_filter_leaves_no_category():
    event = replace(EVENT, action="allow", exceptions=("ssl_scanning", "certcheck", "url_filter"))
    parsed = parse_line(line_of(event))
    assert parsed.get("exceptions") == "ssl,certcheck,url_filter"
    assert parsed.get("category") is parsed.get("categoryname") is None


def test_unknown_category_is_uncategorized():
    parsed = parse_line(line_of(replace(EVENT, category_ids=(), category_name="", reputation="")))
    assert parsed.get("category") == "9998"
    assert parsed.get("categoryname") == "Uncategorized"
    assert parsed.get("reputation") == "unverified"


def test_tunnel_is_logged_as_a_valid_url():
    event = replace(EVENT, method="CONNECT", url="games.example:443")
    assert parse_line(line_of(event)).get("url") == "https://games.example/"


def test_forbidden_extension_is_named_with_its_file():
    event = replace(EVENT, reason="extension", url="http://a.example/get/x.tar.exe?v=1")
    parsed = parse_line(line_of(event))
    assert (parsed.get("extension"), parsed.get("filename")) == ("exe", "x.tar.exe")


def test_unknown_addresses_are_left_out():
    parsed = parse_line(line_of(replace(EVENT, client_ip="")))
    assert parsed.get("srcip") is parsed.get("dstip") is None


texts = st.text(max_size=30)
events = st.builds(
    WebControlEvent,
    at=st.just(AT),
    user=texts,
    url=st.from_regex(r"\Ahttps?://[a-z]{1,9}\.example[^\s]{0,20}\Z") | texts,
    method=st.sampled_from(["GET", "POST", "CONNECT"]),
    action=st.sampled_from(["allow", "block", "warn", "proceed"]),
    reason=st.sampled_from([reason.value for reason in VerdictReason]) | texts,
    category_ids=st.lists(st.integers(0, 9999), max_size=3).map(tuple),
    category_name=texts,
    client_ip=st.ip_addresses().map(str) | texts,
    size=st.integers(0, 2**40),
    status_code=st.integers(0, 599),
    referer=texts,
    user_agent=texts,
    content_type=texts,
    exceptions=st.lists(st.sampled_from(["url_filter", "av", "ssl_scanning"])).map(tuple),
)


@given(events)
def test_consumers_read_every_line(event):
    parsed = parse_line(line_of(event))
    assert parsed.level is None
    for key in catalogue().numbers:
        assert (parsed.get(key) or "").isdigit()
    if (address := parsed.get("srcip")) is not None:
        ip_address(address)
    assert (parsed.get("category") or "").count(",") == len(event.category_ids[1:]) * (
        "url_filter" not in event.exceptions
    )
    url = parsed.get("url") or ""
    assert url.isascii()
    assert re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*/", url)
    message = catalogue().find(parsed)
    assert message is not None
    assert [key for key, _ in parsed.pairs] == [
        key for key in message.keys if parsed.get(key) is not None
    ]


def test_url_of_a_real_request_stays_as_it_is():
    url = "https://user@a.example:8443/p%20q/;x?y=[1]&z=%22#top"
    assert urlsplit(parse_line(line_of(replace(EVENT, url=url))).get("url")).geturl() == url


def test_log_02_late_browsing_has_its_own_time_after_all_public_keys():
    late = replace(EVENT, at=AT - timedelta(days=40))
    own = format(
        (AT - timedelta(days=40)).astimezone(ZoneInfo("Europe/Berlin")), "%Y:%m:%d-%H:%M:%S"
    )
    assert line_of(late).endswith(f' eventtime="{own}"')
    assert "eventtime" not in line_of(EVENT)
