import pytest
from hypothesis import given
from hypothesis import strategies as st

from utm.confd.refnames import is_well_formed, reference_for


def never(_ref):
    return False


@pytest.mark.parametrize(
    ("full_type", "name", "ref"),
    [
        ("http/domain_regex", "lowbird.com", "REF_HttDomLowbirdcom"),
        ("network/host", "Mailserver in DE", "REF_NetHosMailseInDe"),
        ("interface/ethernet", "External (WAN)", "REF_IntEthExternaWan"),
        ("aaa/group", "group1", "REF_AaaGroGroup1"),
        ("reverse_proxy/frontend", "frontend webserver", "REF_RevFroFrontWebse"),
    ],
)
def test_public_references_are_reproduced(full_type, name, ref):
    assert reference_for(full_type, name, never) == ref


def test_type_letters_leave_out_underscores_as_in_ref_eppavpallow():
    assert reference_for("epp/av_policy", "Allow", never) == "REF_EppAvpAllow"
    assert reference_for("epp/dc_policy", "Allow", never) == "REF_EppDcpAllow"


def test_a_taken_name_gets_the_next_free_number():
    taken = {"REF_AaaGroGroup1", "REF_AaaGroGroup12"}
    assert reference_for("aaa/group", "group1", taken.__contains__) == "REF_AaaGroGroup13"


def test_a_name_without_usable_letters_still_gets_a_reference():
    assert reference_for("aaa/group", "☃ 日本", never) == "REF_AaaGro"


@given(st.text(max_size=60))
def test_every_name_gives_a_well_formed_reference_of_at_most_ten_letters(name):
    ref = reference_for("http/exception", name, never)
    assert is_well_formed(ref)
    assert len(ref) <= len("REF_HttExc") + 10
