"""Web Control: for which groups it is on, which profile decides, and what is probably not meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web

from foundation.errors import DomainError
from utm.confd import Object, Snapshot
from utm.web_policy import WebPolicyError, deciding_action
from utm.web_policy.lint import lint
from utm.web_policy.profiles import group_of, profiles_of
from utm.web_policy.reading import Reading
from utm.webadmin.page import Page
from utm.webadmin.pages.groups import members_of
from utm.webadmin.visit import visit_of

PATH: Final = "/endpoint-protection/web-control"
SWITCH: Final = "epp.status.wc"
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Warned:
    """A finding of the linter and the object that it is about."""

    sentence: str
    code: str
    about: Object | None


@dataclass(frozen=True, slots=True)
class GroupControl:
    """What Web Control is for one group."""

    group: Object
    computers: int
    is_on: bool
    profile: Object | None
    action: Object | None
    warnings: Sequence[Warned]
    problem: str = ""


def group_controls(snapshot: Snapshot, now: datetime) -> list[GroupControl]:
    """Return every endpoint group, by name."""
    groups = sorted(snapshot.endpoint_groups(), key=lambda group: group.name.casefold())
    return [_control(snapshot, group, now) for group in groups]


def _control(snapshot: Snapshot, group: Object, now: datetime) -> GroupControl:
    is_on = group.is_on("web_control") and bool(snapshot.node(SWITCH))
    computers = members_of(group, snapshot)
    if not is_on:
        return GroupControl(group, computers, group.is_on("web_control"), None, None, ())
    reading = Reading(snapshot)
    try:
        profile = profiles_of(reading, group_of(reading, group.ref))[0]
        action = deciding_action(snapshot, group.ref)
        found = lint(snapshot, now=now, group_ref=group.ref)
    except WebPolicyError as error:
        return GroupControl(group, computers, True, None, None, (), f"{error}. {error.hint}")
    warnings = [Warned(each.sentence, each.code, snapshot.find(each.ref)) for each in found]
    return GroupControl(group, computers, True, profile, action, warnings)


@routes.get(PATH)
async def show(request: web.Request) -> web.Response:
    """Show the switch and the groups."""
    visit = visit_of(request)
    snapshot = await visit.snapshot()
    return visit.page(
        "web_control/web_control.html",
        is_on=bool(snapshot.node(SWITCH)),
        controls=group_controls(snapshot, visit.now),
        action=PATH,
    )


@routes.post(PATH)
async def change(request: web.Request) -> web.Response:
    """Switch Web Control on or off, as a whole or for a group."""
    visit = visit_of(request)
    group, on = visit.form.get("group", ""), visit.form.get("switch") == "on"
    word = "on" if on else "off"
    try:
        if group:
            found = (await visit.snapshot()).get(group)
            await visit.edit(
                f"web control of {found.name} {word}",
                lambda edit: edit.change(found.ref, {"web_control": on}),
            )
        else:
            await visit.edit(f"web control {word}", lambda edit: edit.set_node(SWITCH, on))
    except DomainError as error:
        visit.say(f"{error}. {error.hint}", "error")
    return visit.go(PATH)


PAGE = Page(routes=routes)
