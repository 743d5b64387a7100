"""Two computers with one identity: told by sessions that alternate.

- Each session of a client gets a cookie; a client sends the newest one it has, and drops it after
  trouble, never to send it again. When the cookie of an ended session comes back, another computer
  has been speaking in between.
- An endpoint whose computer was put back from a copy begins a new session and goes on alone: it is
  no clone, and none is told.
- Alone, all of it is memory: after a restart, the sessions that are there are taken as they come.
- Workers share a ledger: a session is entered when its cookie comes back for the first time, so
  that it costs one commit, a client without cookies none, and a poll never any. Who enters it says
  which entry it knows; when there is a newer one, nothing is entered and the cookie is tried again.

Provenance: cookies and their handling are documented (mcs-protocol 1.2); the rule is ours.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import Protocol

from aiohttp import web

from liveconnect.refusals import StoreFailedError

COOKIE = "SID"
COOKIE_LENGTH = 32


@dataclass(frozen=True, slots=True)
class EnteredSession:
    """What the ledger says of an endpoint.

    Attributes:
        endpoint_id: The endpoint.
        newest: The cookie of its newest session.
        ended: That of the session before; empty when there was none.
        cloned_at: Since when two computers have been speaking for it.
        change: The number of this entry; later ones have greater numbers.
    """

    endpoint_id: str
    newest: str
    ended: str
    cloned_at: datetime | None
    change: int


class Ledger(Protocol):
    """The sessions of all workers; an entry returns after its commit."""

    async def enter_session(
        self, endpoint_id: str, cookie: str, known: int
    ) -> EnteredSession | None:
        """Enter the newest session of an endpoint, unless there is an entry newer than `known`."""

    async def enter_clone(
        self, endpoint_id: str, newest: str, ended: str, at: datetime
    ) -> EnteredSession | None:
        """Enter that an endpoint is cloned, unless it is known."""


@dataclass(slots=True)
class _Sessions:
    current: str
    ended: str = ""
    cloned_at: datetime | None = None
    entered: str = ""
    change: int = 0


class CloneWatch:
    """The sessions of the endpoints of one LiveConnect."""

    def __init__(self) -> None:
        self._by_endpoint: dict[str, _Sessions] = {}
        self._ledger: Ledger | None = None

    def share(self, ledger: Ledger) -> None:
        """Look out for clones together with other workers."""
        self._ledger = ledger

    def take(self, entries: Iterable[EnteredSession]) -> None:
        """Take over what stands in the ledger; an entry older than the one held is passed over."""
        for entry in entries:
            known = self._by_endpoint.get(entry.endpoint_id)
            if known is None or known.change < entry.change:
                self._by_endpoint[entry.endpoint_id] = _Sessions(
                    current=entry.newest,
                    ended=entry.ended,
                    cloned_at=entry.cloned_at,
                    entered=entry.newest,
                    change=entry.change,
                )

    async def saw(self, endpoint_id: str, cookie: str, now: datetime) -> tuple[str, bool]:
        """Note a request; return the cookie to give out, if any, and whether a clone is new.

        Args:
            endpoint_id: Whose identity it shows.
            cookie: The cookie that it carries; empty at the beginning of a session.
            now: The present.
        """
        known = self._by_endpoint.get(endpoint_id)
        if not cookie:
            return self._begin(endpoint_id, known), False
        if known is None:
            known = self._by_endpoint[endpoint_id] = _Sessions(cookie)
        elif cookie == known.ended:
            known.current, known.ended = cookie, known.current
            return "", known.cloned_at is None and await self._clone(endpoint_id, known, now)
        known.current = cookie
        if self._ledger is not None and cookie != known.entered and _is_worth_entering(known):
            await self._enter(self._ledger, endpoint_id, known)
        return "", False

    def cloned_at(self, endpoint_id: str) -> datetime | None:
        """Return since when two computers have been speaking for an endpoint."""
        known = self._by_endpoint.get(endpoint_id)
        return None if known is None else known.cloned_at

    def _begin(self, endpoint_id: str, known: _Sessions | None) -> str:
        given = secrets.token_hex(COOKIE_LENGTH // 2)
        if known is None:
            self._by_endpoint[endpoint_id] = _Sessions(given)
        else:
            known.current, known.ended = given, known.current
        return given

    async def _enter(self, ledger: Ledger, endpoint_id: str, known: _Sessions) -> None:
        try:
            entry = await ledger.enter_session(endpoint_id, known.current, known.change)
        except StoreFailedError:
            return  # its next request enters it
        if entry is not None:
            self.take((entry,))

    async def _clone(self, endpoint_id: str, known: _Sessions, now: datetime) -> bool:
        if self._ledger is None:
            known.cloned_at = now
            return True
        try:
            entry = await self._ledger.enter_clone(endpoint_id, known.current, known.ended, now)
        except StoreFailedError:
            return False  # they go on alternating
        if entry is not None:
            self.take((entry,))
        return entry is not None


def _is_worth_entering(known: _Sessions) -> bool:
    """Tell whether a session is one of ours, and whether anything is to be found out by it."""
    return len(known.current) == COOKIE_LENGTH and known.cloned_at is None


def cookie_of(request: web.Request) -> str:
    """Return the session's cookie that a request carries."""
    try:
        found = SimpleCookie(request.headers.get("Cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""
