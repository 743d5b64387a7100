"""Revision, sealing and compliance of policies."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.protocol.policies import (
    COMPLIANCE_XMLNS,
    Compliance,
    PolicyRefusedError,
    blanked,
    compliance_element,
    is_sealed,
    policy_file_name,
    read_compliance,
    revision_of,
    seal,
)
from foundation.protocol.reasons import Reason
from foundation.protocol.xml_writing import content

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]))


def policy(inside="", compliance=None):
    written = compliance_element(190) if compliance is None else compliance
    return f"<policy {COMPLIANCE_XMLNS}>{written}<x>{inside}</x></policy>".encode()


@given(TEXT)
def test_the_revision_is_the_hash_of_the_exact_bytes_with_a_blank_revid(text):
    document = policy(content(text + 'RevID=""'))
    revision, sealed = seal(document)
    assert revision == hashlib.sha256(document).hexdigest() == revision_of(document)
    assert blanked(sealed) == document
    assert is_sealed(sealed)
    assert read_compliance(sealed) == Compliance(revision, 190)


@pytest.mark.parametrize("rim", [b"\n", b" ", b"\r\n"])
def test_white_space_around_a_document_counts(rim):
    document = policy()
    for other in (document + rim, rim + document):
        assert revision_of(other) == hashlib.sha256(other).hexdigest() != revision_of(document)


def test_sealing_changes_nothing_but_the_blank():
    document = policy("a  b\r\n")
    revision, sealed = seal(document)
    assert sealed == document.replace(b'RevID=""', b'RevID="' + revision.encode() + b'"', 1)


def test_the_order_of_attributes_does_not_matter():
    revision, sealed = seal(policy(compliance='<csc:Comp policyType="25" RevID=""/>'))
    assert read_compliance(sealed) == Compliance(revision, 25)


def test_a_changed_byte_breaks_the_seal():
    _, sealed = seal(policy("abc"))
    assert not is_sealed(sealed.replace(b"abc", b"abd"))


def test_a_sealed_policy_is_not_sealed_again():
    _, sealed = seal(policy())
    with pytest.raises(PolicyRefusedError):
        seal(sealed)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (policy(compliance=""), Reason.POLICY_MALFORMED),
        (policy(compliance=compliance_element(1, "a") * 2), Reason.POLICY_MALFORMED),
        (policy(), Reason.REVISION_MISSING),
        (policy(compliance='<csc:Comp policyType="1"/>'), Reason.REVISION_MISSING),
        (policy(compliance='<csc:Comp RevID="a"/>'), Reason.FIELD_MISSING),
        (policy(compliance='<csc:Comp RevID="a" policyType="x"/>'), Reason.FIELD_MISSING),
        (b"", Reason.BODY_EMPTY),
        (seal(policy())[1][:-9], Reason.XML_MALFORMED),
        (b"<!DOCTYPE x><x/>", Reason.XML_DOCTYPE),
        (b"<a>" * 65 + b"</a>" * 65, Reason.XML_TOO_DEEP),
    ],
)
def test_a_bad_policy_is_refused_with_its_reason(document, reason):
    with pytest.raises(PolicyRefusedError) as refusal:
        read_compliance(document)
    assert refusal.value.reason is reason


@pytest.mark.parametrize("document", [b"", policy(compliance=""), policy(compliance_element(1))])
def test_without_exactly_one_blank_there_is_no_revision(document):
    with pytest.raises(PolicyRefusedError):
        revision_of(document)


def test_files_are_named_as_clients_name_them():
    assert policy_file_name("SWC", 190) == "SWC-190_policy.xml"
    assert policy_file_name("CORE") == "CORE_policy.xml"
