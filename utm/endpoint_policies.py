"""Antivirus, tamper protection, device control and AutoUpdate policies of an endpoint group.

- Pure functions of a snapshot; documents leave with a blank RevID, whoever sends them seals them.
- A feature that is switched off (nodes epp.status.av and epp.status.dc) gives a policy that asks
  for nothing: nothing scanned, every device allowed (inferred: the nodes are the feature tabs).
- Device exceptions: named in `allowed_endpoints_groups` a device is allowed; named in
  `custom_blocked_endpoints_groups` it is read-only or kept from bridging, whichever its class
  knows (documented), else blocked (ours).
- The tamper password leaves the appliance as its SHA-256 only.
- Where updates come from is LiveConnect itself, below its own `/software` (ours).
"""

import hashlib
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from foundation.protocol.alc_policy import AlcPolicy
from foundation.protocol.device_policy import (
    ALLOWED,
    BLOCK_BRIDGED,
    BLOCKED,
    DEVICE_CLASSES,
    READ_ONLY,
    DeviceException,
    DevicePolicy,
)
from foundation.protocol.names import ALC, DEVCTL, SAV, TPROT
from foundation.protocol.sav_policy import SavPolicy, SavSchedule
from foundation.protocol.tamper_policy import TamperPolicy
from utm.confd.objects import Object
from utm.confd.snapshot import Snapshot
from utm.web_policy.profiles import group_of
from utm.web_policy.reading import Reading

SOFTWARE_PATH: Final = "/software"
_SCHEDULE_ATTRIBUTES: Final = frozenset({"scheduled_scanning", "time_event", "name", "comment"})


def compile_endpoint_policies(
    snapshot: Snapshot, group_ref: str, *, mcs_url: str
) -> dict[str, bytes]:
    """Return the policy documents of a group by app id, each with a blank RevID.

    Args:
        snapshot: The configuration.
        group_ref: The endpoint group.
        mcs_url: Where endpoints reach LiveConnect.

    Raises:
        GroupGoneError: If there is no such endpoint group.
        ReferencedObjectGoneError: If the group names a policy that is gone.
    """
    return {
        ALC: alc_policy(snapshot, group_ref, mcs_url=mcs_url).encode(),
        SAV: sav_policy(snapshot, group_ref).encode(),
        TPROT: tamper_policy(snapshot, group_ref).encode(),
        DEVCTL: device_policy(snapshot, group_ref).encode(),
    }


def alc_policy(snapshot: Snapshot, group_ref: str, *, mcs_url: str) -> AlcPolicy:
    """Compile the AutoUpdate policy: LiveConnect's software, the group's proxy, its features.

    Raises:
        GroupGoneError: If there is no such endpoint group.
    """
    group = group_of(Reading(snapshot), group_ref)
    parts = urlsplit(mcs_url)
    has_proxy = group.is_on("proxy_support")
    return AlcPolicy(
        server_url=urlunsplit((parts.scheme, parts.netloc, SOFTWARE_PATH, "", "")),
        proxy_address=group.text("proxy_address") if has_proxy else "",
        proxy_port=group.number("proxy_port") if has_proxy else 0,
        proxy_user=group.text("proxy_user") if has_proxy else "",
        proxy_password=group.text("proxy_password") if has_proxy else "",
        features=_features(snapshot, group),
    )


def sav_policy(snapshot: Snapshot, group_ref: str) -> SavPolicy:
    """Compile the antivirus policy of a group with the exceptions made for it.

    Raises:
        GroupGoneError: If there is no such endpoint group.
        ReferencedObjectGoneError: If the group names a policy that is gone.
    """
    reading = Reading(snapshot)
    group = group_of(reading, group_ref)
    chosen = reading.follow(group, "av_policy")
    if chosen is None or not snapshot.node("epp.status.av"):
        return SavPolicy()
    settings: dict[str, Any] = {
        name: chosen.is_on(name) for name in chosen.attributes if name not in _SCHEDULE_ATTRIBUTES
    }
    exceptions = [
        each
        for each in reading.follow_node("epp.exceptions.av")
        if group.ref in each.texts("endpoints_groups")
    ]
    return SavPolicy(
        **settings,
        scheduled_scan=_schedule(reading, chosen),
        excluded_files=_named(exceptions, "scanning_exclusions"),
        extensions=_named(exceptions, "scanning_extensions"),
    )


def tamper_policy(snapshot: Snapshot, group_ref: str) -> TamperPolicy:
    """Compile the tamper protection policy of a group.

    Raises:
        GroupGoneError: If there is no such endpoint group.
    """
    group = group_of(Reading(snapshot), group_ref)
    password: str = snapshot.node("epp.tamper_password")
    return TamperPolicy(
        enabled=group.is_on("tamper_protection"),
        password_hash=hashlib.sha256(password.encode()).hexdigest() if password else "",
    )


def device_policy(snapshot: Snapshot, group_ref: str) -> DevicePolicy:
    """Compile the device control policy of a group with the exceptions made for it.

    Raises:
        GroupGoneError: If there is no such endpoint group.
        ReferencedObjectGoneError: If the group names a policy that is gone.
    """
    reading = Reading(snapshot)
    group = group_of(reading, group_ref)
    chosen = reading.follow(group, "dc_policy")
    if chosen is None or not snapshot.node("epp.status.dc"):
        return DevicePolicy(classes=dict.fromkeys(DEVICE_CLASSES, ALLOWED))
    devices = (*reading.follow_node("epp.exceptions.dc"), *reading.follow_node("epp.devices"))
    exceptions = (_device_exception(each, group.ref) for each in devices)
    return DevicePolicy(
        classes={name: chosen.text(name) for name in DEVICE_CLASSES},
        exceptions=tuple(each for each in exceptions if each is not None),
    )


def _features(snapshot: Snapshot, group: Object) -> tuple[str, ...]:
    features = ["CORE"]
    if snapshot.node("epp.status.av"):
        features += ["AV", "SAV"]
    if snapshot.node("epp.status.dc"):
        features.append("DVCCNTRL")
    if snapshot.node("epp.status.wc") and group.is_on("web_control"):
        features.append("WEBCNTRL")
    return tuple(sorted(features))


def _schedule(reading: Reading, chosen: Object) -> SavSchedule | None:
    event = reading.follow(chosen, "time_event")
    if event is None or not chosen.is_on("scheduled_scanning"):
        return None
    if event.full_type != "time/recurring":
        return None
    return SavSchedule(
        name=event.name, days=event.texts("weekdays"), times=(event.text("start_time"),)
    )


def _named(exceptions: list[Object], type_: str) -> tuple[str, ...]:
    return tuple(each.name for each in exceptions if each.text("type") == type_)


def _device_exception(device: Object, group_ref: str) -> DeviceException | None:
    device_type = device.text("device_type")
    if group_ref in device.texts("allowed_endpoints_groups"):
        access = ALLOWED
    elif group_ref in device.texts("custom_blocked_endpoints_groups"):
        known = DEVICE_CLASSES[device_type]
        access = next((each for each in (READ_ONLY, BLOCK_BRIDGED) if each in known), BLOCKED)
    else:
        return None
    return DeviceException(_identity(device), device_type, access)


def _identity(device: Object) -> str:
    """Return what endpoints know a device by: its kind if the exception is generic, else itself."""
    is_single = "generic_flag" in device.attributes and not device.is_on("generic_flag")
    instance = device.text("instance_id") if is_single else ""
    return instance or device.text("device_id")
