"""Device Control > Policies, Exceptions and the devices that endpoints named."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from markupsafe import Markup

from utm.confd import AttributeRefusedError, Edit, Object, Snapshot
from utm.confd.values import Value
from utm.webadmin.forms import Fieldset, FormPlan
from utm.webadmin.markup import pill
from utm.webadmin.object_pages import Column, ObjectPages
from utm.webadmin.page import Page
from utm.webadmin.pages.antivirus import USED_BY
from utm.webadmin.pages.objects import names_column, text_column

BASE: Final = "/endpoint-protection/device-control"
CLASSES: Final = {
    "removable_storage": "Removable storage",
    "encrypted_storage": "Encrypted storage",
    "optical_drive": "Optical drives",
    "floppy_drive": "Floppy drives",
    "modem": "Modems",
    "wireless": "Wireless",
    "bluetooth": "Bluetooth",
    "infrared": "Infrared",
}
_ACCESS: Final = {
    "allowed": "Allowed",
    "read_only": "Read only",
    "block_bridged": "Block bridged",
    "blocked": "Blocked",
}


def _restricted(one: Object, _snapshot: Snapshot) -> Markup:
    """Return a word for each class of devices that is not simply allowed."""
    words = [
        pill(f"{title}: {_ACCESS[one.text(name)].lower()}", "warning")
        for name, title in CLASSES.items()
        if one.text(name) != "allowed"
    ]
    return Markup(" ").join(words) if words else pill("all allowed", "ok")


def _check_groups(edit: Edit, ref: str, _attributes: Mapping[str, Value]) -> None:
    """Let no group both allow and restrict a device."""
    one = edit.get(ref)
    both = {*one.texts("allowed_endpoints_groups")} & {
        *one.texts("custom_blocked_endpoints_groups")
    }
    if both:
        names = ", ".join(sorted(edit.get(each).name for each in both))
        problem = f"{names}: already among the groups that allow it"
        raise AttributeRefusedError(one.full_type, "custom_blocked_endpoints_groups", problem)


POLICIES: Final = ObjectPages(
    "epp/dc_policy",
    f"{BASE}/policies",
    "device policy",
    plan=FormPlan(
        fieldsets=(
            Fieldset("", ("name", "comment")),
            Fieldset("Devices", tuple(CLASSES)),
        ),
        labels=CLASSES,
        words=dict.fromkeys(CLASSES, _ACCESS),
    ),
    columns=(USED_BY, Column("Restricted", _restricted)),
)

_LABELS: Final = {
    "device_id": "Device id",
    "allowed_endpoints_groups": "Allowed for",
    "custom_blocked_endpoints_groups": "Read only or bridged for",
}
_HELP: Final = {
    "allowed_endpoints_groups": "Computers of these groups may use the device in full.",
    "custom_blocked_endpoints_groups": "Read only, or kept from bridging, whichever this kind of "
    "device knows.",
}
_COLUMNS: Final = (
    Column("Kind", lambda one, _: CLASSES[one.text("device_type")]),
    text_column("Device id", "device_id"),
    names_column("Allowed for", "allowed_endpoints_groups"),
    names_column("Read only or bridged for", "custom_blocked_endpoints_groups"),
)
_GROUPS: Final = ("allowed_endpoints_groups", "custom_blocked_endpoints_groups")

EXCEPTIONS: Final = ObjectPages(
    "epp/dc_exception",
    f"{BASE}/exceptions",
    "device exception",
    plan=FormPlan(
        fieldsets=(
            Fieldset("", ("name", "device_type", "device_id", "comment")),
            Fieldset("Groups", _GROUPS),
        ),
        labels=_LABELS,
        help=_HELP,
        words={"device_type": CLASSES},
    ),
    columns=_COLUMNS,
    after_save=_check_groups,
)

DEVICES: Final = ObjectPages(
    "epp/device",
    f"{BASE}/devices",
    "device",
    plan=FormPlan(
        fieldsets=(
            Fieldset("", ("name", "device_type", "device_id", "generic_flag", "comment")),
            Fieldset("Groups", _GROUPS),
            Fieldset(
                "Where it was seen",
                ("product_name", "instance_id", "last_endpoint"),
                is_folded=True,
            ),
        ),
        labels={**_LABELS, "generic_flag": "Apply to all devices with this device id"},
        help=_HELP,
        words={"device_type": CLASSES},
    ),
    columns=_COLUMNS,
    intro="Devices that endpoints named, or that somebody entered here.",
    after_save=_check_groups,
)
PAGE = Page(routes=web.RouteTableDef(), objects=(POLICIES, EXCEPTIONS, DEVICES))
