"""WebAdmin Settings > Change Log: one change, and every change of one object."""

import json
from dataclasses import replace
from typing import Final

from aiohttp import web
from sqlite_utils import Database

from utm.confd import Change, Confd
from utm.epsecd import changesets
from utm.epsecd.changesets import StoredChangeset
from utm.webadmin.page import Page
from utm.webadmin.pages.log_belongings import CHANGES, SYNC
from utm.webadmin.visit import visit_of

MOST: Final = 100
RECENT: Final = 20_000
routes = web.RouteTableDef()


def changes_of(db: Database, ref: str) -> list[Change]:
    """Return what changed an object, newest first, of the `RECENT` newest changes.

    Each with the entries of the object alone.
    """
    rows = db.execute(
        "SELECT number FROM confd_changes WHERE number > ? AND instr(detail, ?) > 0"
        " ORDER BY number DESC LIMIT ?",
        [Confd(db).number - RECENT, f'"key": {json.dumps(ref)}', MOST],
    ).fetchall()
    found = (
        change for (number,) in rows for change in Confd(db).changes(after=number - 1, limit=1)
    )
    return [
        replace(one, entries=tuple(entry for entry in one.entries if entry.key == ref))
        for one in found
    ]


def change_and_changesets(db: Database, number: int) -> tuple[Change | None, list[StoredChangeset]]:
    """Return a change and the changesets that it caused."""
    found = Confd(db).changes(after=number - 1, limit=1)
    if not found or found[0].number != number:
        return None, []
    caused = [one for one in changesets.all_changesets(db) if one.change_number == number]
    return found[0], caused


@routes.get(f"{CHANGES}/{{number:[1-9][0-9]{{0,8}}}}")
async def show_one(request: web.Request) -> web.Response:
    """Show one change."""
    visit = visit_of(request)
    number = int(request.match_info["number"])
    change, caused = await visit.read(lambda db: change_and_changesets(db, number))
    if change is None:
        raise web.HTTPNotFound
    return visit.page(
        "logs/change.html",
        changes=[change],
        heading=f"Change {number}",
        caused=caused,
        about=None,
        changes_path=CHANGES,
        sync_path=SYNC,
    )


@routes.get(f"{CHANGES}/of/{{ref:REF_[A-Za-z0-9_]{{1,200}}}}")
async def show_history(request: web.Request) -> web.Response:
    """Show the changes of one object."""
    visit = visit_of(request)
    ref = request.match_info["ref"]
    changes = await visit.read(lambda db: changes_of(db, ref))
    found = (await visit.snapshot()).find(ref)
    if not changes and found is None:
        raise web.HTTPNotFound
    return visit.page(
        "logs/change.html",
        changes=changes,
        heading=f"Changes of {found.name if found else ref}",
        caused=[],
        about=found,
        changes_path=CHANGES,
        sync_path=SYNC,
    )


PAGE = Page(routes=routes)
