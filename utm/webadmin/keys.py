"""What the application holds, by key."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from utm.webadmin.live import StreamBell
    from utm.webadmin.menu import Menu
    from utm.webadmin.sessions import Sessions

UTM: "web.AppKey[Any]" = web.AppKey("utm")
SESSIONS: "web.AppKey[Sessions]" = web.AppKey("sessions")
MENU: "web.AppKey[Menu]" = web.AppKey("menu")
BELL: "web.AppKey[StreamBell]" = web.AppKey("bell")
OBJECT_PATHS: "web.AppKey[dict[str, str]]" = web.AppKey("object_paths")
"""Where the objects of each class have their pages."""
