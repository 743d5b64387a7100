"""Pseudonyms: nothing of the original is left, and what was equal stays equal."""

import json
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utmlab.logtools.reading import RawLine
from utmlab.logtools.report.addresses import AddressMap
from utmlab.logtools.report.names import Names
from utmlab.logtools.report.page import report_page
from utmlab.logtools.report.record import report_record
from utmlab.logtools.report.redaction import Pseudonyms
from utmlab.logtools.report.reporting import Report
from utmlab.logtools.report.sources import Source
from utmlab.logtools.report.text import report_text

from .conftest import Lines

ADDRESSES = AddressMap(b"key")
SECRET = st.text("GHJKLMNQRSVWXYZ", min_size=6, max_size=12)
"""No pseudonym and no word of the report has these letters in a row."""
four = st.ip_addresses(v=4).map(str)


def told_by(secrets: dict[str, str]) -> dict:
    """A report on lines that hold each secret wherever a log can have it."""
    host, user, domain, label, part, odd = (secrets[key] for key in sorted(secrets))
    url = f"http://{user}:{odd}@{label}.{domain}:8080/{part}/{odd}?{part}={user}"
    who = {"user": f"{domain}\\{user}", "url": url, "host": host}
    late = ' eventtime="2026:10:01-09:00:00"'
    stamp = "2026:11:20-06:00:0"
    changed = (
        f'{stamp}8 {host} confd[1]: I id="3100" severity="info" sys="System" sub="confd" '
        f'name="object changed" attr_domains="[\'*.{domain}\']" objname="{odd}"'
    )
    lines = [
        Lines.web(f"{stamp}0", action="block", **who),
        Lines.web(f"{stamp}1", process="httpproxy", action="block", **who),
        Lines.web(f"{stamp}2", **(who | {"profile": odd, "more": late + f' {odd.lower()}="1"'})),
        Lines.web(f"{stamp}3", **(who | {"process": odd, "host": f"{host}_x"})),
        Lines.web(f"{stamp}3", **(who | {"url": "http://10.11.12.13/" + part, "user": user})),
        Lines.epsecd(f"{stamp}4", Lines.sent).replace("utm", host),
        Lines.epsecd(f"{stamp}4", ("4289", odd), more=f' changeset="{odd}" reason="{odd}"'),
        Lines.epsecd(f"{stamp}5", ("4281", odd), more=f' reason="{odd}"'),
        Lines.epsecd(f"{stamp}6", (odd[:4], odd)),
        f"Nov 20 06:00:07 {host} {Lines.web(f'{stamp}7', **who)}",
        f"{odd} no line of a UTM",
        changed,
    ]
    report = Report()
    source = Source(Path(f"/{domain}/{odd}.log"), b"2026:11:20-06:00:00", 1)
    report.feed(
        source, (RawLine(number, line.encode(), True) for number, line in enumerate(lines, 1))
    )
    report.finish()
    skipped = [Path(f"/{domain}/{odd}")]
    return report_record(report, Pseudonyms(b"key"), skipped)


@given(
    st.fixed_dictionaries(dict.fromkeys("abcdef", SECRET)).filter(
        lambda drawn: len({word[:4] for word in drawn.values()}) == 6
    )
)
def test_nothing_of_the_original_is_left(secrets):
    record = told_by(secrets)
    shown = [json.dumps(record), report_text(record), report_page(record)]
    for text in shown:
        for word in secrets.values():
            assert word.lower() not in text.lower()
        for address in ("192.168.7.20", "10.11.12.13"):
            assert address not in text


def test_report_that_is_not_redacted_does_hold_them():
    report = Report()
    line = Lines.web("2026:11:20-06:00:00", action="block")
    source = Source(Path("eplog.log"), b"", 1)
    report.feed(source, [RawLine(1, line.encode(), True)])
    text = json.dumps(report_record(report, Names()))
    assert "mlee" in text
    assert "www.shop.example/a/b?c=d" in text


@given(four, four)
def test_networks_stay_equal_and_different(one, other):
    first, second = (ADDRESSES.map(text).split(".") for text in (one, other))
    for length in (2, 3, 4):
        before = one.split(".")[:length] == other.split(".")[:length]
        assert (first[:length] == second[:length]) is before


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_addresses_of_one_network_stay_in_one(net, first, second):
    images = [ADDRESSES.map(f"10.1.{net}.{host}").rpartition(".") for host in (first, second)]
    assert images[0][0] == images[1][0]
    assert (images[0][2] == images[1][2]) is (first == second)


@pytest.mark.parametrize("network", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"])
@given(number=st.integers(0, 2**32 - 1))
def test_private_stays_private_and_public_public(network, number):
    private = ip_network(network)
    inside = private[number % private.num_addresses]
    assert ip_address(ADDRESSES.map(str(inside))) in private
    address = ip_address(number)
    assert (address in private) is (ip_address(ADDRESSES.map(str(address))) in private)


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_networks_of_ipv6_stay_equal(address, host):
    other = IPv6Address((int(address) >> 64 << 64) | host)
    images = [ip_address(ADDRESSES.map(str(one))) for one in (address, other)]
    if not any(one.is_loopback for one in (address, other)):
        assert int(images[0]) >> 64 == int(images[1]) >> 64
        assert images[0].is_link_local is address.is_link_local


def test_same_key_gives_the_same_pseudonyms_and_another_key_others():
    first, again, other = (Pseudonyms(key).user(b"ACME\\mlee") for key in (b"a", b"a", b"b"))
    assert first == again != other


def test_names_below_one_domain_stay_below_one():
    shop, www = (Pseudonyms(b"a").host(name) for name in (b"shop.example", b"www.shop.example"))
    assert www.endswith(f".{shop}")


def test_url_keeps_scheme_and_depth():
    shown = Pseudonyms(b"a").url(b"https://me:secret@www.shop.example:8080/a/b?c=d")
    assert shown.startswith("https://")
    assert shown.endswith("?…")
    assert shown.count("/") == 4
    assert "secret" not in shown
