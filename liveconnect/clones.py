"""Two computers with one identity: told by sessions that alternate.

- Each session of a client gets a cookie; a client sends the newest one it has, and drops it after
  trouble, never to send it again. When the cookie of an ended session comes back, another computer
  has been speaking in between.
- An endpoint whose computer was put back from a copy begins a new session and goes on alone: it is
  no clone, and none is told.
- In memory: after a restart, the sessions that are there are taken as they come.

Provenance: cookies and their handling are documented (mcs-protocol 1.2); the rule is ours.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from http.cookies import CookieError, SimpleCookie

from aiohttp import web

COOKIE = "SID"


@dataclass(slots=True)
class _Sessions:
    current: str
    ended: str = ""
    cloned_at: datetime | None = None


class CloneWatch:
    """The sessions of the endpoints of one LiveConnect."""

    def __init__(self) -> None:
        self._by_endpoint: dict[str, _Sessions] = {}

    def saw(self, endpoint_id: str, cookie: str, now: datetime) -> tuple[str, bool]:
        """Note a request; return the cookie to give out, if any, and whether a clone is new.

        Args:
            endpoint_id: Whose identity it shows.
            cookie: The cookie that it carries; empty at the beginning of a session.
            now: The present.
        """
        known = self._by_endpoint.get(endpoint_id)
        if not cookie:
            given = secrets.token_hex(16)
            if known is None:
                self._by_endpoint[endpoint_id] = _Sessions(given)
            else:
                known.current, known.ended = given, known.current
            return given, False
        if known is None:
            self._by_endpoint[endpoint_id] = _Sessions(cookie)
            return "", False
        if cookie == known.ended:
            known.current, known.ended = cookie, known.current
            is_new = known.cloned_at is None
            known.cloned_at = known.cloned_at or now
            return "", is_new
        known.current = cookie
        return "", False

    def cloned_at(self, endpoint_id: str) -> datetime | None:
        """Return since when two computers have been speaking for an endpoint."""
        known = self._by_endpoint.get(endpoint_id)
        return None if known is None else known.cloned_at

    def forgive(self, endpoint_id: str) -> None:
        """Begin anew with an endpoint."""
        self._by_endpoint.pop(endpoint_id, None)


def cookie_of(request: web.Request) -> str:
    """Return the session's cookie that a request carries."""
    try:
        found = SimpleCookie(request.headers.get("Cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""
