"""The reports that wait for a UTM."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from foundation.protocol.link import Report
from liveconnect.reports import Happening, numbered
from liveconnect.store.instants import to_text
from liveconnect.store.rows import to_json
from liveconnect.store.sql import Sql


def report(sql: Sql, tenant: str, happening: Happening) -> Report:
    """Put a happening into the tenant's outbox under its next number."""
    return report_all(sql, tenant, [happening])[0]


def report_all(sql: Sql, tenant: str, happenings: Sequence[Happening]) -> tuple[Report, ...]:
    """Put happenings into the tenant's outbox, under its next numbers and in their order."""
    if not happenings:
        return ()
    last = sql.execute(
        "UPDATE tenants SET last_report = last_report + ? WHERE id = ? RETURNING last_report",
        [len(happenings), tenant],
    ).fetchone()[0]
    first = last - len(happenings) + 1
    sql.executemany(
        "INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?)",
        [
            (tenant, number, each.kind, each.endpoint_id, to_text(each.at), to_json(each.body))
            for number, each in enumerate(happenings, first)
        ],
    )
    return tuple(numbered(each, number) for number, each in enumerate(happenings, first))


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
    return sum(
        sql.execute(
            "DELETE FROM reports WHERE tenant = ? AND number BETWEEN ? AND ?",
            [tenant, first, last],
        ).rowcount
        for first, last in _ranges(numbers)
    )


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of numbers that follow on one another."""
    ordered = enumerate(sorted(set(numbers)))
    for _, run in groupby(ordered, key=lambda each: each[1] - each[0]):
        follow = [number for _, number in run]
        yield follow[0], follow[-1]
