"""Computer Management > Manage Computers: who is there, what they enforce, and what to do.

- Live: rows are made anew when something was reported, and as time passes.
- Moving and accepting are changes of the configuration, all chosen computers in one. Removing and
  restoring are asked of LiveConnect, which tells when it is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web
from sqlite_utils import Database

from foundation.errors import DomainError
from utm.confd import Confd, Edit, Snapshot, move_endpoint
from utm.epsecd import changesets, hops
from utm.epsecd.changesets import StoredChangeset, Wanted
from utm.naming import NoSuchEndpointError, group_ref
from utm.reading import computers_view
from utm.webadmin.filters import counted
from utm.webadmin.forms import Choice
from utm.webadmin.listing import Listing, listing
from utm.webadmin.live import Parts, stream
from utm.webadmin.page import Page
from utm.webadmin.standing import POLL_S, Standing, standing_of
from utm.webadmin.visit import Visit, visit_of

PATH: Final = "/endpoint-protection/computer-management/computers"
SHOWN: Final = ("q", "group", "standing")
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Row:
    """One computer as the table shows it; `computer` is that of `endpoints_view`."""

    computer: Mapping[str, Any]
    is_accepted: bool
    wants_tamper_protection: bool
    kind: str
    standing: Standing

    @property
    def id(self) -> str:
        """The id of the table's row."""
        return f"pc-{self.computer['id']}"

    @property
    def path(self) -> str:
        """Where its own page is."""
        return f"{PATH}/{quote(self.computer['id'], safe='')}"


@dataclass(frozen=True, slots=True)
class Known:
    """What was read, all of one moment."""

    computers: Sequence[Mapping[str, Any]]
    snapshot: Snapshot
    newest: StoredChangeset | None
    wanted: Wanted | None
    poll_s: float


def read_known(db: Database) -> Known:
    """Read computers, configuration and the newest changeset."""
    newest = changesets.newest(db)
    wanted = changesets.wanted(db, newest.epoch, newest.number) if newest else None
    snapshot = Confd(db).snapshot()
    poll_s = hops.poll_interval_s(db) or POLL_S
    return Known(computers_view(db, snapshot, wanted), snapshot, newest, wanted, poll_s)


def rows_of(known: Known, now: datetime, zone: tzinfo) -> list[Row]:
    """Return every computer, by name."""
    rows = [_row(known, computer, now, zone) for computer in known.computers]
    return sorted(rows, key=lambda row: (row.computer["name"].casefold(), row.computer["id"]))


def groups_to_choose(snapshot: Snapshot) -> tuple[Choice, ...]:
    """Return the endpoint groups by name."""
    groups = sorted(snapshot.endpoint_groups(), key=lambda group: group.name.casefold())
    return tuple(Choice(group.ref, group.name) for group in groups)


@routes.get(PATH)
async def show(request: web.Request) -> web.Response:
    """Show the table."""
    visit = visit_of(request)
    known = await visit.read(read_known)
    return visit.page(
        "computers/list.html",
        listing=_shown(visit, known),
        groups=groups_to_choose(known.snapshot),
        newest=known.newest,
        list_path=PATH,
        events=f"{PATH}/events?{request.query_string}",
    )


@routes.get(f"{PATH}/events")
async def events(request: web.Request) -> web.StreamResponse:
    """Send the rows that change."""
    visit = visit_of(request)

    async def make() -> Parts:
        rows = _shown(visit, await visit.read(read_known)).rows
        html = {row.id: visit.part("computers/row.html", row=row) for row in rows}
        html = html or {"no-computers": visit.part("computers/none.html")}
        return Parts(html, {"computers": list(html)})

    return await stream(visit, make)


@routes.get(f"{PATH}/{{id}}")
async def show_one(request: web.Request) -> web.Response:
    """Show one computer and what each of its components said last."""
    visit = visit_of(request)
    known = await visit.read(read_known)
    row = _find(rows_of(known, visit.now, visit.zone), request.match_info["id"])
    wanted = known.wanted.on(row.computer["id"]) if known.wanted else {}
    found = known.snapshot.find(row.computer["ref"])
    return visit.page(
        "computers/computer.html",
        row=row,
        object=found,
        apps=sorted({*wanted, *row.computer["statuses"]}),
        wanted=wanted,
        groups=groups_to_choose(known.snapshot),
        list_path=PATH,
    )


@routes.post(PATH)
async def act(request: web.Request) -> web.Response:
    """Do something with the chosen computers."""
    visit = visit_of(request)
    action, _, given = visit.form.get("action", "").partition(":")
    # A button of one row names its computer; the toolbar's mean those that are ticked.
    chosen = [given] if given else visit.form.getall("id", [])
    known = await visit.read(read_known)
    computers = [_find(rows_of(known, visit.now, visit.zone), id_).computer for id_ in chosen]
    if not computers:
        visit.say("Choose the computers first.", "warning")
    elif action == "move":
        await _move(visit, computers, visit.form.get("group", ""))
    elif action in ("accept", "unaccept"):
        await _accept(visit, computers, is_accepted=action == "accept")
    elif action in ("remove", "restore"):
        await _ask_liveconnect(visit, computers, f"endpoint_{action}")
    else:
        raise web.HTTPBadRequest
    back = visit.form.get("back", "")
    return visit.go(back if back.startswith(f"{PATH}/") else PATH)


async def _move(visit: Visit, computers: Sequence[Mapping[str, Any]], group: str) -> None:
    def move(edit: Edit) -> str:
        target = group_ref(edit, group)
        for one in computers:
            move_endpoint(edit, one["ref"], target)
        return edit.get(target).name

    edited = await visit.edit(f"{_names(computers)} moved", move)
    for one in computers:
        values = {"computer": one["name"], "group": edited.result}
        await visit.utm.say("endpoint_moved", values)


async def _accept(
    visit: Visit, computers: Sequence[Mapping[str, Any]], *, is_accepted: bool
) -> None:
    def accept(edit: Edit) -> None:
        for one in computers:
            edit.change(one["ref"], {"accepted": is_accepted})

    word = "accepted" if is_accepted else "no longer accepted"
    await visit.edit(f"{_names(computers)} {word}", accept)


async def _ask_liveconnect(visit: Visit, computers: Sequence[Mapping[str, Any]], verb: str) -> None:
    word = "removed" if verb == "endpoint_remove" else "restored"
    for one in computers:
        try:
            await visit.utm.verbs[verb](endpoint=one["id"])
        except DomainError as error:
            visit.say(f"{one['name']} was not {word}: {error}. {error.hint}", "error")
            return
    visit.say(f"LiveConnect was told: {_names(computers)} {word}.")


def _names(computers: Sequence[Mapping[str, Any]]) -> str:
    if len(computers) == 1:
        return str(computers[0]["name"])
    return counted(len(computers), "computer")


def _row(known: Known, computer: Mapping[str, Any], now: datetime, zone: tzinfo) -> Row:
    found = known.snapshot.find(computer["ref"])
    group = known.snapshot.find(computer["group_ref"])
    wanted = known.wanted.on(computer["id"]) if known.wanted else {}
    return Row(
        computer=computer,
        is_accepted=found is not None and found.is_on("accepted"),
        wants_tamper_protection=group is not None and group.is_on("tamper_protection"),
        kind=found.text("endpoint_type") if found is not None else "",
        standing=standing_of(computer, known.newest, wanted, now, poll_s=known.poll_s, zone=zone),
    )


def _shown(visit: Visit, known: Known) -> Listing[Row]:
    rows = rows_of(known, visit.now, visit.zone)
    group, kind = visit.query.get("group", ""), visit.query.get("standing", "")
    if group:
        rows = [row for row in rows if row.computer["group_ref"] == group]
    if kind:
        rows = [row for row in rows if row.standing.kind == kind]
    return listing(rows, visit.query, text_of=_searched, names=SHOWN)


def _searched(row: Row) -> str:
    one = row.computer
    words = (one["name"], one["id"], one["group"], one["operating_system"], row.standing.text)
    return " ".join(words)


def _find(rows: Sequence[Row], endpoint_id: str) -> Row:
    for row in rows:
        if row.computer["id"] == endpoint_id:
            return row
    raise NoSuchEndpointError(f"there is no computer {endpoint_id!r}")


PAGE = Page(routes=routes)
