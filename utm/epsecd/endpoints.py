"""The record of endpoints: who they are and what they last said.

- A status replaces the one before it for the same app, by the endpoint's own time.
- The functions work on the open database of the UTM, inside the caller's transaction.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlite_utils import Database

from foundation.protocol.link import Report

_SELECT = (
    "SELECT endpoint_id, ref, name, description, enrolled_at, removed, last_report_at"
    " FROM epsecd_endpoints"
)
_SELECT_STATUSES = (
    "SELECT endpoint_id, app_id, res, revision, details, created_at, stored_at, received_at"
    " FROM epsecd_statuses"
)


@dataclass(frozen=True, slots=True)
class StoredEndpoint:
    """One computer as the UTM knows it; times are ISO 8601 in UTC."""

    endpoint_id: str
    ref: str
    name: str
    description: dict[str, Any]
    enrolled_at: str
    is_removed: bool
    last_report_at: str


@dataclass(frozen=True, slots=True)
class StoredStatus:
    """The newest status of one app of one endpoint.

    Attributes:
        created_at: When the endpoint made it.
        stored_at: When LiveConnect committed it.
        received_at: When the UTM took it in.
    """

    endpoint_id: str
    app_id: str
    res: str
    revision: str
    details: dict[str, str]
    created_at: str
    stored_at: str
    received_at: str


def enrol(db: Database, report: Report, *, ref: str, name: str) -> None:
    """Record a computer; one that enrols again keeps its row."""
    db.execute(
        "INSERT INTO epsecd_endpoints (endpoint_id, ref, name, description, enrolled_at, removed,"
        " last_report_at) VALUES (?, ?, ?, ?, ?, 0, ?)"
        " ON CONFLICT (endpoint_id) DO UPDATE SET ref = excluded.ref, name = excluded.name,"
        " description = excluded.description, enrolled_at = excluded.enrolled_at, removed = 0,"
        " last_report_at = excluded.last_report_at",
        [report.endpoint_id, ref, name, json.dumps(report.body), report.at, report.at],
    )


def set_removed(db: Database, endpoint_id: str, *, removed: bool) -> None:
    """Record a removal or a restoration."""
    db.execute(
        "UPDATE epsecd_endpoints SET removed = ? WHERE endpoint_id = ?",
        [int(removed), endpoint_id],
    )


def heard_from(db: Database, endpoint_id: str, at: str) -> None:
    """Record that the endpoint reported something."""
    db.execute(
        "UPDATE epsecd_endpoints SET last_report_at = MAX(last_report_at, ?) WHERE endpoint_id = ?",
        [at, endpoint_id],
    )


def find(db: Database, endpoint_id: str) -> StoredEndpoint | None:
    """Return the endpoint, or None."""
    row = db.execute(f"{_SELECT} WHERE endpoint_id = ?", [endpoint_id]).fetchone()
    return None if row is None else _endpoint(row)


def all_endpoints(db: Database) -> tuple[StoredEndpoint, ...]:
    """Return every endpoint in order of enrolment, removed ones included."""
    rows = db.execute(f"{_SELECT} ORDER BY enrolled_at, endpoint_id").fetchall()
    return tuple(map(_endpoint, rows))


def record_status(db: Database, report: Report, received_at: str) -> None:
    """Store a status unless a newer one of the same app is there."""
    body = report.body
    db.execute(
        "INSERT INTO epsecd_statuses (endpoint_id, app_id, res, revision, details, created_at,"
        " stored_at, received_at, report) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (endpoint_id, app_id) DO UPDATE SET res = excluded.res,"
        " revision = excluded.revision, details = excluded.details,"
        " created_at = excluded.created_at, stored_at = excluded.stored_at,"
        " received_at = excluded.received_at, report = excluded.report"
        " WHERE excluded.report > report",
        [
            report.endpoint_id,
            body["app_id"],
            body["res"],
            body["revision"],
            json.dumps(body.get("details", {})),
            body["created_at"],
            report.at,
            received_at,
            report.number,
        ],
    )


def forget_numbers(db: Database) -> None:
    """Let the next status of each app count, whatever its report's number."""
    db.execute("UPDATE epsecd_statuses SET report = 0")


def statuses(db: Database, endpoint_id: str) -> tuple[StoredStatus, ...]:
    """Return the newest status of each app."""
    rows = db.execute(
        f"{_SELECT_STATUSES} WHERE endpoint_id = ? ORDER BY app_id", [endpoint_id]
    ).fetchall()
    return tuple(map(_status, rows))


def all_statuses(db: Database) -> dict[str, tuple[StoredStatus, ...]]:
    """Return endpoint id to the newest status of each app."""
    rows = db.execute(f"{_SELECT_STATUSES} ORDER BY endpoint_id, app_id").fetchall()
    read = cache(json.loads)  # most computers tell the same details
    by_endpoint: dict[str, list[StoredStatus]] = {}
    for row in rows:
        by_endpoint.setdefault(row[0], []).append(_status(row, read))
    return {endpoint_id: tuple(found) for endpoint_id, found in by_endpoint.items()}


def refusing(db: Database) -> frozenset[str]:
    """Return the endpoints of which a component says that it does not enforce its policy."""
    rows = db.execute("SELECT endpoint_id FROM epsecd_statuses WHERE res IN ('Diff', 'NoRef')")
    return frozenset(row[0] for row in rows.fetchall())


def refusals_since(db: Database, since_at: str, *, most: int) -> list[tuple[str, str, str]]:
    """Return (computer, app, when the UTM heard) of the newest refusals since a moment."""
    rows = db.execute(
        "SELECT e.name, s.app_id, s.received_at FROM epsecd_statuses s"
        " JOIN epsecd_endpoints e ON e.endpoint_id = s.endpoint_id"
        " WHERE s.res IN ('Diff', 'NoRef') AND s.received_at >= ?"
        " ORDER BY s.received_at DESC LIMIT ?",
        [since_at, most],
    ).fetchall()
    return [(row[0], row[1], row[2]) for row in rows]


def _status(
    row: tuple[Any, ...], read: Callable[[str], dict[str, str]] = json.loads
) -> StoredStatus:
    return StoredStatus(row[0], row[1], row[2], row[3], read(row[4]), row[5], row[6], row[7])


def _endpoint(row: tuple[Any, ...]) -> StoredEndpoint:
    return StoredEndpoint(row[0], row[1], row[2], json.loads(row[3]), row[4], bool(row[5]), row[6])
