"""Requests that no route takes: a precise refusal, with a hint when one is close to a known call.

- They come through a route behind all others, so that known calls pay nothing for it.
"""

from aiohttp import web

from foundation.protocol.reasons import Reason
from liveconnect.mcs_service.journal import HINT
from liveconnect.mcs_service.near_misses import KnownCall, near_miss
from liveconnect.refusals import MethodRefusedError, NotFoundError


class Strangers:
    """The handler of what is left over."""

    def __init__(self, base: str, calls: tuple[KnownCall, ...]) -> None:
        self._base = base
        self._calls = calls

    async def refuse(self, request: web.Request) -> web.StreamResponse:
        """Any method, any path.

        Raises:
            MethodRefusedError: If the path is known.
            NotFoundError: If it is not.
        """
        found = near_miss(request.method, request.path, self._base, self._calls)
        request[HINT] = found.hint
        if found.allowed:
            raise MethodRefusedError(found.hint, found.allowed)
        hint = f": {found.hint}" if found.hint else ""
        raise NotFoundError(Reason.PATH_UNKNOWN, f"there is no such call{hint}")
