"""How a computer describes itself."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.net.xml_guard import XmlRefusedError
from foundation.protocol.computer_status import (
    POSIX_PLATFORM,
    ComputerStatus,
    ComputerStatusRefusedError,
    Facts,
    decode_computer_status,
)

NOW = datetime(2026, 11, 20, 23, 20, 18, 917849, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"])).map(str.strip)
WORDS = st.lists(TEXT.filter(bool), max_size=3).map(tuple)
INSTANTS = st.datetimes(timezones=st.just(UTC))
STATUSES = st.builds(
    ComputerStatus,
    computer_name=TEXT.filter(bool),
    timestamp=INSTANTS,
    domain_name=TEXT,
    fqdn=TEXT,
    computer_description=TEXT,
    operating_system=TEXT,
    is_server=st.booleans(),
    last_logged_on_user=TEXT,
    ipv4=TEXT,
    ipv6=TEXT,
    processor_architecture=TEXT,
    software_version=TEXT,
    device_group=TEXT,
    device_id=TEXT,
    tenant_id=TEXT,
    products=WORDS,
    products_to_install=WORDS,
    all_ipv4=WORDS,
    all_ipv6=WORDS,
    mac_addresses=WORDS,
    cloud=st.none() | st.just(Facts("aws", (("region", "eu-1"), ("accountId", "")))),
    platform=st.none()
    | TEXT.map(lambda name: Facts(POSIX_PLATFORM, (("osName", name), ("kernelVersion", "6")))),
    policy_status=st.lists(st.tuples(TEXT, INSTANTS), max_size=3).map(tuple),
)

DOCUMENTED = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<ns:computerStatus xmlns:ns="http://www.sophos.com/xml/mcs/computerstatus">
<meta protocolVersion="1.0" timestamp="2026-11-20T23:20:18.917849Z" softwareVersion="1.2.3.4" />\
<commonComputerStatus><domainName>UNKNOWN</domainName><computerName>vm</computerName>\
<computerDescription></computerDescription><isServer>true</isServer>\
<operatingSystem>linux</operatingSystem><lastLoggedOnUser>root@fqdn</lastLoggedOnUser>\
<ipv4>192.0.2.2</ipv4><ipv6>fd00::2</ipv6><fqdn>fqdn</fqdn>\
<processorArchitecture>x86_64</processorArchitecture><products><product>mdr</product></products>\
<ipAddresses><ipv4>192.0.2.2</ipv4><ipv6>fd00::2</ipv6></ipAddresses>\
<productsToInstall><product>antivirus</product></productsToInstall>\
<macAddresses><macAddress>02:00:5e:00:53:01</macAddress></macAddresses></commonComputerStatus>\
<posixPlatformDetails><productType>sspl</productType><platform>linux</platform>\
</posixPlatformDetails><policy-status latest="1970-01-01T00:00:00.0Z">\
<policy app="MCS" latest="2026-11-20T23:20:18.000000Z" /></policy-status></ns:computerStatus>"""


@given(STATUSES)
def test_descriptions_round_trip(status):
    assert decode_computer_status(status.encode()) == status


def test_the_documented_description_round_trips_to_the_byte():
    status = decode_computer_status(DOCUMENTED)
    assert (status.computer_name, status.is_server, status.timestamp) == ("vm", True, NOW)
    assert status.policy_status == (("MCS", NOW.replace(microsecond=0)),)
    assert status.encode().decode() == DOCUMENTED


def test_device_and_tenant_are_absent_at_the_first_registration():
    document = ComputerStatus(computer_name="vm", timestamp=NOW).encode()
    assert b"deviceId" not in document
    assert b"tenantId" not in document
    assert b"policy-status" not in document


def test_an_unreadable_policy_date_is_passed_over():
    document = DOCUMENTED.replace('latest="2026-11-20T23:20:18.000000Z"', 'latest="?"')
    assert decode_computer_status(document).policy_status == ()


@pytest.mark.parametrize(
    "document",
    [
        DOCUMENTED.replace("<computerName>vm</computerName>", ""),
        DOCUMENTED.replace("ns:computerStatus", "ns:other"),
        DOCUMENTED.replace('timestamp="2026-11-20T23:20:18.917849Z"', ""),
        "<ns:computerStatus xmlns:ns='x'/>",
    ],
)
def test_what_names_no_computer_is_refused(document):
    with pytest.raises(ComputerStatusRefusedError):
        decode_computer_status(document)


@pytest.mark.parametrize("document", ["", "<!DOCTYPE a><a/>", "<a>" * 200_000, "\x00"])
def test_bad_xml_is_refused_by_the_guard(document):
    with pytest.raises(XmlRefusedError):
        decode_computer_status(document)
