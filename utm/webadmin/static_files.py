"""The static files: read once, named with their digest, kept by browsers for a year."""

import hashlib
from importlib.resources.abc import Traversable
from typing import Final

from aiohttp import web

_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_DIGEST_LETTERS: Final = 12


class StaticFiles:
    """The files of one folder; nothing else can be asked for."""

    def __init__(self, folder: Traversable) -> None:
        self._files = {
            one.name: one.read_bytes()
            for one in folder.iterdir()
            if one.name.rpartition(".")[2] in _TYPES
        }

    def url(self, name: str) -> str:
        """Return the address of a file as it is now."""
        digest = hashlib.sha256(self._files[name]).hexdigest()[:_DIGEST_LETTERS]
        return f"/static/{name}?v={digest}"

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a request for a file."""
        body = self._files.get(request.match_info["name"])
        if body is None:
            raise web.HTTPNotFound
        kind = request.match_info["name"].rpartition(".")[2]
        is_named = request.query_string.startswith("v=")
        age = "public, max-age=31536000, immutable" if is_named else "no-cache"
        return web.Response(
            body=body,
            content_type=_TYPES[kind],
            charset="utf-8",
            headers={"Cache-Control": age},
        )
