import hashlib
from types import MappingProxyType

import pytest

from foundation.protocol.alc_policy import decode_alc_policy
from foundation.protocol.device_policy import DEVICE_CLASSES, DeviceException, decode_device_policy
from foundation.protocol.policies import read_compliance, seal
from foundation.protocol.sav_policy import SavSchedule, decode_sav_policy
from foundation.protocol.tamper_policy import decode_tamper_policy
from utm.confd import Snapshot
from utm.endpoint_policies import (
    alc_policy,
    compile_endpoint_policies,
    device_policy,
    sav_policy,
    tamper_policy,
)
from utm.web_policy import GroupGoneError, ReferencedObjectGoneError

MCS_URL = "https://localhost:4443/sophos/management/ep"


@pytest.fixture
def sales(appliance):
    return appliance.create("epp", "endpoints_group", name="Sales", web_control=True)


def test_every_document_can_be_sealed_and_has_its_type(appliance, sales):
    documents = compile_endpoint_policies(appliance.snapshot, sales, mcs_url=MCS_URL)
    types = {app: read_compliance(seal(body)[1]).policy_type for app, body in documents.items()}
    assert types == {"ALC": 1, "SAV": 2, "TPROT": 191, "DEVCTL": 192}


def test_documents_read_back_as_compiled(appliance, sales):
    snapshot = appliance.snapshot
    bodies = compile_endpoint_policies(snapshot, sales, mcs_url=MCS_URL)
    sealed = {app: seal(body)[1] for app, body in bodies.items()}
    assert decode_sav_policy(sealed["SAV"]) == sav_policy(snapshot, sales)
    assert decode_tamper_policy(sealed["TPROT"]) == tamper_policy(snapshot, sales)
    assert decode_device_policy(sealed["DEVCTL"]) == device_policy(snapshot, sales)
    assert decode_alc_policy(sealed["ALC"]) == alc_policy(snapshot, sales, mcs_url=MCS_URL)


def test_the_antivirus_policy_of_the_group_is_followed(appliance, sales):
    lunch = appliance.create(
        "time", "recurring", name="Lunch", start_time="12:00:00", weekdays=["monday"]
    )
    strict = appliance.create(
        "epp",
        "av_policy",
        name="Strict",
        on_access_scanning=True,
        on_write=True,
        scan_for_pua=True,
        hips=True,
        scheduled_scanning=True,
        time_event=lunch,
    )
    appliance.change(sales, av_policy=strict)
    policy = sav_policy(appliance.snapshot, sales)
    assert (policy.on_access_scanning, policy.on_write, policy.on_read) == (True, True, False)
    assert (policy.scan_for_pua, policy.hips) == (True, True)
    assert policy.scheduled_scan == SavSchedule(name="Lunch", days=("monday",), times=("12:00:00",))


def test_antivirus_exceptions_are_for_the_groups_they_name(appliance, sales):
    for name, type_ in ((r"C:\build", "scanning_exclusions"), ("iso", "scanning_extensions")):
        appliance.create("epp", "av_exception", name=name, type=type_, endpoints_groups=[sales])
    policy = sav_policy(appliance.snapshot, sales)
    assert (policy.excluded_files, policy.extensions) == ((r"C:\build",), ("iso",))
    assert sav_policy(appliance.snapshot, "REF_EppEndDefault").excluded_files == ()


def test_antivirus_that_is_off_asks_for_nothing(appliance, sales):
    assert sav_policy(appliance.snapshot, sales).on_access_scanning
    appliance.set_node("epp.status.av", False)
    assert not sav_policy(appliance.snapshot, sales).on_access_scanning


def test_the_tamper_password_travels_as_its_hash_only(appliance, sales):
    appliance.set_node("epp.tamper_password", "correct horse")
    appliance.change(sales, tamper_protection=True)
    policy = tamper_policy(appliance.snapshot, sales)
    assert policy.enabled
    assert policy.password_hash == hashlib.sha256(b"correct horse").hexdigest()
    assert b"correct horse" not in policy.encode()
    assert not tamper_policy(appliance.snapshot, "REF_EppEndDefault").enabled


def test_device_classes_are_those_of_the_groups_policy(appliance, sales):
    chosen = appliance.create(
        "epp", "dc_policy", name="No sticks", removable_storage="read_only", modem="block_bridged"
    )
    appliance.change(sales, dc_policy=chosen)
    classes = device_policy(appliance.snapshot, sales).classes
    assert (classes["removable_storage"], classes["modem"]) == ("read_only", "block_bridged")
    assert classes["bluetooth"] == "allowed"
    appliance.set_node("epp.status.dc", False)
    assert set(device_policy(appliance.snapshot, sales).classes.values()) == {"allowed"}


def test_device_exceptions_are_allowed_or_as_restricted_as_their_class_can_be(appliance, sales):
    appliance.create(
        "epp", "dc_exception", name="a", device_id="USB-1", allowed_endpoints_groups=[sales]
    )
    for device_type in ("removable_storage", "wireless", "bluetooth"):
        appliance.create(
            "epp",
            "dc_exception",
            name=device_type,
            device_id=device_type,
            device_type=device_type,
            custom_blocked_endpoints_groups=[sales],
        )
    assert device_policy(appliance.snapshot, sales).exceptions == (
        DeviceException("USB-1", "removable_storage", "allowed"),
        DeviceException("removable_storage", "removable_storage", "read_only"),
        DeviceException("wireless", "wireless", "block_bridged"),
        DeviceException("bluetooth", "bluetooth", "blocked"),
    )
    assert device_policy(appliance.snapshot, "REF_EppEndDefault").exceptions == ()


def test_a_device_is_excepted_itself_unless_the_exception_is_generic(appliance, sales):
    device = appliance.create(
        "epp",
        "device",
        name="stick",
        device_id="KIND",
        instance_id="THIS",
        allowed_endpoints_groups=[sales],
    )
    assert device_policy(appliance.snapshot, sales).exceptions[0].device_id == "THIS"
    appliance.change(device, generic_flag=True)
    assert device_policy(appliance.snapshot, sales).exceptions[0].device_id == "KIND"


def test_updates_come_from_liveconnect_through_the_groups_proxy(appliance, sales):
    policy = alc_policy(appliance.snapshot, sales, mcs_url=MCS_URL)
    assert policy.server_url == "https://localhost:4443/software"
    assert policy.proxy_address == ""
    appliance.change(sales, proxy_support=True, proxy_address="proxy.example", proxy_port=3128)
    policy = alc_policy(appliance.snapshot, sales, mcs_url=MCS_URL)
    assert (policy.proxy_address, policy.proxy_port) == ("proxy.example", 3128)


def test_features_are_those_that_are_switched_on(appliance, sales):
    def features(group):
        return alc_policy(appliance.snapshot, group, mcs_url=MCS_URL).features

    assert features(sales) == ("AV", "CORE", "DVCCNTRL", "SAV", "WEBCNTRL")
    assert "WEBCNTRL" not in features("REF_EppEndDefault")
    appliance.set_node("epp.status.dc", False)
    assert "DVCCNTRL" not in features(sales)


def test_the_device_classes_of_confd_and_the_document_are_the_same(appliance):
    stored = appliance.confd.get("REF_EppDcpAllow")
    assert set(stored.attributes) - {"name", "comment"} == set(DEVICE_CLASSES)


def test_a_group_or_policy_that_is_gone_has_a_named_error(appliance, sales):
    snapshot = appliance.snapshot
    with pytest.raises(GroupGoneError):
        compile_endpoint_policies(snapshot, "REF_Nothing", mcs_url=MCS_URL)
    kept = {ref: each for ref, each in snapshot.objects.items() if ref != "REF_EppAvpAllow"}
    with pytest.raises(ReferencedObjectGoneError, match="av_policy: REF_EppAvpAllow"):
        sav_policy(Snapshot(1, MappingProxyType(kept), snapshot.nodes), sales)
