"""What endpoints send: statuses, events and responses, each counted once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlite_utils import Database

from liveconnect.reports import Happening, content_digest
from liveconnect.store.instants import to_text
from liveconnect.store.outbox import report
from liveconnect.store.records import Fetch, ReceivedEvent, ReceivedResponse, ReceivedStatus

EVENTS_REMEMBERED = timedelta(days=90)
"""Longer than an endpoint keeps what it could not send (two months, public)."""
_TOLD: Final = ("epoch", "changeset", "assigned_at", "delivered_at", "fetched_at")


def record_statuses(
    database: Database,
    tenant: str,
    endpoint_id: str,
    statuses: Iterable[ReceivedStatus],
    at: datetime,
    *,
    interval_s: float,
) -> int:
    """Store each status that is new and report it; return how many were.

    A report of a policy in force carries the policy's times and the poll interval, so that the UTM
    can tell what an endpoint waited for.
    """
    return sum(
        _record_status(database, tenant, endpoint_id, each, at, interval_s=interval_s)
        for each in statuses
    )


def record_events(
    database: Database,
    tenant: str,
    endpoint_id: str,
    events: Iterable[ReceivedEvent],
    at: datetime,
) -> int:
    """Report each event that was not sent before; return how many were not."""
    return sum(_record_event(database, tenant, endpoint_id, each, at) for each in events)


def record_response(
    database: Database, tenant: str, response: ReceivedResponse, at: datetime
) -> None:
    """Store the response to a command; a repetition takes the place of the first."""
    database.execute(
        "INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?, ?)",
        [
            tenant,
            response.endpoint_id,
            response.app_id,
            response.command_id,
            response.body,
            to_text(at),
        ],
    )


def record_fetches(database: Database, fetches: Iterable[Fetch]) -> None:
    """Note when policies were fetched, for the timeline."""
    for fetch in fetches:
        database.execute(
            "UPDATE assignments SET fetched_at = ? WHERE endpoint_id = ? AND app_id = ? "
            "AND policy_id = ? AND fetched_at IS NULL AND assigned_at <= ?",
            [
                to_text(fetch.at),
                fetch.endpoint_id,
                fetch.app_id,
                fetch.policy_id,
                to_text(fetch.at),
            ],
        )


def forget_old_events(database: Database, at: datetime) -> None:
    """Forget events that nobody can send again."""
    database.execute("DELETE FROM events_seen WHERE seen_at < ?", [to_text(at - EVENTS_REMEMBERED)])


def _record_status(
    database: Database,
    tenant: str,
    endpoint_id: str,
    status: ReceivedStatus,
    at: datetime,
    *,
    interval_s: float,
) -> bool:
    created_at = to_text(status.created_at)
    digest = content_digest(created_at, status.body)
    stored = database.execute(
        "SELECT digest FROM statuses WHERE endpoint_id = ? AND app_id = ?",
        [endpoint_id, status.app_id],
    ).fetchone()
    if stored is not None and stored[0] == digest:
        return False
    database.execute(
        "INSERT OR REPLACE INTO statuses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            tenant,
            endpoint_id,
            status.app_id,
            status.res,
            status.revision,
            digest,
            status.body,
            created_at,
            to_text(at),
        ],
    )
    known = _confirm(database, endpoint_id, status, at) if status.res else {}
    body = {
        "app_id": status.app_id,
        "res": status.res,
        "revision": status.revision,
        "details": dict(status.details),
        "created_at": created_at,
        "epoch": 0,
        "changeset": 0,
        **known,
        **({"poll_interval_s": interval_s} if known else {}),
    }
    report(database, tenant, Happening(kind="status", endpoint_id=endpoint_id, at=at, body=body))
    return True


def _confirm(
    database: Database, endpoint_id: str, status: ReceivedStatus, at: datetime
) -> dict[str, Any]:
    """Note what a status says of the assignment; return what a report tells of the policy."""
    same = status.res == "Same"
    database.execute(
        "UPDATE assignments SET confirmed = (? AND policy_id = ?) "
        "WHERE endpoint_id = ? AND app_id = ? AND is_current = 1",
        [same, status.revision, endpoint_id, status.app_id],
    )
    if same:
        database.execute(
            "UPDATE assignments SET applied_at = ?, committed_at = ? WHERE endpoint_id = ? "
            "AND app_id = ? AND policy_id = ? AND committed_at IS NULL",
            [
                to_text(status.created_at),
                to_text(at),
                endpoint_id,
                status.app_id,
                status.revision,
            ],
        )
    row = database.execute(
        "SELECT epoch, number, assigned_at, delivered_at, fetched_at FROM assignments "
        "WHERE endpoint_id = ? AND app_id = ? AND policy_id = ? ORDER BY id DESC LIMIT 1",
        [endpoint_id, status.app_id, status.revision],
    ).fetchone()
    return dict(zip(_TOLD, row, strict=True)) if row else {}


def _record_event(
    database: Database, tenant: str, endpoint_id: str, event: ReceivedEvent, at: datetime
) -> bool:
    created_at = to_text(event.created_at)
    digest = content_digest(event.app_id, created_at, event.body)
    new = database.execute(
        "INSERT OR IGNORE INTO events_seen VALUES (?, ?, ?, ?, ?)",
        [tenant, endpoint_id, event.event_id, digest, to_text(at)],
    ).rowcount
    if not new:
        return False
    body = {
        "app_id": event.app_id,
        "id": event.event_id,
        "created_at": created_at,
        "body": event.body,
    }
    report(database, tenant, Happening(kind="event", endpoint_id=endpoint_id, at=at, body=body))
    return True
