"""What the store can tell about the past, for people and for tests."""

from typing import Any

from liveconnect.store.instants import from_text, from_text_or_none
from liveconnect.store.records import Hop
from liveconnect.store.sql import Sql

_HOPS = """
SELECT a.endpoint_id, e.computer_name, a.app_id, a.policy_id, a.epoch, a.number, a.is_current,
    a.assigned_at, a.delivered_at, a.acknowledged_at, a.fetched_at, a.applied_at, a.committed_at,
    a.delivered_by
FROM assignments a JOIN endpoints e ON e.id = a.endpoint_id
WHERE a.tenant = ?
"""


def timeline(sql: Sql, tenant: str, epoch: int, number: int) -> tuple[Hop, ...]:
    """Return how far each policy of a changeset came at each endpoint it concerned."""
    rows = sql.execute(
        f"{_HOPS} AND a.epoch = ? AND a.number = ? ORDER BY e.computer_name, a.endpoint_id, a.id",
        [tenant, epoch, number],
    )
    return tuple(_hop(row) for row in rows)


def last_changeset_with_hops(sql: Sql, tenant: str) -> tuple[int, int] | None:
    """Return the newest changeset that concerned an endpoint."""
    row = sql.execute(
        "SELECT epoch, number FROM assignments WHERE tenant = ? AND epoch > 0 "
        "ORDER BY epoch DESC, number DESC LIMIT 1",
        [tenant],
    ).fetchone()
    return None if row is None else (row[0], row[1])


def compliance(sql: Sql, endpoint_id: str) -> tuple[dict[str, Any], ...]:
    """Return, per app, what is assigned and what the newest status says."""
    rows = sql.execute(
        "SELECT a.app_id, a.policy_id, s.res = 'Same' AND s.revision = a.policy_id, "
        "s.res, s.revision, s.created_at, s.committed_at FROM assignments a LEFT JOIN statuses s "
        "ON s.endpoint_id = a.endpoint_id AND s.app_id = a.app_id "
        "WHERE a.endpoint_id = ? AND a.is_current = 1 ORDER BY a.app_id",
        [endpoint_id],
    )
    return tuple(
        {
            "app_id": row[0],
            "assigned": row[1],
            "compliant": bool(row[2]),
            "res": row[3] or "",
            "revision": row[4] or "",
            "applied_at": row[5],
            "committed_at": row[6],
        }
        for row in rows
    )


def _hop(row: tuple[Any, ...]) -> Hop:
    return Hop(
        endpoint_id=row[0],
        computer_name=row[1],
        app_id=row[2],
        policy_id=row[3],
        epoch=row[4],
        number=row[5],
        is_current=bool(row[6]),
        assigned_at=from_text(row[7]),
        delivered_at=from_text_or_none(row[8]),
        acknowledged_at=from_text_or_none(row[9]),
        fetched_at=from_text_or_none(row[10]),
        applied_at=from_text_or_none(row[11]),
        committed_at=from_text_or_none(row[12]),
        delivered_by=row[13] or "",
    )
