"""The sessions of endpoints that workers tell each other of: the ledger of `clones.py`.

- One row for each endpoint that keeps cookies, numbered like its other changes (`schema.py`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from liveconnect.clones import EnteredSession
from liveconnect.store.instants import from_text_or_none, to_text
from liveconnect.store.sql import Sql

_ENTER: Final = """
INSERT INTO sessions (endpoint_id, newest) VALUES (?, ?)
ON CONFLICT (endpoint_id) DO UPDATE SET ended = sessions.newest, newest = excluded.newest
    WHERE sessions.change = ? RETURNING *
"""
_ENTER_CLONE: Final = """
INSERT INTO sessions (endpoint_id, newest, ended, cloned_at) VALUES (?, ?, ?, ?)
ON CONFLICT (endpoint_id) DO UPDATE SET cloned_at = excluded.cloned_at
    WHERE sessions.cloned_at IS NULL RETURNING *
"""


def enter_session(sql: Sql, endpoint_id: str, cookie: str, known: int) -> EnteredSession | None:
    """Enter the newest session of an endpoint, unless there is an entry newer than `known`."""
    row = sql.execute(_ENTER, [endpoint_id, cookie, known]).fetchone()
    return None if row is None else _entered(row)


def enter_clone(
    sql: Sql, endpoint_id: str, newest: str, ended: str, at: datetime
) -> EnteredSession | None:
    """Enter that an endpoint is cloned, unless it is known."""
    row = sql.execute(_ENTER_CLONE, [endpoint_id, newest, ended, to_text(at)]).fetchone()
    return None if row is None else _entered(row)


def all_sessions(sql: Sql) -> tuple[EnteredSession, ...]:
    """Return what is entered of every endpoint."""
    return tuple(map(_entered, sql.execute("SELECT * FROM sessions").fetchall()))


def sessions_of(sql: Sql, endpoint_ids: Sequence[str]) -> tuple[EnteredSession, ...]:
    """Return what is entered of these endpoints."""
    rows = sql.execute(
        "SELECT * FROM sessions WHERE endpoint_id = ANY(?)",
        [list(endpoint_ids)],
    )
    return tuple(map(_entered, rows.fetchall()))


def _entered(row: Sequence[Any]) -> EnteredSession:
    return EnteredSession(row[0], row[1], row[2], from_text_or_none(row[3]), row[4])
