"""WebAdmin Settings > Last WebAdmin Sessions and Change Log.

- Sessions are read from confd.log as the product does where it has no database: 3106 begins one,
  3100 ends it, `object changed` carries the session's sid. Today's file first, then the archives,
  newest first, until there are enough or `MOST_BYTES` are read; of a damaged one what can be read.
- A session without an end that is not open here any more ended with the appliance.
- The change log is confd's own record of numbered changes.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from sqlite_utils import Database

from utm.confd import Change, Confd
from utm.logs.grammar import LineMalformedError, ParsedLine, parse_line
from utm.logs.shelf import NoSuchLogFileError, StoredLog, archived, today
from utm.logs.windows import DAMAGES
from utm.webadmin.keys import SESSIONS
from utm.webadmin.page import Page
from utm.webadmin.visit import visit_of

SESSIONS_PATH: Final = "/management/webadmin/sessions"
CHANGES_PATH: Final = "/management/webadmin/changes"
MOST_SESSIONS: Final = 20
PER_PAGE: Final = 25
_BEGINS: Final = "3106"
_CLOSES: Final = "closing session"
_CHANGES: Final = "object changed"
MOST_BYTES: Final = 64 << 20
_PIECE: Final = 1 << 20
routes = web.RouteTableDef()


@dataclass(slots=True)
class LoggedSession:
    """One session as confd.log tells it; stamps are the appliance's local time, without zone."""

    sid: str
    user: str = ""
    srcip: str = ""
    facility: str = ""
    began: datetime | None = None
    ended: datetime | None = None
    changes: list[ParsedLine] = field(default_factory=list)


def read_sessions(lines: Iterable[str]) -> dict[str, LoggedSession]:
    """Return the sessions that lines of confd.log tell of, by sid, in the order of the lines."""
    found: dict[str, LoggedSession] = {}
    for text in lines:
        try:
            line = parse_line(text)
        except LineMalformedError:
            continue
        sid = line.get("sid")
        if not sid:
            continue
        session = found.setdefault(sid, LoggedSession(sid))
        session.user = line.get("user") or session.user
        session.srcip = line.get("srcip") or session.srcip
        session.facility = line.get("facility") or session.facility
        if line.get("id") == _BEGINS:
            session.began = line.stamp
        elif line.get("name") == _CLOSES:
            session.ended = line.stamp
        elif line.get("name") == _CHANGES:
            session.changes.append(line)
    return found


def last_sessions(folder: Path) -> list[LoggedSession]:
    """Return the newest sessions of WebAdmin, newest first."""
    lines: list[str] = []
    left = MOST_BYTES
    for stored in (today(folder, "confd"), *reversed(archived(folder, "confd"))):
        data = _data_of(stored, left)
        left -= len(data)
        lines = [*_of_webadmin(data), *lines]
        begun = sum(f' id="{_BEGINS}"' in one for one in lines)
        if begun >= MOST_SESSIONS or left <= 0:
            break
    sessions = [one for one in read_sessions(lines).values() if one.began]
    return sorted(sessions, key=_began, reverse=True)[:MOST_SESSIONS]


def state_of(session: LoggedSession, open_sids: Collection[str]) -> str:
    """Return active or ended."""
    return "active" if session.sid in open_sids and session.ended is None else "ended"


def change_lines(session: LoggedSession) -> list[dict[str, Any]]:
    """Return what a session changed: the subject, and attributes with old and new value."""
    return [_change_line(line) for line in session.changes]


@routes.get(SESSIONS_PATH)
async def show_sessions(request: web.Request) -> web.Response:
    """Show the newest sessions."""
    visit = visit_of(request)
    sessions = await _read_last(visit.utm.config.logs)
    return visit.page(
        "webadmin_settings/sessions.html",
        sessions=sessions,
        state_of=state_of,
        open_sids=request.app[SESSIONS].sids,
        sessions_path=SESSIONS_PATH,
        zone=visit.utm.config.timezone,
    )


@routes.get(f"{SESSIONS_PATH}/{{sid:[0-9a-f]{{64}}}}")
async def show_session(request: web.Request) -> web.Response:
    """Show what was changed in a session."""
    visit = visit_of(request)
    sessions = await _read_last(visit.utm.config.logs)
    found = [one for one in sessions if one.sid == request.match_info["sid"]]
    if not found:
        raise web.HTTPNotFound
    return visit.page(
        "webadmin_settings/session.html",
        session=found[0],
        lines=change_lines(found[0]),
        sessions_path=SESSIONS_PATH,
        zone=visit.utm.config.timezone,
    )


@routes.get(CHANGES_PATH)
async def show_changes(request: web.Request) -> web.Response:
    """Show the numbered changes, newest first."""
    visit = visit_of(request)
    asked = visit.query.get("page", "1")
    number = max(1, int(asked)) if asked.isdecimal() and len(asked) < 9 else 1
    changes, pages = await visit.read(lambda db: changes_page(db, number))
    return visit.page(
        "webadmin_settings/changes.html",
        changes=changes,
        changes_path=CHANGES_PATH,
        number=min(number, pages),
        pages=pages,
    )


def changes_page(db: Database, number: int) -> tuple[list[Change], int]:
    """Return one page of the changes, newest first, and how many pages there are."""
    confd = Confd(db)
    pages = max(1, -(-confd.number // PER_PAGE))
    last = confd.number - (min(number, pages) - 1) * PER_PAGE
    first = max(last - PER_PAGE, 0)
    return list(reversed(confd.changes(after=first, limit=last - first))), pages


async def _read_last(logs: Path) -> list[LoggedSession]:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, last_sessions, logs)


def _data_of(stored: StoredLog, most: int) -> bytes:
    """Return the end of today's file, or the beginning of an archive."""
    data = b""
    try:
        with stored.open_text() as file:
            if not stored.is_packed:
                file.seek(max(0, stored.size - most))
            while piece := file.read(min(_PIECE, most - len(data))):
                data += piece
    except (NoSuchLogFileError, *DAMAGES):
        return data
    return data


def _of_webadmin(data: bytes) -> list[str]:
    """Return the lines about sessions of WebAdmin: those of REST clients may be many more."""
    lines = data.decode("utf-8", "replace").split("\n")
    return [line for line in lines if ' facility="webadmin"' in line]


def _began(session: LoggedSession) -> datetime:
    return session.began or datetime.min  # noqa: DTZ901 - stamps of a log have no zone


def _change_line(line: ParsedLine) -> dict[str, Any]:
    pairs: Mapping[str, str] = dict(line.pairs)
    after = {
        key.removeprefix("attr_"): text for key, text in pairs.items() if key.startswith("attr_")
    }
    before = {
        key.removeprefix("oldattr_"): text
        for key, text in pairs.items()
        if key.startswith("oldattr_")
    }
    names = dict.fromkeys((*after, *before))
    return {
        "at": line.stamp,
        "call": pairs.get("call", ""),
        "kind": f"{pairs.get('class', '')}/{pairs.get('type', '')}" if "class" in pairs else "node",
        "name": pairs.get("objname") or pairs.get("node", ""),
        "attributes": [(name, before.get(name), after.get(name)) for name in names],
    }


PAGE = Page(routes=routes)
