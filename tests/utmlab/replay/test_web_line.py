"""What a web line of an archive tells, whatever version wrote it."""

from datetime import datetime
from time import process_time

import pytest

from foundation.categories.category import Category
from utmlab.replay.web_line import Skip, WebLine, read_web_line

LINE_97 = (
    '2025:03:14-09:26:53 fw1 httpproxy[7040]: id="0060" severity="info" sys="SecureWeb" '
    'sub="http" name="web request blocked, forbidden category detected" action="block" '
    'method="GET" srcip="192.0.2.17" dstip="" user="mlee" group="Staff" ad_domain="ACME" '
    'statuscode="403" cached="0" profile="REF_HttProContaOffic (Office)" '
    'filteraction="REF_HttCffOffic (Office rules)" size="3187" request="0xdb12f00" '
    'url="http://play.games.example/start?level=2" referer="" error="" authtime="31" '
    'dnstime="0" aptptime="78" cattime="112" avscantime="0" fullreqtime="4021" device="0" '
    'auth="2" ua="Mozilla/5.0 (X11)" exceptions="av,ssl,url,patience" country="Norway" '
    'category="116,170" reputation="neutral" categoryname="Games,Personal Network Storage" '
    'reason="category"'
)
LINE_93 = (
    '2015:06:02-17:08:09 gate httpproxy[3311]: id="0001" severity="info" sys="SecureWeb" '
    'sub="http" name="http access" action="pass" method="CONNECT" srcip="198.51.100.4" '
    'dstip="203.0.113.9" user="" ad_domain="" statuscode="200" cached="0" '
    'profile="REF_DefaultHTTPProfile (Default Web Filter Profile)" '
    'filteraction="REF_DefaultHTTPCFFAction (Default content filter action)" size="4711" '
    'request="0xa01" url="https://mail.example/" exceptions="" error="" authtime="0" '
    'dnstime="212" cattime="98" avscantime="0" fullreqtime="91000" device="0" auth="0" '
    'category="178" reputation="trusted" categoryname="Internet Services"'
)
PROCEEDED = (
    '2025:03:14-09:30:00 fw1 httpproxy[7040]: id="0072" severity="info" sys="SecureWeb" '
    'sub="http" name="Contentfilter warned and proceeded" url="http://shop.example/" '
    'srcip="192.0.2.17" category="136" categoryname="Online Shopping"'
)


def read(line):
    found = read_web_line(line.encode() if isinstance(line, str) else line)
    assert isinstance(found, WebLine), found
    return found


def test_a_line_of_9_7_tells_everything():
    line = read(LINE_97)
    assert line.stamp == datetime(2025, 3, 14, 9, 26, 53)  # noqa: DTZ001 - as stamps are
    assert (line.method, line.url) == ("GET", "http://play.games.example/start?level=2")
    assert (line.user, line.client_ip) == ("ACME\\mlee", "192.0.2.17")
    assert (line.outcome, line.reason) == ("block", "category")
    assert line.category == Category((116, 170), "neutral")
    assert line.skips == {"av", "ssl_scanning", "url_filter", "patience"}
    assert line.filter_action == "REF_HttCffOffic (Office rules)"


def test_a_line_of_9_3_tells_what_it_has():
    line = read(LINE_93)
    assert (line.outcome, line.method, line.skips) == ("allow", "CONNECT", frozenset())
    assert line.category == Category((178,), "trusted")


def test_a_line_of_9_2_without_exceptions_does_not_tell_them():
    line = read(LINE_93.replace(' exceptions=""', ""))
    assert line.skips is None


@pytest.mark.parametrize("priority", ["<30>", "<134>"])
def test_a_priority_in_front_and_a_carriage_return_behind_change_nothing(priority):
    assert read(f"{priority}{LINE_97}\r") == read(LINE_97)


def test_going_on_past_a_warning_is_a_warning():
    line = read(PROCEEDED)
    assert (line.outcome, line.is_proceed, line.skips) == ("warn", True, None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('action="block"', 'action="quota"'),
        ("forbidden category detected", "quota exceeded"),
        ('reason="category"', 'reason="quota"'),
    ],
)
def test_web_03_a_quota_line_reads_as_a_warning(old, new):
    assert read(LINE_97.replace(old, new)).outcome == "warn"


def test_uncategorized_is_no_category_but_told():
    line = read(LINE_97.replace("116,170", "9998").replace('"neutral"', '"unverified"'))
    assert (line.category, line.tells_category) == (None, True)


def test_uncategorized_with_a_reputation_of_its_own_keeps_it():
    line = read(LINE_97.replace("116,170", "9998"))
    assert line.category == Category((9998,), "neutral")


def test_a_line_without_category_does_not_tell_it():
    line = read(LINE_97.replace(' category="116,170"', ""))
    assert (line.category, line.tells_category) == (None, False)


@pytest.mark.parametrize(
    ("line", "skip"),
    [
        ("", Skip.NO_WEB_LINE),
        ("not a log", Skip.NO_WEB_LINE),
        (LINE_97.replace('sub="http"', 'sub="packetfilter"'), Skip.NO_WEB_LINE),
        (LINE_97.replace(' url="http://play.games.example/start?level=2"', ""), Skip.INCOMPLETE),
        (LINE_97.replace(' action="block"', ""), Skip.INCOMPLETE),
        (LINE_97[:-20], Skip.DAMAGED),
        (f"{LINE_97}<30>{LINE_93}", Skip.DAMAGED),
        (LINE_97.replace("ua=", 'x="a"b" ua='), Skip.DAMAGED),
        (LINE_97.replace("2025:03", "2025:13"), Skip.DAMAGED),
        ("Mar 14 09:26:53 10.0.0.1 2025: " + LINE_97[5:], Skip.DAMAGED),
        (LINE_97.replace('reason="category"', 'reason="range"'), Skip.OTHER_CHECK),
        (LINE_97.replace('"403"', '"407"'), Skip.OTHER_CHECK),
        (LINE_97.replace('url="http:', 'url="ftp:'), Skip.OTHER_CHECK),
        (
            LINE_97.replace("forbidden category", "forbidden application").replace(
                ' reason="category"', ""
            ),
            Skip.OTHER_CHECK,
        ),
    ],
)
def test_a_line_that_cannot_be_compared_says_why(line, skip):
    assert read_web_line(line.encode()) is skip


@pytest.mark.parametrize("filler", ["a", 'a="', '"', "a=", " ", "%"])
def test_a_hostile_line_takes_time_in_proportion_to_its_length(filler):
    header = LINE_97[: LINE_97.index('name="')]

    def seconds(length):
        line = (header + filler * (length // len(filler)) + ' url="').encode()
        began = process_time()
        assert read_web_line(line) is Skip.DAMAGED
        return process_time() - began

    # Quadratic work would take minutes for a megabyte.
    assert seconds(1_000_000) < 5


def test_bytes_that_are_no_text_do_no_harm():
    assert read(LINE_97.encode().replace(b"mlee", b"\xff\xfe")).user == "ACME\\\ufffd\ufffd"
    assert read_web_line(b'\x00\xff sub="http" url="') is Skip.DAMAGED
