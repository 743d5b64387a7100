"""Computer Management > Manage Groups: what a group of computers gets, and who is in it.

- A computer is in one group at most: choosing it here takes it out of the other. In none, it
  counts as a member of the default group.
"""

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from markupsafe import Markup

from utm.confd import AttributeRefusedError, Edit, Object, Snapshot, move_endpoint
from utm.confd.values import Value
from utm.webadmin.forms import Fieldset, FormPlan
from utm.webadmin.markup import pill, yes_no
from utm.webadmin.object_pages import Column, ObjectPages
from utm.webadmin.page import Page
from utm.webadmin.pages.objects import names_column

PATH: Final = "/endpoint-protection/computer-management/groups"
_TYPE: Final = "epp/endpoints_group"
_HIGHEST_PORT: Final = 65535


def members_of(group: Object, snapshot: Snapshot) -> int:
    """Return how many computers are in a group, those in none counted with the default one."""
    listed, default = snapshot.listed_endpoints(), snapshot.get(snapshot.default_group_ref)
    computers = snapshot.of_class("epp", "endpoint")
    return sum(listed.get(one.ref, default).ref == group.ref for one in computers)


def _default_mark(group: Object, snapshot: Snapshot) -> Markup | str:
    return pill("default", "info") if group.ref == snapshot.default_group_ref else ""


def _settle(edit: Edit, ref: str, attributes: Mapping[str, Value]) -> None:
    """Let nobody be in two groups, no two groups have one name, and no proxy be half set."""
    for other in edit.objects("epp", "endpoints_group"):
        if other.ref != ref and other.name == attributes.get("name"):
            raise AttributeRefusedError(_TYPE, "name", "another group has this name")
    group = edit.get(ref)
    if group.is_on("proxy_support"):
        if not group.text("proxy_address"):
            raise AttributeRefusedError(_TYPE, "proxy_address", "is needed for a proxy")
        if not 0 < group.number("proxy_port") <= _HIGHEST_PORT:
            problem = f"needs a number from 1 to {_HIGHEST_PORT}"
            raise AttributeRefusedError(_TYPE, "proxy_port", problem)
    for computer in group.texts("endpoints"):
        move_endpoint(edit, computer, ref)


PLAN: Final = FormPlan(
    fieldsets=(
        Fieldset("", ("name", "comment")),
        Fieldset("Protection", ("av_policy", "dc_policy", "tamper_protection", "web_control")),
        Fieldset("Computers", ("endpoints",)),
        Fieldset(
            "AutoUpdate proxy",
            ("proxy_support", "proxy_address", "proxy_port", "proxy_user", "proxy_password"),
        ),
    ),
    labels={
        "av_policy": "Antivirus policy",
        "dc_policy": "Device policy",
        "web_control": "Web control",
        "endpoints": "Members",
        "proxy_support": "Use a proxy server for updates",
        "proxy_address": "Proxy address",
        "proxy_port": "Proxy port",
        "proxy_user": "User name",
        "proxy_password": "Password",
    },
    help={
        "endpoints": "A computer that is chosen here leaves the group it was in. One that is in "
        "no group counts as a member of the default group.",
        "tamper_protection": "The password is set under Advanced.",
        "web_control": "Which profile decides is shown under Web Control.",
    },
    defaults={"web_control": True},
)

GROUPS: Final = ObjectPages(
    _TYPE,
    PATH,
    "group",
    plan=PLAN,
    badge=_default_mark,
    columns=(
        Column("Computers", members_of),
        names_column("Antivirus", "av_policy", none="none"),
        names_column("Device control", "dc_policy", none="none"),
        Column("Tamper protection", lambda one, _: yes_no(one.is_on("tamper_protection"))),
        Column("Web control", lambda one, _: yes_no(one.is_on("web_control"))),
    ),
    intro="Policies go to groups, and every computer is in one group.",
    after_save=_settle,
)
PAGE = Page(routes=web.RouteTableDef(), objects=(GROUPS,))
