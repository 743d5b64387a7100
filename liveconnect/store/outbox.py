"""The reports that wait for a UTM."""

import json
from collections.abc import Iterable

from foundation.protocol.link import Report
from liveconnect.reports import Happening, numbered
from liveconnect.store.instants import to_text
from liveconnect.store.rows import to_json
from liveconnect.store.sql import Sql


def report(sql: Sql, tenant: str, happening: Happening) -> Report:
    """Put a happening into the tenant's outbox under its next number."""
    number = sql.execute(
        "UPDATE tenants SET last_report = last_report + 1 WHERE id = ? RETURNING last_report",
        [tenant],
    ).fetchone()[0]
    sql.execute(
        "INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?)",
        [
            tenant,
            number,
            happening.kind,
            happening.endpoint_id,
            to_text(happening.at),
            to_json(happening.body),
        ],
    )
    return numbered(happening, number)


def take_reports(sql: Sql, tenant: str, most: int) -> tuple[Report, ...]:
    """Return the tenant's oldest reports; they stay."""
    rows = sql.execute(
        "SELECT number, kind, endpoint_id, at, body FROM reports WHERE tenant = ? "
        "ORDER BY number LIMIT ?",
        [tenant, most],
    )
    return tuple(Report(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in rows)


def acknowledge_reports(sql: Sql, tenant: str, numbers: Iterable[int]) -> int:
    """Drop reports that the UTM has stored; return how many were still there."""
    dropped = 0
    for number in numbers:
        dropped += sql.execute(
            "DELETE FROM reports WHERE tenant = ? AND number = ?", [tenant, number]
        ).rowcount
    return dropped
