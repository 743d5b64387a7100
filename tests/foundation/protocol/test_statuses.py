"""Statuses, and what adapters say in them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.net.xml_guard import XmlRefusedError
from foundation.protocol.bodies import DocumentTooLargeError, ScriptRefusedError
from foundation.protocol.statuses import (
    MAX_STATUSES_CHARACTERS,
    AdapterStatus,
    Status,
    StatusRefusedError,
    decode_adapter_status,
    decode_registered_applications,
    decode_statuses,
    encode_adapter_status,
    encode_registered_applications,
    encode_statuses,
)

NOW = datetime(2026, 11, 20, 23, 20, 17, 56068, tzinfo=UTC)
EXACT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\r\n\t"))
WORD = EXACT.map(str.strip).filter(bool)
STATUSES = st.builds(
    Status,
    app_id=WORD,
    creation_time=st.datetimes(timezones=st.just(UTC)),
    ttl_s=st.integers(0, 10**6).map(float),
    body=WORD,
)
# Adapters of these applications carry details in elements, whose outer white space is not kept.
PLACED = {
    "MCS": {"agent_version": "1.0"},
    "SAV": {"up_to_date": "1", "on_access": "true"},
}
ADAPTER_STATUSES = st.builds(
    lambda app, res, rev_id, details: AdapterStatus(
        *app, res, rev_id, PLACED.get(app[0], {}) | details
    ),
    st.sampled_from([("MCS", 25), ("ALC", 1), ("SAV", 2), ("SWC", 190), ("TPROT", 191), ("X", 0)]),
    st.sampled_from(["Same", "Diff", "NoRef"]),
    EXACT,
    st.dictionaries(EXACT.filter(bool).map("d-".__add__), EXACT, max_size=3),
)


@given(st.lists(STATUSES, max_size=3))
def test_mcs_09_statuses_round_trip(statuses):
    assert decode_statuses(encode_statuses(statuses)) == tuple(statuses)


@given(ADAPTER_STATUSES)
def test_adapter_statuses_round_trip_through_both_escapings(status):
    envelope = encode_statuses(
        [Status(status.app_id, NOW, 10_000.0, encode_adapter_status(status))]
    )
    (received,) = decode_statuses(envelope)
    assert decode_adapter_status(received.app_id, received.body) == status


def test_the_envelope_is_the_documented_one():
    assert encode_statuses([Status("ALC", NOW, 10_000.0, "<a/>")]) == (
        b'<?xml version="1.0" encoding="utf-8"?><ns:statuses '
        b'xmlns:ns="http://www.sophos.com/xml/mcs/statuses" schemaVersion="1.0"><status>'
        b"<appId>ALC</appId><creationTime>2026-11-20T23:20:17.056068Z</creationTime>"
        b"<ttl>PT10000S</ttl><body>&lt;a/&gt;</body></status></ns:statuses>"
    )


def test_unpadded_microseconds_and_a_bad_ttl_are_tolerated():
    document = encode_statuses([Status("ALC", NOW, 10_000.0, "<a/>")])
    tolerated = document.replace(b".056068Z", b".56068Z").replace(b"PT10000S", b"soon")
    assert decode_statuses(tolerated) == (Status("ALC", NOW, 10_000.0, "<a/>"),)


def test_an_adapter_document_is_escaped_twice_on_the_wire():
    body = encode_adapter_status(AdapterStatus("ALC", 1, "Same", "r"))
    assert body.startswith("<StatusAndConfig><status>&lt;status ")
    assert body.endswith("</status><configuration></configuration></StatusAndConfig>")
    assert b"&amp;lt;status " in encode_statuses([Status("ALC", NOW, 1.0, body)])


MCS_INNER = (
    '<ns:mcsStatus xmlns:ns="http://www.sophos.com/xml/mcs/status">'
    r'<csc:CompRes xmlns:csc="com.sophos\msys\csc" Res="Same" RevID="r" policyType="25"/>'
    '<meta protocolVersion="1.0" timestamp="0"/><data><![CDATA['
    '<mcs xmlns="http://www.sophos.com/xml/mcs/status" agentVersion="1.0"/>]]></data>'
    "<messageRelay/></ns:mcsStatus>"
)
ALC_INNER = (
    r'<status xmlns="com.sophos\mansys\status" type="sau">'
    r'<CompRes xmlns="com.sophos\msys\csc" Res="NoRef" RevID="" policyType="1"/>'
    '<autoUpdate xmlns="http://www.sophos.com/xml/mansys/AutoUpdateStatus.xsd" version="1">'
    '<endpoint id="e"/></autoUpdate><subscriptions/><products/></status>'
)


@pytest.mark.parametrize(
    ("inner", "status"),
    [
        (MCS_INNER, AdapterStatus("MCS", 25, "Same", "r", {"agent_version": "1.0"})),
        (ALC_INNER, AdapterStatus("ALC", 1, "NoRef", "", {"endpoint_id": "e"})),
    ],
)
def test_documented_adapter_documents_are_written_and_read_plain_too(inner, status):
    escaped = inner.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    wrapped = encode_adapter_status(status)
    assert f"<status>{escaped}</status>" in wrapped
    assert decode_adapter_status(status.app_id, inner) == status
    assert decode_adapter_status(status.app_id, wrapped) == status


def test_a_foreign_status_gives_its_compliance():
    body = (
        r"<status xmlns:csc='com.sophos\msys\csc' xmlns='com.sophos\mansys\status' "
        "type='NetworkThreatProtection'><csc:CompRes policyType='24' Res='Diff' RevID='x'/>"
        "<meta protocolVersion='1.0' errorCode='0'/><isolation self='false'/></status>"
    )
    assert decode_adapter_status("NTP", body) == AdapterStatus("NTP", 24, "Diff", "x")


def test_an_unreadable_data_block_costs_the_agent_version_only():
    body = MCS_INNER.replace("<mcs xmlns", "<mcs <xmlns")
    assert decode_adapter_status("MCS", body) == AdapterStatus("MCS", 25, "Same", "r")


@pytest.mark.parametrize(
    "body",
    [
        "<status/>",
        "<status><CompRes Res='Maybe' RevID='' policyType='1'/></status>",
        "<status><CompRes RevID='' policyType='1'/></status>",
        "<status><CompRes Res='Same'/><CompRes Res='Diff'/></status>",
    ],
)
def test_a_status_without_one_result_is_refused(body):
    with pytest.raises(StatusRefusedError):
        decode_adapter_status("SWC", body)


@pytest.mark.parametrize("number", ["", "-1", "x", "9" * 5000])
def test_a_policy_type_that_is_no_number_is_none(number):
    body = f"<status><CompRes Res='Same' RevID='r' policyType='{number}'/></status>"
    assert decode_adapter_status("SWC", body).policy_type == 0


@pytest.mark.parametrize("body", ["", "<StatusAndConfig/>", "<a", "<!DOCTYPE a><a/>"])
def test_an_adapter_body_that_is_no_xml_is_refused(body):
    with pytest.raises(XmlRefusedError):
        decode_adapter_status("SWC", body)


@pytest.mark.parametrize("script", ["<script>", "<SCRIPT src='x'>", "<xhtml:script/>"])
def test_scripts_are_refused_in_both_directions(script):
    good = encode_statuses([Status("ALC", NOW, 1.0, "MARK")])
    escaped = script.replace("<", "&lt;").replace(">", "&gt;").encode()
    with pytest.raises(ScriptRefusedError):
        encode_statuses([Status("ALC", NOW, 1.0, script)])
    with pytest.raises(ScriptRefusedError):
        decode_statuses(good.replace(b"MARK", escaped))
    with pytest.raises(ScriptRefusedError):
        decode_adapter_status(
            "ALC", f"<StatusAndConfig><status>{escaped.decode()}</status></StatusAndConfig>"
        )


def test_a_value_that_mentions_a_script_is_text():
    status = AdapterStatus("SWC", 190, "Same", "r", {"error": "<script>"})
    assert decode_adapter_status("SWC", encode_adapter_status(status)) == status


def test_documents_over_262144_characters_are_refused_in_both_directions():
    overhead = len(encode_statuses([Status("A", NOW, 1.0, "x")])) - 1
    fits = Status("A", NOW, 1.0, "ä" * (MAX_STATUSES_CHARACTERS - overhead))
    assert decode_statuses(encode_statuses([fits])) == (fits,)
    with pytest.raises(DocumentTooLargeError):
        encode_statuses([Status("A", NOW, 1.0, fits.body + "ä")])
    with pytest.raises(DocumentTooLargeError):
        decode_statuses(encode_statuses([fits]).replace(b"</body>", b" </body>"))


@pytest.mark.parametrize(
    "document",
    [
        b"<statuses/>",
        b"<ns:statuses xmlns:ns='x'><status/></ns:statuses>",
        b"<ns:statuses xmlns:ns='x'><status><appId>A</appId><body>b</body></status></ns:statuses>",
        encode_statuses([Status("A", NOW, 1.0, "b")]).replace(b"<body>b</body>", b""),
        encode_statuses([Status("A", NOW, 1.0, "b")]).replace(b"<appId>A</appId>", b""),
    ],
)
def test_an_incomplete_document_is_refused(document):
    with pytest.raises(StatusRefusedError):
        decode_statuses(document)


@pytest.mark.parametrize(
    "document", [b"", b"<!DOCTYPE a><a/>", b"<a>" * 70 + b"</a>" * 70, b"\xff\xfe<a/>"]
)
def test_bad_xml_is_refused_by_the_guard(document):
    with pytest.raises(XmlRefusedError):
        decode_statuses(document)


@given(st.lists(EXACT.filter(bool), max_size=4))
def test_registered_applications_round_trip(apps):
    assert decode_registered_applications(encode_registered_applications(apps)) == tuple(apps)


def test_the_registered_applications_are_the_documented_form():
    assert encode_registered_applications(["MCS"]) == (
        '<ns:registeredApplicationsStatus xmlns:ns="http://www.sophos.com/xml/mcs/'
        'registeredApplicationsStatus"><meta protocolVersion="1.0" timestamp=""/>'
        '<application name="MCS"/></ns:registeredApplicationsStatus>'
    )
    with pytest.raises(StatusRefusedError):
        decode_registered_applications("<x/>")
