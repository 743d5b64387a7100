"""What endpoints send: statuses, events and responses, each counted once."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from liveconnect.reports import Happening, content_digest
from liveconnect.store.instants import to_text
from liveconnect.store.outbox import report, report_all
from liveconnect.store.records import Fetch, ReceivedEvent, ReceivedResponse, ReceivedStatus
from liveconnect.store.sql import Sql

EVENTS_AT_A_TIME = 50
"""As many are remembered by one statement."""
EVENTS_REMEMBERED = timedelta(days=90)
"""Longer than an endpoint keeps what it could not send (two months, public)."""
_TOLD: Final = ("epoch", "changeset", "assigned_at", "delivered_at", "delivered_by", "fetched_at")


def record_statuses(
    sql: Sql,
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
        _record_status(sql, tenant, endpoint_id, each, at, interval_s=interval_s)
        for each in statuses
    )


def record_events(
    sql: Sql,
    tenant: str,
    endpoint_id: str,
    events: Iterable[ReceivedEvent],
    at: datetime,
) -> int:
    """Report each event that was not sent before; return how many were not."""
    # What stands twice in one document is one event, as if it had come in two.
    by_key = {(each.event_id, _event_digest(each)): each for each in events}
    keys = tuple(by_key)
    new: set[tuple[str, str]] = set()
    for start in range(0, len(keys), EVENTS_AT_A_TIME):
        new.update(_remember(sql, tenant, endpoint_id, keys[start : start + EVENTS_AT_A_TIME], at))
    happenings = [_happening(endpoint_id, by_key[key], at) for key in keys if key in new]
    report_all(sql, tenant, happenings)
    return len(happenings)


def record_response(sql: Sql, tenant: str, response: ReceivedResponse, at: datetime) -> None:
    """Store the response to a command; a repetition takes the place of the first."""
    sql.execute(
        "INSERT INTO responses VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (endpoint_id, app_id, command_id) DO UPDATE SET "
        "tenant = excluded.tenant, body = excluded.body, stored_at = excluded.stored_at",
        [
            tenant,
            response.endpoint_id,
            response.app_id,
            response.command_id,
            response.body,
            to_text(at),
        ],
    )


def responses(sql: Sql, endpoint_id: str) -> tuple[ReceivedResponse, ...]:
    """Return the responses of an endpoint, in the order in which they came."""
    rows = sql.execute(
        "SELECT app_id, command_id, body FROM responses WHERE endpoint_id = ? "
        "ORDER BY stored_at, app_id, command_id",
        [endpoint_id],
    ).fetchall()
    return tuple(
        ReceivedResponse(endpoint_id=endpoint_id, app_id=row[0], command_id=row[1], body=row[2])
        for row in rows
    )


def record_fetches(sql: Sql, fetches: Iterable[Fetch]) -> None:
    """Note when policies were fetched, for the timeline."""
    for fetch in fetches:
        sql.execute(
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


def forget_old_events(sql: Sql, at: datetime) -> None:
    """Forget events that nobody can send again."""
    sql.execute("DELETE FROM events_seen WHERE seen_at < ?", [to_text(at - EVENTS_REMEMBERED)])


def _record_status(
    sql: Sql,
    tenant: str,
    endpoint_id: str,
    status: ReceivedStatus,
    at: datetime,
    *,
    interval_s: float,
) -> bool:
    created_at = to_text(status.created_at)
    digest = content_digest(created_at, status.body)
    stored = sql.execute(
        "SELECT digest FROM statuses WHERE endpoint_id = ? AND app_id = ?",
        [endpoint_id, status.app_id],
    ).fetchone()
    if stored is not None and stored[0] == digest:
        return False
    sql.execute(
        "INSERT INTO statuses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (endpoint_id, app_id) DO UPDATE SET tenant = excluded.tenant, "
        "res = excluded.res, revision = excluded.revision, digest = excluded.digest, "
        "body = excluded.body, created_at = excluded.created_at, "
        "committed_at = excluded.committed_at",
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
    known = _confirm(sql, endpoint_id, status, at) if status.res else {}
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
    report(sql, tenant, Happening(kind="status", endpoint_id=endpoint_id, at=at, body=body))
    return True


def _confirm(sql: Sql, endpoint_id: str, status: ReceivedStatus, at: datetime) -> dict[str, Any]:
    """Note what a status says of the assignment; return what a report tells of the policy."""
    same = status.res == "Same"
    sql.execute(
        "UPDATE assignments SET confirmed = CASE WHEN policy_id = ? THEN ? ELSE 0 END "
        "WHERE endpoint_id = ? AND app_id = ? AND is_current = 1",
        [status.revision, int(same), endpoint_id, status.app_id],
    )
    if same:
        sql.execute(
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
    row = sql.execute(
        "SELECT epoch, number, assigned_at, delivered_at, delivered_by, fetched_at "
        "FROM assignments WHERE endpoint_id = ? AND app_id = ? AND policy_id = ? "
        "ORDER BY id DESC LIMIT 1",
        [endpoint_id, status.app_id, status.revision],
    ).fetchone()
    return dict(zip(_TOLD, row, strict=True)) if row else {}


def _event_digest(event: ReceivedEvent) -> str:
    return content_digest(event.app_id, to_text(event.created_at), event.body)


def _remember(
    sql: Sql, tenant: str, endpoint_id: str, keys: Sequence[tuple[str, str]], at: datetime
) -> list[tuple[str, str]]:
    """Remember events by id and digest; return those that were not known.

    One statement decides and stores: another worker may be told the same at the same time.
    """
    rows = ", ".join(["(?, ?, ?, ?, ?)"] * len(keys))
    seen_at = to_text(at)
    arguments = [each for key in keys for each in (tenant, endpoint_id, *key, seen_at)]
    return sql.execute(
        f"INSERT INTO events_seen VALUES {rows} ON CONFLICT DO NOTHING "  # noqa: S608 - places only
        "RETURNING event_id, digest",
        arguments,
    ).fetchall()


def _happening(endpoint_id: str, event: ReceivedEvent, at: datetime) -> Happening:
    body = {
        "app_id": event.app_id,
        "id": event.event_id,
        "created_at": to_text(event.created_at),
        "body": event.body,
    }
    return Happening(kind="event", endpoint_id=endpoint_id, at=at, body=body)
