"""What endpoints send: events and responses, each counted once (statuses: `statuses.py`)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from liveconnect.reports import Happening, content_digest
from liveconnect.store.instants import to_text
from liveconnect.store.outbox import report_all
from liveconnect.store.records import Fetch, ReceivedEvent, ReceivedResponse
from liveconnect.store.sql import Sql

EVENTS_AT_A_TIME = 50
"""As many are remembered by one statement."""
EVENTS_REMEMBERED = timedelta(days=90)
"""Longer than an endpoint keeps what it could not send (two months, public)."""


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
    sql.executemany(
        "UPDATE assignments SET fetched_at = ? WHERE endpoint_id = ? AND app_id = ? "
        "AND policy_id = ? AND fetched_at IS NULL AND assigned_at <= ?",
        [
            (to_text(each.at), each.endpoint_id, each.app_id, each.policy_id, to_text(each.at))
            for each in fetches
        ],
    )


def forget_old_events(sql: Sql, at: datetime) -> None:
    """Forget events that nobody can send again."""
    sql.execute("DELETE FROM events_seen WHERE seen_at < ?", [to_text(at - EVENTS_REMEMBERED)])


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
