"""Who complies with which changeset, and since when.

- An endpoint complies with a changeset when, for every policy that the changeset has for its
  group, its newest status says `Same` with that policy's RevID.
- It is looked at whenever a status comes in, and when a changeset was sent: one that concerns an
  endpoint in nothing is complied with at once.
- The functions work on the open database of the UTM, inside the caller's transaction.
"""

import json
from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from utm.epsecd import changesets, endpoints
from utm.epsecd.endpoints import StoredStatus


def settle(db: Database, endpoint_ids: Iterable[str]) -> None:
    """Record of each endpoint that complies with the newest changeset that it does."""
    newest = changesets.newest(db)
    if newest is None or newest.sent_at is None:
        return
    wanted = changesets.wanted(db, newest.epoch, newest.number)
    for endpoint_id in endpoint_ids:
        mine = wanted.on(endpoint_id)
        reported = [one for one in endpoints.statuses(db, endpoint_id) if one.app_id in mine]
        if complies(mine, reported):
            _record(db, endpoint_id, newest.epoch, newest.number, reported)


def settle_all(db: Database) -> None:
    """Do so for every endpoint that may comply: one that reports as much as a group wants."""
    newest = changesets.newest(db)
    if newest is None or newest.sent_at is None:
        return
    groups = changesets.wanted(db, newest.epoch, newest.number).groups.values()
    revisions = json.dumps(sorted({revision for group in groups for revision in group.values()}))
    rows = db.execute(
        "SELECT endpoint_id FROM epsecd_statuses"
        " WHERE res = 'Same' AND revision IN (SELECT value FROM json_each(?))"
        " GROUP BY endpoint_id HAVING COUNT(*) >= ? ORDER BY endpoint_id",
        [revisions, min(map(len, groups), default=0)],
    ).fetchall()
    settle(db, [row[0] for row in rows])


def complies(wanted: dict[str, str], reported: Sequence[StoredStatus]) -> bool:
    """Whether every wanted revision is reported to be in force."""
    in_force = {one.app_id: one.revision for one in reported if one.res == "Same"}
    return bool(wanted) and all(in_force.get(app) == revision for app, revision in wanted.items())


def _record(
    db: Database, endpoint_id: str, epoch: int, number: int, reported: Sequence[StoredStatus]
) -> None:
    """Record it the first time, with the times of the statuses that show it."""
    db.execute(
        "INSERT OR IGNORE INTO epsecd_compliance"
        " (endpoint_id, epoch, number, applied_at, stored_at, received_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            endpoint_id,
            epoch,
            number,
            max(one.created_at for one in reported),
            max(one.stored_at for one in reported),
            max(one.received_at for one in reported),
        ],
    )


def since(db: Database, epoch: int, number: int) -> dict[str, dict[str, str]]:
    """Return endpoint id to the times at which it came to comply with a changeset."""
    rows = db.execute(
        "SELECT endpoint_id, applied_at, stored_at, received_at FROM epsecd_compliance"
        " WHERE epoch = ? AND number = ?",
        [epoch, number],
    ).fetchall()
    return {
        row[0]: {"applied_at": row[1], "stored_at": row[2], "received_at": row[3]} for row in rows
    }


def newest(db: Database, endpoint_id: str) -> int | None:
    """Return the number of the newest changeset that the endpoint ever complied with."""
    row = db.execute(
        "SELECT number FROM epsecd_compliance WHERE endpoint_id = ?"
        " ORDER BY epoch DESC, number DESC LIMIT 1",
        [endpoint_id],
    ).fetchone()
    return row[0] if row else None


def newest_of_all(db: Database) -> dict[str, int]:
    """Return endpoint id to the number of the newest changeset that it ever complied with."""
    rows = db.execute(
        "SELECT endpoint_id, (SELECT number FROM epsecd_compliance c"
        " WHERE c.endpoint_id = e.endpoint_id ORDER BY epoch DESC, number DESC LIMIT 1)"
        " FROM epsecd_endpoints e"
    ).fetchall()
    return {row[0]: row[1] for row in rows if row[1] is not None}


def lately(db: Database, since_at: str, *, most: int) -> list[tuple[int, int, str]]:
    """Return which of the newest changesets came to be enforced since a moment.

    Each as its number, by how many endpoints, and when by the last of them; newest first.
    """
    rows = db.execute(
        "SELECT number, COUNT(*), MAX(received_at) FROM epsecd_compliance"
        " WHERE (epoch, number) IN (SELECT epoch, number FROM epsecd_changesets"
        " ORDER BY epoch DESC, number DESC LIMIT ?) AND received_at >= ?"
        " GROUP BY epoch, number ORDER BY epoch DESC, number DESC",
        [most, since_at],
    ).fetchall()
    return [(row[0], row[1], row[2]) for row in rows]
