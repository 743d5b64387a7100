"""Definitions, and every other class of objects: lists and forms made from their descriptions."""

from collections.abc import Collection
from types import MappingProxyType
from typing import Any, Final

from aiohttp import web

from utm.confd import Confd, NoSuchObjectError, Object, Snapshot
from utm.confd.classes import object_classes
from utm.webadmin.filters import shortened
from utm.webadmin.forms import NOT_MADE_HERE, Fieldset, FormPlan
from utm.webadmin.object_pages import Column, ObjectPages
from utm.webadmin.page import Page
from utm.webadmin.visit import visit_of

_LONGEST_CELL: Final = 120
_DAYS: Final = MappingProxyType(
    {
        "Mon": "Monday",
        "Tue": "Tuesday",
        "Wed": "Wednesday",
        "Thu": "Thursday",
        "Fri": "Friday",
        "Sat": "Saturday",
        "Sun": "Sunday",
    }
)


def text_column(title: str, attribute: str) -> Column:
    """Return a column that shows an attribute; a list is joined, a switch is yes or no."""

    def cell(one: Object, _snapshot: Snapshot) -> Any:
        value = one.attributes[attribute]
        if isinstance(value, bool):
            return "yes" if value else "no"
        text = ", ".join(value) if isinstance(value, tuple) else str(value)
        return shortened(text, _LONGEST_CELL)

    return Column(title, cell)


def names_column(title: str, attribute: str, *, none: str = "") -> Column:
    """Return a column with the names of the objects that an attribute refers to."""

    def cell(one: Object, snapshot: Snapshot) -> str:
        value = one.attributes[attribute]
        refs = value if isinstance(value, tuple) else (value,)
        found = [snapshot.find(ref) for ref in refs if ref]
        names = ", ".join(each.name if each else "(gone)" for each in found)
        return shortened(names, _LONGEST_CELL) or none

    return Column(title, cell)


_ADDRESS: Final = text_column("Address", "address")
_PORTS: Final = (text_column("From port", "dst_low"), text_column("To port", "dst_high"))
_MEMBERS: Final = names_column("Members", "members")

_RECURRING: Final = FormPlan(
    fieldsets=(
        Fieldset("", ("name", "comment")),
        Fieldset("When", ("weekdays", "start_time", "end_time")),
    ),
    words={"weekdays": _DAYS},
    labels={"start_time": "From", "end_time": "Until"},
)

_SERVICE: Final = FormPlan(
    fieldsets=(Fieldset("", ("name", "dst_low", "dst_high", "comment")),),
    labels={"dst_low": "From port", "dst_high": "To port"},
)
_SINGLE: Final = FormPlan(
    fieldsets=(
        Fieldset("", ("name", "comment")),
        Fieldset("When", ("start_date", "start_time", "end_date", "end_time")),
    ),
    labels={
        "start_date": "From date",
        "start_time": "From time",
        "end_date": "Until date",
        "end_time": "Until time",
    },
)
_USER: Final = FormPlan(
    fieldsets=(Fieldset("", ("name", "realname", "email_primary", "enabled", "comment")),),
    labels={"realname": "Real name", "email_primary": "Email address"},
)
_HOST: Final = FormPlan(labels={"address6": "IPv6 address", "hostnames": "Host names"})


def _pages(full_type: str, path: str, title: str, *columns: Column, **more: Any) -> ObjectPages:
    return ObjectPages(full_type, f"/definitions/{path}", title, columns=columns, **more)


PAGE = Page(
    objects=(
        _pages("network/host", "networks/hosts", "host", _ADDRESS, plan=_HOST),
        _pages(
            "network/network",
            "networks/networks",
            "network",
            _ADDRESS,
            text_column("Netmask", "netmask"),
        ),
        _pages("network/dns_host", "networks/dns-hosts", "DNS host", _ADDRESS),
        _pages("network/group", "networks/groups", "network group", _MEMBERS),
        _pages("service/tcp", "services/tcp", "TCP service", *_PORTS, plan=_SERVICE),
        _pages("service/udp", "services/udp", "UDP service", *_PORTS, plan=_SERVICE),
        _pages(
            "time/recurring",
            "times/recurring",
            "recurring time period",
            text_column("Days", "weekdays"),
            text_column("From", "start_time"),
            text_column("Until", "end_time"),
            plan=_RECURRING,
        ),
        _pages(
            "time/single",
            "times/single",
            "single time period",
            text_column("From", "start_date"),
            text_column("Until", "end_date"),
            plan=_SINGLE,
        ),
        _pages(
            "aaa/user",
            "users/users",
            "user",
            text_column("Real name", "realname"),
            text_column("Enabled", "enabled"),
            plan=_USER,
        ),
        _pages("aaa/group", "users/groups", "user group", _MEMBERS),
    )
)


def generic_pages(*, known: Collection[str]) -> tuple[ObjectPages, ...]:
    """Return pages for every class that has none of its own."""
    return tuple(
        ObjectPages(
            full_type,
            f"/objects/{full_type}",
            class_.title,
            is_made_here=full_type not in NOT_MADE_HERE,
        )
        for full_type, class_ in object_classes().items()
        if full_type not in known
    )


open_routes = web.RouteTableDef()


@open_routes.get(r"/objects/{class}/{type}/{ref:REF_[A-Za-z0-9_]+}")
async def show_open(request: web.Request) -> web.Response:
    """Show an object of a class that nothing describes; the REST API keeps such objects."""
    visit = visit_of(request)
    ref = request.match_info["ref"]
    found = await visit.read(lambda db: Confd(db).find(ref))
    full_type = f"{request.match_info['class']}/{request.match_info['type']}"
    if found is None or found.full_type != full_type:
        raise NoSuchObjectError(ref)
    return visit.page("objects/open.html", object=found, document=found.document())
