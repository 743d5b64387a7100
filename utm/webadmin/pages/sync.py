"""Endpoint Protection > Policy Sync: who enforces which changeset, and what each waited for.

- The list is of all changesets, newest first; a page of one shows its way per hop as a picture and
  as tables, for all computers and for one.
- Live: the pictures grow while computers poll. `/sync/N` and `/sync/N.svg` are short forms.
- Numbers begin again with each epoch; `?epoch=E` means the changeset of an earlier one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from markupsafe import Markup

from utm.drawing.axis import clock_words, seconds_words
from utm.drawing.hops import HOPS, MEANING
from utm.drawing.overview import draw_overview
from utm.drawing.svg import PRINTED, Palette
from utm.drawing.waterfall import draw_waterfall
from utm.webadmin.listing import Listing, listing
from utm.webadmin.live import Parts, stream
from utm.webadmin.page import Page
from utm.webadmin.pages.sync_reading import SyncPage, read_page, read_sync
from utm.webadmin.pages.sync_view import Row, SyncView, progress_words, sync_view
from utm.webadmin.visit import Visit, visit_of

PATH: Final = "/endpoint-protection/policy-sync"
SHORT: Final = "/sync"
COMPUTERS: Final = "/endpoint-protection/computer-management/computers"
CHANGES: Final = "/management/webadmin/changes"
REFRESH_S: Final = 1.0
"""How often a picture is drawn anew while time itself is in it."""
_HELPERS: Final[dict[str, Any]] = {
    "hop_names": HOPS,
    "meaning": MEANING,
    "seconds": seconds_words,
    "clock": clock_words,
    "progress": progress_words,
    "computers_path": COMPUTERS,
    "changes_path": CHANGES,
    "list_path": PATH,
}
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Shown:
    """A changeset and the computer that is looked at, if one is."""

    view: SyncView
    chosen: Row | None

    def picture(self, palette: Palette | None = None) -> str:
        """Return the picture: of the chosen computer, or the only one, or all."""
        concerned = self.view.concerned
        one = self.chosen or (concerned[0] if len(concerned) == 1 else None)
        if one is not None:
            return draw_waterfall(self.view.timeline([one]), one.lane, palette=palette)
        return draw_overview(self.view.timeline(concerned), palette=palette)


@routes.get(PATH)
async def show_all(request: web.Request) -> web.Response:
    """Show the changesets."""
    visit = visit_of(request)
    page, views = await _views(visit)
    return visit.page(
        "sync/list.html",
        views=views,
        page=page,
        events=f"{PATH}/events?{request.query_string}",
        **_HELPERS,
    )


@routes.get(f"{PATH}/events")
async def all_events(request: web.Request) -> web.StreamResponse:
    """Send the rows that change."""
    visit = visit_of(request)

    async def make() -> Parts:
        _, views = await _views(visit)
        ids = [f"changeset-{one.changeset.epoch}-{one.changeset.number}" for one in views]
        rows = [visit.part("sync/row.html", view=one, **_HELPERS) for one in views]
        return Parts(dict(zip(ids, rows, strict=True)), {"changesets": ids})

    return await stream(visit, make)


@routes.get(f"{PATH}/{{number:[0-9]{{1,9}}}}")
async def show(request: web.Request) -> web.Response:
    """Show one changeset."""
    visit = visit_of(request)
    shown = await _shown(visit)
    path = f"{PATH}/{request.match_info['number']}"
    return visit.page(
        "sync/changeset.html",
        **_context(visit, shown),
        events=f"{path}/events?{request.query_string}",
        picture_path=f"{path}.svg?{request.query_string}".rstrip("?"),
    )


@routes.get(f"{PATH}/{{number:[0-9]{{1,9}}}}/events")
async def events(request: web.Request) -> web.StreamResponse:
    """Send what changes of one changeset."""
    visit = visit_of(request)

    async def make() -> Parts:
        context = _context(visit, await _shown(visit))
        names = ("progress", "picture", "hops")
        html = {f"sync-{one}": visit.part(f"sync/{one}.html", **context) for one in names}
        shown = context["listing"].rows
        rows = {row.id: visit.part("sync/computer.html", row=row, **context) for row in shown}
        rows = rows or {"no-computers": visit.part("sync/none.html", **context)}
        return Parts(html | rows, {"sync-computers": list(rows)})

    return await stream(visit, make, refresh_s=REFRESH_S)


@routes.get(f"{PATH}/{{number:[0-9]{{1,9}}}}.svg")
async def download(request: web.Request) -> web.Response:
    """Give the picture as a file that stands alone."""
    shown = await _shown(visit_of(request))
    name = f"changeset-{shown.view.changeset.epoch}-{shown.view.changeset.number}.svg"
    return web.Response(
        text=shown.picture(PRINTED),
        content_type="image/svg+xml",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@routes.get(SHORT)
@routes.get(f"{SHORT}/{{rest:[0-9]{{1,9}}(?:[.]svg)?}}")
async def lead_on(request: web.Request) -> web.Response:
    """Lead from the short form to the page."""
    rest = request.match_info.get("rest")
    path = PATH if rest is None else f"{PATH}/{rest}"
    query = f"?{request.rel_url.raw_query_string}" if request.query_string else ""
    return visit_of(request).go(path + query)


async def _views(visit: Visit) -> tuple[SyncPage, list[SyncView]]:
    text = visit.query.get("page", "")
    number = int(text) if text.isdecimal() and len(text) < 9 else 1
    page = await visit.read(lambda db: read_page(db, number))
    return page, [sync_view(one, visit.now, visit.zone) for one in page.records]


async def _shown(visit: Visit) -> Shown:
    number, epoch = int(visit.request.match_info["number"]), visit.query.get("epoch", "")
    asked = int(epoch) if epoch.isdecimal() and len(epoch) < 9 else None
    record = await visit.read(lambda db: read_sync(db, number, asked))
    if record is None:
        raise web.HTTPNotFound(reason=f"There is no changeset {number}")
    view = sync_view(record, visit.now, visit.zone)
    wanted = visit.query.get("computer", "")
    chosen = next((row for row in view.rows if row.computer.endpoint_id == wanted), None)
    return Shown(view, chosen)


def _context(visit: Visit, shown: Shown) -> dict[str, Any]:
    return {
        **_HELPERS,
        "view": shown.view,
        "chosen": shown.chosen,
        "picture": Markup(shown.picture()),  # noqa: S704 - the drawing escapes what it is given
        "listing": _listed(visit, shown.view.rows),
    }


def _listed(visit: Visit, rows: Sequence[Row]) -> Listing[Row]:
    return listing(rows, visit.query, text_of=_searched, names=("q", "epoch", "computer"))


def _searched(row: Row) -> str:
    return f"{row.computer.name} {row.group} {row.standing.text} {row.standing.why}"


PAGE = Page(routes=routes)
