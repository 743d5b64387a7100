"""Web lines as 9.3, 9.6 and 9.7 write them, and eplog.log under either process. Golden lines."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from utm.logs.catalogue import EPLOG_PROCESSES, LOG_PROFILES, Daemon, catalogue

AT = datetime(2023, 11, 8, 8, 59, 57, tzinfo=UTC)
HEAD = '2023:11:08-08:59:57 utm {}[6910]: id="{}" severity="info" sys="SecureWeb" sub="http" '
WEB = {
    **dict.fromkeys(("authtime", "dnstime", "aptptime", "cattime", "avscantime", "device"), "0"),
    **dict.fromkeys(("group", "ad_domain", "referer", "error", "exceptions"), ""),
    "action": "pass",
    "method": "GET",
    "srcip": "192.0.2.10",
    "dstip": "203.0.113.9",
    "user": "ann",
    "statuscode": "200",
    "cached": "0",
    "profile": "REF_DefaultHTTPProfile (Default Web Filter Profile)",
    "filteraction": "REF_DefaultHTTPCFFAction (Default content filter action)",
    "size": "4711",
    "request": "0x0a1b",
    "url": "http://www.example.com/",
    "fullreqtime": "12345",
    "auth": "0",
    "ua": "X",
    "category": "105",
    "reputation": "trusted",
    "categoryname": "Business",
    "application": "http",
    "content-type": "text/html",
}
BEGIN = (
    'name="http access" action="pass" method="GET" srcip="192.0.2.10" dstip="203.0.113.9" '
    'user="ann" {}ad_domain="" statuscode="200" cached="0" '
    'profile="REF_DefaultHTTPProfile (Default Web Filter Profile)" '
    'filteraction="REF_DefaultHTTPCFFAction (Default content filter action)" size="4711" '
    'request="0x0a1b" url="http://www.example.com/" '
)
ENDS = {
    "9.3": (
        'exceptions="" error="" authtime="0" dnstime="0" cattime="0" avscantime="0" '
        'fullreqtime="12345" device="0" auth="0" category="105" reputation="trusted" '
        'categoryname="Business" application="http" content-type="text/html"'
    ),
    "9.6": (
        'referer="" error="" authtime="0" dnstime="0" aptptime="0" cattime="0" avscantime="0" '
        'fullreqtime="12345" device="0" auth="0" ua="X" exceptions="" application="http" '
        'category="105" reputation="trusted" categoryname="Business" content-type="text/html"'
    ),
    "9.7": (
        'referer="" error="" authtime="0" dnstime="0" aptptime="0" cattime="0" avscantime="0" '
        'fullreqtime="12345" device="0" auth="0" ua="X" exceptions="" category="105" '
        'reputation="trusted" categoryname="Business" application="http" '
        'content-type="text/html"'
    ),
}


def line(process, profile, slug, values):
    daemon = Daemon(process=process, pid=6910, host="utm", zone=ZoneInfo("UTC"), profile=profile)
    return daemon.line(slug, AT, values)


@pytest.mark.parametrize("profile", LOG_PROFILES)
def test_an_access_line_of_each_version(profile):
    group = "" if profile == "9.3" else 'group="" '
    golden = HEAD.format("httpproxy", "0001") + BEGIN.format(group) + ENDS[profile]
    assert line("httpproxy", profile, "web_access", WEB) == golden


@pytest.mark.parametrize("process", EPLOG_PROCESSES)
@pytest.mark.parametrize("profile", LOG_PROFILES)
def test_eplog_has_the_same_form_under_either_process(process, profile):
    made = line(process, profile, "endpoint_web_access", WEB)
    group = "" if profile == "9.3" else 'group="" '
    assert made == HEAD.format(process, "0001") + BEGIN.format(group) + ENDS[profile]


def test_keys_of_a_block_stand_last_in_9_6_and_9_3():
    blocked = {**WEB, "reason": "extension", "extension": "exe", "filename": "a.exe"}
    for profile, last in (
        ("9.3", 'content-type="text/html" reason="extension" extension="exe" filename="a.exe"'),
        ("9.6", 'reason="extension" content-type="text/html" extension="exe" filename="a.exe"'),
    ):
        assert line("httpproxy", profile, "web_extension_blocked", blocked).endswith(last)


def test_lines_that_are_no_web_lines_are_the_same_in_every_version():
    for message in catalogue().messages:
        if "filteraction" not in message.keys:
            assert {message.keys_in(profile) for profile in LOG_PROFILES} == {message.keys}


@pytest.mark.parametrize("profile", LOG_PROFILES)
async def test_a_utm_writes_the_version_and_process_that_it_is_told(make_utm, profile):
    utm = make_utm(log_profile=profile, eplog_process="httpproxy")
    made = utm.voice.eplog.line("endpoint_web_access", AT, WEB)
    assert " httpproxy[" in made
    assert made.endswith(ENDS[profile])
