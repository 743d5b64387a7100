import pytest
from hypothesis import given, settings
from web_policies import one_action_policy, policies

from foundation.protocol.policies import PolicyRefusedError, read_compliance, seal
from foundation.webfilter.policy import FilterAction
from foundation.webfilter.policy_xml import decode_web_policy, encode_web_policy


@settings(max_examples=150)
@given(policies)
def test_every_policy_comes_back_equal(policy):
    assert decode_web_policy(encode_web_policy(policy)) == policy


@settings(max_examples=30)
@given(policies)
def test_a_sealed_policy_is_compliant_and_reads_the_same(policy):
    revision, document = seal(encode_web_policy(policy))

    assert read_compliance(document).rev_id == revision
    assert read_compliance(document).policy_type == 190
    assert decode_web_policy(document) == policy


def test_the_same_policy_gives_the_same_bytes():
    assert encode_web_policy(one_action_policy()) == encode_web_policy(one_action_policy())


def test_a_character_that_xml_cannot_carry_does_not_break_the_document():
    policy = one_action_policy(group_name="a\x00b")

    assert decode_web_policy(encode_web_policy(policy)).group_name == "a\ufffdb"


def edited(old, new):
    document = encode_web_policy(one_action_policy(FilterAction(ref="REF_A", categories=(116,))))
    assert old in document
    return document.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'type="web-control"', b'type="other"'),
        (b'groupRef="REF_G"', b'groupRef=""'),
        (b'quotaAction="warn"', b'quotaAction="quota"'),
        (b'proceedTimeout="1800"', b'proceedTimeout="-1"'),
        (b'mode="allow"', b'mode="maybe"'),
        (b'<category value="116"/>', b'<category value="games"/>'),
        (b'defaultAction="REF_A"', b'defaultAction="REF_GONE"'),
        (b"<switches>", b'<switches><switch name="nonsense" value="true"/>'),
        (b"<profiles>", b'<profiles><profile ref="P" defaultAction="REF_A" base="true"/>'),
        (b"<actions>", b'<actions><action ref="REF_A" mode="allow"/>'),
        (b"</policy>", b""),
        (b"<webControl", b"<webControll"),
    ],
)
def test_half_a_policy_is_refused(old, new):
    with pytest.raises(PolicyRefusedError):
        decode_web_policy(edited(old, new))
