"""The MCS policy."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.protocol.mcs_policy import (
    McsPolicy,
    MessageRelay,
    decode_mcs_policy,
    is_server_url,
)
from foundation.protocol.policies import PolicyRefusedError, seal

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"])).map(str.strip)
WORDS = st.lists(TEXT.filter(bool), max_size=3).map(tuple)
NUMBERS = st.integers(0, 999_999_999)
URLS = st.lists(
    st.sampled_from(["https://localhost:4443/mcs", "https://a.b-c_d/e?f", "http://h"]), max_size=2
).map(tuple)
POLICIES = st.builds(
    McsPolicy,
    device_id=TEXT,
    tenant_id=TEXT,
    customer_id=TEXT,
    registration_token=TEXT,
    servers=URLS,
    proxies=WORDS,
    proxy_credentials=WORDS,
    message_relays=st.lists(
        st.builds(MessageRelay, TEXT.filter(bool), st.integers(1, 65_535), NUMBERS, TEXT),
        max_size=3,
    ).map(tuple),
    use_system_proxy=st.booleans(),
    use_automatic_proxy=st.booleans(),
    use_direct=st.booleans(),
    random_skew_factor=NUMBERS,
    poll_interval_s=NUMBERS,
    flags_interval_s=NUMBERS,
    push_servers=URLS,
    push_ping_timeout_s=NUMBERS,
    push_fallback_poll_s=st.none() | NUMBERS,
)

DOCUMENTED = b"""<?xml version="1.0"?>
<policy xmlns:csc="com.sophos\\msys\\csc" type="mcs">
  <meta protocolVersion="1.1"/>
  <csc:Comp RevID="0123" policyType="25"/>
  <configuration xmlns="http://www.sophos.com/xml/msys/mcspolicy.xsd"
 xmlns:auto-ns1="com.sophos\\mansys\\policy">
    <deviceId>d</deviceId><tenantId>t</tenantId><customerId>c</customerId>
    <registrationToken>r</registrationToken>
    <servers><server>https://h/sophos/management/ep</server></servers>
    <proxies><proxy>http://h:8080</proxy></proxies><proxyCredentials><credentials>x</credentials></proxyCredentials>
    <messageRelays><messageRelay priority="0" port="8190" address="host" id="e"/></messageRelays>
    <useSystemProxy>true</useSystemProxy><useAutomaticProxy>true</useAutomaticProxy>
    <useDirect>false</useDirect>
    <randomSkewFactor>1</randomSkewFactor><commandPollingDelay default="20"/>
    <flagsPollingInterval default="14400"/>
    <diagnosticTrailEnabled>true</diagnosticTrailEnabled><policyChangeServers/>
    <pushServers><pushServer>https://p</pushServer></pushServers><pushPingTimeout>60</pushPingTimeout>
    <pushFallbackPollInterval>90</pushFallbackPollInterval>
    <presignedUrlService><url>https://h/presignedurls</url><credentials>y</credentials></presignedUrlService>
  </configuration>
</policy>"""


@given(POLICIES)
def test_mcs_01_policies_round_trip(policy):
    revision, document = seal(policy.encode())
    decoded = decode_mcs_policy(document)
    assert decoded == policy
    assert decoded.rev_id == revision


def test_the_documented_policy_is_read():
    assert decode_mcs_policy(DOCUMENTED) == McsPolicy(
        device_id="d",
        tenant_id="t",
        customer_id="c",
        registration_token="r",
        servers=("https://h/sophos/management/ep",),
        proxies=("http://h:8080",),
        proxy_credentials=("x",),
        message_relays=(MessageRelay("host", 8190, 0, "e"),),
        use_direct=False,
        push_servers=("https://p",),
        push_ping_timeout_s=60,
        push_fallback_poll_s=90,
        presigned_url="https://h/presignedurls",
        presigned_credentials="y",
    )


def test_the_documented_policy_is_written_in_its_own_order():
    written = decode_mcs_policy(DOCUMENTED).encode()
    declaration, _, rest = DOCUMENTED.partition(b"\n")
    expected = declaration + b"\n" + re.sub(rb"\n(?! x)\s*", b"", rest).replace(b"\n", b"")
    assert written == expected.replace(b"0123", b"")


def test_message_relays_are_always_written():
    assert b"<messageRelays/>" in McsPolicy().encode()


def test_mcs_04_the_default_poll_interval_is_20_seconds():
    assert b'<commandPollingDelay default="20"/>' in McsPolicy().encode()


@pytest.mark.parametrize(
    "instead",
    [
        b"",
        b'<commandPollingDelay default="-3"/>',
        b'<commandPollingDelay default="x"/>',
        b'<commandPollingDelay default="7"/><commandPollingDelay default="7"/>',
    ],
)
def test_a_number_that_is_no_plain_number_once_is_the_default(instead):
    document = DOCUMENTED.replace(b'<commandPollingDelay default="20"/>', instead)
    assert decode_mcs_policy(document).poll_interval_s == 20


@pytest.mark.parametrize("text", ["60</pushPingTimeout><pushPingTimeout>60", "6e1", "9" * 5000])
def test_a_text_that_is_no_plain_number_once_is_the_default(text):
    document = DOCUMENTED.replace(b"<pushPingTimeout>60", f"<pushPingTimeout>{text}".encode())
    assert decode_mcs_policy(document).push_ping_timeout_s == 90


@pytest.mark.parametrize(("written", "kept"), [(1, 5), (20, 20), (99_999, 14_400)])
def test_the_poll_interval_is_kept_within_its_bounds(written, kept):
    assert McsPolicy(poll_interval_s=written).effective_poll_interval_s == kept
    assert McsPolicy(poll_interval_s=written).effective_push_fallback_poll_s == kept


@pytest.mark.parametrize(
    "url", ["ftp://h", "https://h:1:2", "https://h//x", "https://h h/", "https://", "https://u@h/"]
)
def test_a_server_that_clients_skip_is_skipped(url):
    assert not is_server_url(url)
    document = DOCUMENTED.replace(b"https://h/sophos/management/ep", url.encode())
    assert decode_mcs_policy(document).servers == ()


@pytest.mark.parametrize(
    "document",
    [
        DOCUMENTED.replace(b'RevID="0123"', b'RevID=""'),
        DOCUMENTED.replace(b"configuration", b"other"),
        b'<x xmlns:csc="c"><csc:Comp RevID="a" policyType="25"/><configuration/></x>',
        DOCUMENTED[:-20],
    ],
)
def test_what_is_no_mcs_policy_is_refused(document):
    with pytest.raises(PolicyRefusedError):
        decode_mcs_policy(document)


def test_no_representation_shows_the_token():
    assert "TOKEN" not in repr(McsPolicy(registration_token="TOKEN"))
