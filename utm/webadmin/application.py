"""The application: pages, templates, static files, and the gate before them."""

from importlib import resources
from typing import TYPE_CHECKING

from aiohttp import web

from utm.webadmin.gate import STATIC_PATH, Gate, add_headers
from utm.webadmin.keys import BELL, MENU, OBJECT_PATHS, SESSIONS, UTM
from utm.webadmin.live import StreamBell
from utm.webadmin.login import routes as login_routes
from utm.webadmin.menu import Menu
from utm.webadmin.pages import PAGES
from utm.webadmin.pages.objects import generic_pages, open_routes
from utm.webadmin.rendering import set_up_templates
from utm.webadmin.sessions import Sessions
from utm.webadmin.static_files import StaticFiles

if TYPE_CHECKING:
    from utm.app import Utm

_LARGEST_FORM = 4 * 1024 * 1024


def make_application(utm: "Utm") -> web.Application:
    """Return WebAdmin, to be mounted at `/` of an HTTPS listener."""
    sessions = Sessions()
    gate = Gate(utm, sessions)
    app = web.Application(middlewares=[gate.explain, gate.admit], client_max_size=_LARGEST_FORM)
    app[UTM], app[SESSIONS], app[BELL] = utm, sessions, StreamBell()
    static = StaticFiles(resources.files("utm.webadmin") / "static")
    set_up_templates(
        app,
        static_url=static.url,
        object_path=lambda full_type, ref: f"{_listing_path(app, full_type)}/{ref}",
        listing_path=lambda full_type: _listing_path(app, full_type),
    )
    _add_routes(app, static)
    app[MENU] = Menu.of({resource.canonical for resource in app.router.resources()})
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_end_all)
    return app


def _add_routes(app: web.Application, static: StaticFiles) -> None:
    special = [one for page in PAGES for one in page.objects]
    every = (*special, *generic_pages(known={one.full_type for one in special}))
    app[OBJECT_PATHS] = {one.full_type: one.path for one in every}
    app.router.add_get(f"{STATIC_PATH}{{name}}", static.answer)
    app.add_routes(login_routes)
    for page in PAGES:
        app.add_routes(page.routes)
    for one in every:
        app.add_routes(one.routes())
    app.add_routes(open_routes)  # last: it takes what no class of its own has


def _listing_path(app: web.Application, full_type: str) -> str:
    return app[OBJECT_PATHS].get(full_type, f"/objects/{full_type}")


async def _end_all(app: web.Application) -> None:
    """End the live parts, so that nobody waits for them, and the sessions."""
    app[BELL].ring()
    for ended in app[SESSIONS].take_all():
        await app[UTM].administrators.end(ended.caller)
