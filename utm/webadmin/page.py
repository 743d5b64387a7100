"""What a page is to the application: its routes, and the classes whose objects it keeps."""

from dataclasses import dataclass

from aiohttp import web

from utm.webadmin.object_pages import ObjectPages


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One file of `pages/`."""

    routes: web.RouteTableDef | tuple[web.RouteDef, ...] = ()
    objects: tuple[ObjectPages, ...] = ()
