"""Serves the packages under `/software/` on the listener for endpoints.

- Only files directly inside a package's folder; a name that could lead elsewhere is not found.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Guarded = Callable[[str, Handler], Handler]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,127}")


class ContentService:
    """Answers downloads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add_routes(self, app: web.Application, guarded: Guarded) -> None:
        """Add the routes to an application.

        Args:
            app: The application.
            guarded: Counts the answers of a call, and lets faults happen to it.
        """
        app.router.add_get("/software/{name}/{file}", guarded("software", self._file))

    async def _file(self, request: web.Request) -> web.Response:
        name, file = request.match_info["name"], request.match_info["file"]
        if _NAME.fullmatch(name) is None or _NAME.fullmatch(file) is None:
            raise web.HTTPNotFound
        path = self._folder / name / file
        loop = asyncio.get_running_loop()
        try:
            content = await loop.run_in_executor(None, path.read_bytes)
        except (FileNotFoundError, IsADirectoryError):
            raise web.HTTPNotFound from None
        kind = "application/json" if file.endswith(".json") else "application/zip"
        return web.Response(body=content, content_type=kind)
