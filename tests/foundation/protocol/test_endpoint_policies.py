"""The policies of AutoUpdate, anti-virus, tamper protection and device control."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.protocol.alc_policy import AlcPolicy, decode_alc_policy
from foundation.protocol.device_policy import (
    DEVICE_CLASSES,
    DeviceException,
    DevicePolicy,
    decode_device_policy,
)
from foundation.protocol.policies import PolicyRefusedError, read_compliance, seal
from foundation.protocol.sav_policy import SavPolicy, SavSchedule, decode_sav_policy
from foundation.protocol.tamper_policy import TamperPolicy, decode_tamper_policy

EXACT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\r\n\t"))
TEXT = EXACT.map(str.strip)
WORDS = st.lists(TEXT.filter(bool), max_size=3).map(tuple)
NUMBERS = st.integers(1, 999_999_999)
ALC_POLICIES = st.builds(
    AlcPolicy,
    server_url=EXACT.filter(bool),
    interval_minutes=NUMBERS,
    user=EXACT,
    password=EXACT,
    enabled=st.booleans(),
    use_https=st.booleans(),
    bandwidth_limit=NUMBERS,
    proxy_address=EXACT.filter(bool),
    proxy_port=NUMBERS,
    proxy_user=EXACT,
    proxy_password=EXACT,
    features=WORDS,
    products=WORDS,
    tag=EXACT,
    subscriptions=WORDS,
    customer_id=EXACT,
    platform=EXACT,
)
FLAGS = [each.name for each in dataclasses.fields(SavPolicy) if each.type is bool]
SAV_POLICIES = st.builds(
    SavPolicy,
    **dict.fromkeys(FLAGS, st.booleans()),
    scheduled_scan=st.none() | st.builds(SavSchedule, name=TEXT, days=WORDS, times=WORDS),
    excluded_files=WORDS,
    extensions=WORDS,
)
TAMPER_POLICIES = st.builds(
    TamperPolicy,
    enabled=st.booleans(),
    password_hash=st.just("") | st.binary(min_size=32, max_size=32).map(bytes.hex),
)
SETTINGS = st.sampled_from([(name, each) for name, all_ in DEVICE_CLASSES.items() for each in all_])
DEVICE_POLICIES = st.builds(
    DevicePolicy,
    classes=st.lists(SETTINGS, max_size=8).map(dict),
    exceptions=st.lists(
        st.tuples(EXACT, SETTINGS).map(lambda each: DeviceException(each[0], *each[1])), max_size=3
    ).map(tuple),
)
EVERY = [
    (AlcPolicy(server_url="https://h/software"), 1, decode_alc_policy),
    (SavPolicy(on_access_scanning=True), 2, decode_sav_policy),
    (TamperPolicy(enabled=True), 191, decode_tamper_policy),
    (DevicePolicy(classes={"modem": "blocked"}), 192, decode_device_policy),
]


def decoded_after_sealing(policy, decode):
    revision, document = seal(policy.encode())
    decoded = decode(document)
    assert decoded.rev_id == revision
    return decoded


@given(ALC_POLICIES)
def test_mcs_01_autoupdate_policies_round_trip(policy):
    assert decoded_after_sealing(policy, decode_alc_policy) == policy


@given(SAV_POLICIES)
def test_mcs_01_anti_virus_policies_round_trip(policy):
    assert decoded_after_sealing(policy, decode_sav_policy) == policy


@given(TAMPER_POLICIES)
def test_mcs_01_tamper_protection_policies_round_trip(policy):
    assert decoded_after_sealing(policy, decode_tamper_policy) == policy


@given(DEVICE_POLICIES)
def test_mcs_01_device_control_policies_round_trip(policy):
    assert decoded_after_sealing(policy, decode_device_policy) == policy


@pytest.mark.parametrize(("policy", "policy_type", "decode"), EVERY)
def test_every_policy_names_its_type(policy, policy_type, decode):
    assert read_compliance(seal(policy.encode())[1]).policy_type == policy_type


@pytest.mark.parametrize(("policy", "policy_type", "decode"), EVERY)
def test_a_policy_of_another_application_is_refused(policy, policy_type, decode):
    for other, other_type, _ in EVERY:
        if other_type != policy_type:
            with pytest.raises(PolicyRefusedError):
                decode(seal(other.encode())[1])


@pytest.mark.parametrize(("policy", "policy_type", "decode"), EVERY)
def test_a_truncated_or_unsealed_policy_is_refused(policy, policy_type, decode):
    for document in (seal(policy.encode())[1][:-5], policy.encode(), b""):
        with pytest.raises(PolicyRefusedError):
            decode(document)


def test_the_autoupdate_policy_has_its_documented_elements_in_order():
    document = AlcPolicy(server_url="https://h", interval_minutes=40).encode().decode()
    names = ["csc:Comp", "AUConfig ", "sophos_address", "primary_location", "secondary_location"]
    names += ["schedule", "logging", "bootstrap", "cloud_subscription ", "cloud_subscriptions"]
    names += ["delay_supplements", "Features", "Products", "intelligent_updating", "customer"]
    places = [document.index(f"<{name}") for name in names]
    assert places == sorted(places)
    assert 'Frequency="40"' in document
    assert '<Feature id="WEBCNTRL"/>' in document


@pytest.mark.parametrize("frequency", ["", "0", "often"])
def test_an_autoupdate_policy_without_a_frequency_is_refused(frequency):
    document = seal(AlcPolicy(server_url="https://h", interval_minutes=60).encode())[1]
    with pytest.raises(PolicyRefusedError):
        decode_alc_policy(document.replace(b'"60"', f'"{frequency}"'.encode()))


def test_the_tamper_password_is_a_hash_or_nothing():
    document = seal(TamperPolicy(enabled=True, password_hash="a" * 64).encode())[1]
    with pytest.raises(PolicyRefusedError):
        decode_tamper_policy(document.replace(b"a" * 64, b"secret"))


def test_an_exception_for_one_device_beats_its_class():
    policy = DevicePolicy(
        classes={"removable_storage": "blocked"},
        exceptions=(DeviceException("USB\\1", "removable_storage", "read_only"),),
    )
    assert policy.access_to("removable_storage", "USB\\1") == "read_only"
    assert policy.access_to("removable_storage", "USB\\2") == "blocked"
    assert policy.access_to("modem", "USB\\1") == "allowed"


@pytest.mark.parametrize(
    ("part", "instead"),
    [(b'access="blocked"', b'access="read_only"'), (b'name="modem"', b'name="toaster"')],
)
def test_a_class_or_access_nobody_knows_is_refused(part, instead):
    document = seal(DevicePolicy(classes={"modem": "blocked"}).encode())[1]
    with pytest.raises(PolicyRefusedError):
        decode_device_policy(document.replace(part, instead))


def test_equal_device_policies_give_equal_bytes():
    one = DevicePolicy(classes={"modem": "blocked", "wireless": "allowed"})
    other = DevicePolicy(classes={"wireless": "allowed", "modem": "blocked"})
    assert one.encode() == other.encode()
