"""Pages from templates: what every template has, and how a page becomes an answer."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import aiohttp_jinja2
import jinja2
from aiohttp import web

from utm.webadmin import filters
from utm.webadmin.keys import MENU, UTM

LOGIN_PATH: Final = "/login"
LOGOUT_PATH: Final = "/logout"
THEME_PATH: Final = "/theme"
THEMES: Final = ("auto", "light", "dark")
THEME_COOKIE: Final = "__Host-theme"
VISIT: Final = web.RequestKey[Any]("visit")
"""Set for requests that the gate let in; read it with `visit_of`."""


def set_up_templates(app: web.Application, **helpers: Callable[..., str]) -> None:
    """Make the templates ready; `helpers` are functions that they may call."""
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.PackageLoader("utm.webadmin"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        filters=filters.in_zone(zone_of(app)),
    )
    environment.globals.update(
        helpers, login_path=LOGIN_PATH, logout_path=LOGOUT_PATH, theme_path=THEME_PATH
    )


def render(
    request: web.Request, template: str, context: Mapping[str, Any], *, status: int = 200
) -> web.Response:
    """Return a page."""
    whole = {**_frame(request), **context}
    return aiohttp_jinja2.render_template(template, request, whole, status=status)


def render_part(request: web.Request, template: str, context: Mapping[str, Any]) -> str:
    """Return a piece of a page, for a live part."""
    return aiohttp_jinja2.render_string(template, request, {**_frame(request), **context})


def theme_of(request: web.Request) -> str:
    """Return the theme that the browser asked for; the system's ("auto") by default."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "auto"


def zone_of(app: web.Application) -> ZoneInfo:
    """Return the appliance's zone, in which pages tell times."""
    return ZoneInfo(app[UTM].config.timezone)


def _frame(request: web.Request) -> dict[str, Any]:
    """Return what every page has."""
    menu = request.app[MENU]
    return {
        "visit": request.get(VISIT),
        "menu": menu,
        "place": menu.place(request.path),
        "theme": theme_of(request),
        "host_name": request.app[UTM].config.host_name,
        "path": request.path,
        "here": request.path_qs if request.method == "GET" else "/",
    }
