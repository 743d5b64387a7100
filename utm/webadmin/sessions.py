"""The sessions of WebAdmin: server-side, in memory, ended by time or by the user.

- The cookie is 256 random bits; the memory holds its SHA-256, so that nothing here opens a session.
- A session ends after `IDLE` without a page, and after `LONGEST` in any case; one that ended once
  does not come back when the clock is set back.
- Pages that refresh themselves do not count as use.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from multidict import MultiDict

from utm.access import Administrator, Caller

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
MOST_SESSIONS: Final = 200
MOST_DRAFTS: Final = 8

FlashKind = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Flash:
    """A sentence for the next page, and where it leads to, if anywhere."""

    text: str
    kind: FlashKind = "ok"
    path: str = ""
    link: str = ""


@dataclass(slots=True, kw_only=True)
class Session:
    """One administrator at one browser.

    Attributes:
        caller: As confd knows the session.
        administrator: Who it is.
        csrf: What every form of the session carries.
        flashes: Sentences that wait for the next page.
        drafts: Forms left half-way to make an object that they need, by path.
        streams: Live parts that are open.
    """

    caller: Caller
    administrator: Administrator
    csrf: str
    started_at: datetime
    seen_at: datetime
    flashes: list[Flash] = field(default_factory=list)
    drafts: dict[str, MultiDict[str]] = field(default_factory=dict)
    streams: int = 0

    def keep_draft(self, path: str, form: MultiDict[str]) -> None:
        """Keep a form that is not finished; the oldest goes first."""
        self.drafts.pop(path, None)
        self.drafts[path] = form
        while len(self.drafts) > MOST_DRAFTS:
            del self.drafts[next(iter(self.drafts))]

    def is_over(self, at: datetime) -> bool:
        """Whether its time is up."""
        return at - self.seen_at >= IDLE or at - self.started_at >= LONGEST


def _random_token() -> str:
    return secrets.token_urlsafe(32)


class Sessions:
    """Every open session; `new_token` gives 256 random bits as text."""

    def __init__(self, *, new_token: Callable[[], str] = _random_token) -> None:
        self._new_token = new_token
        self._open: dict[str, Session] = {}

    @property
    def sids(self) -> frozenset[str]:
        """The names in confd.log of the sessions that are open."""
        return frozenset(one.caller.sid for one in self._open.values())

    def open(self, administrator: Administrator, caller: Caller, at: datetime) -> str:
        """Begin a session and return what its cookie holds."""
        token = self._new_token()
        self._open[_name_of(token)] = Session(
            caller=caller,
            administrator=administrator,
            csrf=self._new_token(),
            started_at=at,
            seen_at=at,
        )
        return token

    def find(self, token: str, at: datetime, *, is_use: bool = True) -> Session | None:
        """Return the session of a cookie, or None when there is none or its time is up."""
        found = self._open.get(_name_of(token))
        if found is None or found.is_over(at):
            return None
        if is_use:
            found.seen_at = max(found.seen_at, at)
        return found

    def close(self, token: str) -> Session | None:
        """End a session and return it."""
        return self._open.pop(_name_of(token), None)

    def take_ended(self, at: datetime) -> list[Session]:
        """Take out and return those whose time is up, and the oldest of too many."""
        over = [name for name, one in self._open.items() if one.is_over(at)]
        too_many = len(self._open) - len(over) - MOST_SESSIONS
        kept = [name for name in self._open if name not in over]
        return [self._open.pop(name) for name in (*over, *kept[: max(too_many, 0)])]

    def take_all(self) -> list[Session]:
        """Take out and return every session."""
        ended = list(self._open.values())
        self._open.clear()
        return ended


def _name_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
