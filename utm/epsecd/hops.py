"""When each policy of a changeset was where: LiveConnect's times and the endpoint's own.

- They come with the status that says `Same`; the first one counts. A LiveConnect that does not
  tell them is served as well: then only what the UTM saw itself is known.
- A hop of an endpoint has happened when it has for every policy that the changeset assigned to it.
- The functions work on the open database of the UTM, inside the caller's transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlite_utils import Database

from foundation.protocol.link import Report

_TOLD: Final = ("assigned_at", "delivered_at", "fetched_at")
_COLUMNS: Final = "assigned_at, delivered_at, fetched_at, applied_at, stored_at, received_at"
_PATHS: Final = ("push", "poll")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointHops:
    """The times of one endpoint for one changeset; None where LiveConnect did not know one.

    Attributes:
        assigned_at: LiveConnect committed the changeset, or the endpoint enrolled.
        delivered_at: The first poll, or push, that carried the command.
        fetched_at: The endpoint fetched the last of the policies.
        applied_at: The endpoint's own time of the status that says so.
        stored_at: LiveConnect committed that status.
        received_at: The UTM took it in.
        delivered_by: `push` or `poll`, of the policy that came last; empty when it was not told.
        poll_s: How often this endpoint is told to poll; 0 when that was not told.
    """

    assigned_at: datetime
    delivered_at: datetime | None
    fetched_at: datetime | None
    applied_at: datetime
    stored_at: datetime
    received_at: datetime
    delivered_by: str
    poll_s: float


def record(db: Database, report: Report, at: datetime) -> None:
    """Keep the times that a status carries of the policy in force.

    Raises:
        ValueError: If one is no time.
    """
    body = report.body
    if body["res"] != "Same" or not body.get("assigned_at") or not body.get("epoch"):
        return
    told = [_instant(body.get(name)) for name in _TOLD]
    key = [int(body["epoch"]), int(body["changeset"]), report.endpoint_id, str(body["app_id"])]
    seen = [_instant(body["created_at"]), _instant(report.at), at.isoformat()]
    by = body.get("delivered_by")
    by = by if by in _PATHS else ""
    poll_s = float(body.get("poll_interval_s") or 0)
    db.execute(
        "INSERT OR IGNORE INTO epsecd_hops (epoch, number, endpoint_id, app_id, assigned_at,"
        " delivered_at, fetched_at, applied_at, stored_at, received_at, delivered_by, poll_s)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [*key, *told, *seen, by, poll_s],
    )


def of_changeset(db: Database, epoch: int, number: int) -> dict[str, EndpointHops]:
    """Return endpoint id to its times for one changeset."""
    rows = db.execute(
        f"SELECT endpoint_id, {_COLUMNS}, delivered_by, poll_s FROM epsecd_hops"  # noqa: S608 - constants
        " WHERE epoch = ? AND number = ? ORDER BY endpoint_id",
        [epoch, number],
    ).fetchall()
    by_endpoint: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_endpoint.setdefault(row[0], []).append(row[1:])
    return {endpoint_id: _together(found) for endpoint_id, found in by_endpoint.items()}


def poll_interval_s(db: Database) -> float | None:
    """Return the poll interval that LiveConnect told last, None if it never did."""
    row = db.execute(
        "SELECT poll_s FROM epsecd_hops WHERE poll_s > 0 ORDER BY epoch DESC, number DESC LIMIT 1"
    ).fetchone()
    return row[0] if row else None


def _together(rows: Iterable[tuple[Any, ...]]) -> EndpointHops:
    """Return the times of all policies as one: the last of each."""
    columns = zip(*rows, strict=True)
    assigned, delivered, fetched, applied, stored, received, by, poll_s = columns
    paths = dict(zip(delivered, by, strict=True))
    return EndpointHops(
        assigned_at=_last(assigned),
        delivered_at=_last(delivered) if all(delivered) else None,
        fetched_at=_last(fetched) if all(fetched) else None,
        applied_at=_last(applied),
        stored_at=_last(stored),
        received_at=_last(received),
        delivered_by=paths[max(delivered)] if all(delivered) else "",
        poll_s=max(poll_s),
    )


def _last(stamps: Iterable[str]) -> datetime:
    return max(map(datetime.fromisoformat, stamps))


def _instant(value: Any) -> str | None:
    """Return a time as it is stored; None for none.

    Raises:
        ValueError: If it is no time with a zone.
    """
    if value is None:
        return None
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError(f"{value!r} says no zone")
    return at.isoformat()
