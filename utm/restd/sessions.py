"""Sessions of REST clients: one per user and address, so that confd.log is not a line per request.

- A session begins with a client's first request, or with one after a long silence; it ends when the
  client says so, and silently when it is forgotten.

Provenance: `X-Restd-Session: close` is public; how long a session is kept is ours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from foundation.service import Now
from utm.access import Administrator, Administrators, Caller

IDLE: Final = timedelta(minutes=10)
_MOST: Final = 1000


@dataclass(slots=True)
class _Session:
    caller: Caller
    used_at: datetime


class Sessions:
    """The sessions of one REST API."""

    def __init__(self, administrators: Administrators, *, now: Now) -> None:
        self._administrators = administrators
        self._now = now
        self._sessions: dict[tuple[str, str], _Session] = {}

    async def of(self, administrator: Administrator, srcip: str) -> Caller:
        """Return the session that a request belongs to, beginning one if need be."""
        key, at = (administrator.name, srcip), self._now()
        known = self._sessions.get(key)
        if known is None or at - known.used_at > IDLE:
            caller = await self._administrators.begin(administrator, srcip=srcip, facility="restd")
            known = self._sessions[key] = _Session(caller, at)
            while len(self._sessions) > _MOST:
                del self._sessions[next(iter(self._sessions))]
        known.used_at = at
        return known.caller

    async def close(self, caller: Caller) -> None:
        """End a session."""
        if self._sessions.pop((caller.user, caller.srcip), None) is not None:
            await self._administrators.end(caller)
