"""WebAdmin: the appliance's pages."""

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from utm.app import Utm


def make_application(utm: "Utm") -> web.Application:  # noqa: ARG001 - the pages will need it
    """Return the application that the front door mounts at `/`."""
    return web.Application()
