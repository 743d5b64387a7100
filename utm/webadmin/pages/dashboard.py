"""Dashboard: what the appliance is and how it is."""

from typing import Any

from aiohttp import web
from sqlite_utils import Database

from utm.reading import endpoints_view, status_view
from utm.webadmin.page import Page
from utm.webadmin.visit import visit_of

routes = web.RouteTableDef()


@routes.get("/")
async def show(request: web.Request) -> web.Response:
    """Show the appliance's state."""
    visit = visit_of(request)
    return visit.page("dashboard/dashboard.html", **await visit.read(dashboard_view))


def dashboard_view(db: Database) -> dict[str, Any]:
    """Return the state of the link and the count of computers by what they enforce."""
    computers = [one for one in endpoints_view(db) if not one["removed"]]
    current = sum(one["compliant"] for one in computers)
    return {
        "status": status_view(db),
        "computers": len(computers),
        "current": current,
        "behind": len(computers) - current,
    }


PAGE = Page(routes=routes)
