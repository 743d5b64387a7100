"""Policy Helpdesk > Policy Check: what is probably not meant, by object (ours: the linter)."""

from collections.abc import Sequence

from aiohttp import web

from utm.confd import Object
from utm.confd.classes import object_class
from utm.webadmin.page import Page
from utm.webadmin.pages.web_findings import CHECK_PATH, Told, findings_beside
from utm.webadmin.visit import visit_of

routes = web.RouteTableDef()


def by_object(told: Sequence[Told]) -> list[tuple[Object | None, str, list[Told]]]:
    """Return findings with the object that they are about and its kind, in order of finding."""
    gathered: dict[str, list[Told]] = {}
    for one in told:
        gathered.setdefault(one.about.ref if one.about else "", []).append(one)
    return [(several[0].about, _kind(several[0].about), several) for several in gathered.values()]


def _kind(one: Object | None) -> str:
    return object_class(one.full_type).title if one is not None else ""


@routes.get(CHECK_PATH)
async def show(request: web.Request) -> web.Response:
    """Show the findings of everything, or of what concerns one endpoint group."""
    visit = visit_of(request)
    snapshot = await visit.snapshot()
    groups = sorted(snapshot.endpoint_groups(), key=lambda one: one.name.casefold())
    wanted = visit.query.get("group", "")
    group = next((one for one in groups if one.ref == wanted), None)
    told = await findings_beside(visit, snapshot, group.ref if group else "")
    return visit.page(
        "web_helpdesk/check.html",
        groups=groups,
        group=group,
        found=by_object(told),
        count=len(told),
        check_path=CHECK_PATH,
    )


PAGE = Page(routes=routes)
