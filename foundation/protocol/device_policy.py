"""The device control policy (DEVCTL).

* The classes of devices and what each may be set to are those of ``epp/dc_policy``.
* An exception for one device beats the setting of its class.
* A class or an access that nobody knows is refused, so that a device is never let in by mistake.
* ``encode`` leaves RevID blank; whoever serves the policy seals it.

Provenance: ours; no public source shows this document. Classes and words: public REST classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from foundation.protocol.names import DEVCTL, DEVICE_CONTROL_NAMESPACE, POLICY_TYPES
from foundation.protocol.policies import (
    COMPLIANCE_XMLNS,
    PolicyRefusedError,
    compliance_element,
    compliance_of,
    read_policy,
)
from foundation.protocol.xml_writing import attribute

ALLOWED, BLOCKED = "allowed", "blocked"
READ_ONLY, BLOCK_BRIDGED = "read_only", "block_bridged"

DEVICE_CLASSES: Mapping[str, tuple[str, ...]] = {
    "bluetooth": (ALLOWED, BLOCKED),
    "encrypted_storage": (ALLOWED, BLOCKED),
    "floppy_drive": (ALLOWED, READ_ONLY, BLOCKED),
    "infrared": (ALLOWED, BLOCKED),
    "modem": (ALLOWED, BLOCK_BRIDGED, BLOCKED),
    "optical_drive": (ALLOWED, READ_ONLY, BLOCKED),
    "removable_storage": (ALLOWED, READ_ONLY, BLOCKED),
    "wireless": (ALLOWED, BLOCK_BRIDGED, BLOCKED),
}
"""The classes of devices and what each may be set to."""

_TYPE = "device-control"


@dataclass(frozen=True, slots=True)
class DeviceException:
    """What one device may do, whatever its class."""

    device_id: str
    device_type: str
    access: str = ALLOWED


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePolicy:
    """Access per class, in any order, and the exceptions; ``rev_id`` is read, never written."""

    classes: Mapping[str, str]
    exceptions: tuple[DeviceException, ...] = ()
    rev_id: str = field(default="", compare=False)

    def access_to(self, device_type: str, device_id: str) -> str:
        """Return what a device may do; a class that is not named is allowed."""
        for exception in self.exceptions:
            if (exception.device_type, exception.device_id) == (device_type, device_id):
                return exception.access
        return self.classes.get(device_type, ALLOWED)

    def encode(self) -> bytes:
        """Return the document with a blank RevID; equal policies give equal bytes."""
        classes = "".join(
            f'<class name="{attribute(name)}" access="{attribute(access)}"/>'
            for name, access in sorted(self.classes.items())
        )
        exceptions = "".join(
            f'<exception class="{attribute(each.device_type)}" '
            f'device="{attribute(each.device_id)}" access="{attribute(each.access)}"/>'
            for each in self.exceptions
        )
        return (
            f'<?xml version="1.0"?>\n<policy {COMPLIANCE_XMLNS} type="{_TYPE}">'
            f"{compliance_element(POLICY_TYPES[DEVCTL])}"
            f'<configuration xmlns="{DEVICE_CONTROL_NAMESPACE}"><classes>{classes}</classes>'
            f"<exceptions>{exceptions}</exceptions></configuration></policy>"
        ).encode()


def decode_device_policy(document: bytes) -> DevicePolicy:
    """Read a device control policy.

    Raises:
        PolicyRefusedError: malformed, not one csc:Comp, another document, or a class or an
            access that nobody knows.
    """
    root = read_policy(document)
    compliance = compliance_of(root)
    settings = root.first("configuration")
    if root.attribute("type") != _TYPE or not settings.has("classes"):
        raise PolicyRefusedError("The document is not a device control policy.")
    classes = {
        each.attribute("name"): _access(each.attribute("name"), each.attribute("access"))
        for each in settings.first("classes").all("class")
    }
    exceptions = tuple(
        DeviceException(
            device_id=each.attribute("device"),
            device_type=each.attribute("class"),
            access=_access(each.attribute("class"), each.attribute("access")),
        )
        for each in settings.first("exceptions").all("exception")
    )
    return DevicePolicy(classes=classes, exceptions=exceptions, rev_id=compliance.rev_id)


def _access(device_class: str, access: str) -> str:
    if access not in DEVICE_CLASSES.get(device_class, ()):
        raise PolicyRefusedError(
            f"Devices of class {device_class[:40]!r} cannot be {access[:40]!r}."
        )
    return access
