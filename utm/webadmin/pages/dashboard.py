"""The dashboard: what the appliance and its computers do now, and did lately.

- Live by server-sent events; each plot has its numbers as a table behind it.
- Browsing is that of computers on the road, as they reported it.
"""

from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web
from markupsafe import Markup

from utm.drawing.axis import clock_words, seconds_words
from utm.drawing.plots import Stack, draw_bars, draw_latency, draw_stacks
from utm.epsecd.web_hours import Count
from utm.webadmin.live import Parts, stream
from utm.webadmin.page import Page
from utm.webadmin.pages.dashboard_reading import read_dashboard
from utm.webadmin.pages.dashboard_view import MOST_CATEGORIES, OTHERS, DashboardView, dashboard_view
from utm.webadmin.pages.sync_view import progress_words
from utm.webadmin.visit import Visit, visit_of

PLOTS: Final = {
    "browsing": "Browsing of endpoints by category",
    "latency": "Sync latency",
    "sites": "Top blocked sites of endpoints",
    "users": "Top blocked users of endpoints",
}
PARTS: Final = (
    *("state", "computers", "changesets", "events"),
    *PLOTS,
    *(f"{name}_numbers" for name in PLOTS),
)
TICK_S: Final = 2.0
_COLOURS: Final = tuple(f"p-c{index}" for index in range(MOST_CATEGORIES + 1))
_OUTCOMES: Final = ("p-blocked", "p-warned")
_OUTCOME_NAMES: Final = ("blocked", "warned")
routes = web.RouteTableDef()


@routes.get("/")
async def show(request: web.Request) -> web.Response:
    """Show how the appliance stands."""
    visit = visit_of(request)
    return visit.page("dashboard/dashboard.html", **await _context(visit))


@routes.get("/dashboard/events")
async def events(request: web.Request) -> web.StreamResponse:
    """Send what changes."""
    visit = visit_of(request)

    async def make() -> Parts:
        context = await _context(visit)
        return Parts(
            {f"dash-{one}": visit.part(f"dashboard/{one}.html", **context) for one in PARTS}
        )

    return await stream(visit, make, tick_s=TICK_S)


async def _context(visit: Visit) -> dict[str, Any]:
    now = visit.now
    reading = await visit.read(lambda db: read_dashboard(db, now))
    view = dashboard_view(reading, now, ZoneInfo(visit.utm.config.timezone))
    return {
        "view": view,
        "status": reading.status,
        "plots": PLOTS,
        "colours": _colours(view),
        "pictures": {name: Markup(drawn) for name, drawn in _pictures(view).items()},  # noqa: S704 - the drawing escapes
        "progress": progress_words,
        "seconds": seconds_words,
        "clock": clock_words,
    }


def _colours(view: DashboardView) -> tuple[str, ...]:
    """Return the classes of the categories; the last one is that of all others."""
    named = [_COLOURS[index] for index, name in enumerate(view.categories) if name != OTHERS]
    return (*named, _COLOURS[-1]) if len(named) < len(view.categories) else tuple(named)


def _pictures(view: DashboardView) -> dict[str, str]:
    return {
        "browsing": draw_stacks(
            view.hours, view.categories, _colours(view), label="Requests per hour, by category"
        ),
        "latency": draw_latency(
            view.latencies, label="Seconds from the edit until half and all computers enforced it"
        ),
        "sites": draw_bars(
            [_stack(one) for one in view.reading.sites],
            _OUTCOME_NAMES,
            _OUTCOMES,
            label="Sites that were blocked or warned of most",
        ),
        "users": draw_bars(
            [_stack(one) for one in view.reading.users],
            _OUTCOME_NAMES,
            _OUTCOMES,
            label="Users who were blocked or warned most",
        ),
    }


def _stack(one: Count) -> Stack:
    return Stack(one.name or "others", (one.blocked, one.warned))


PAGE = Page(routes=routes)
