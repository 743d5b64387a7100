"""Changesets of a UTM: the full state, in order, all of it or nothing."""

from collections.abc import Iterable
from datetime import datetime

from foundation.protocol.link import Changeset
from foundation.protocol.reasons import Reason
from liveconnect.refusals import OutOfOrderError
from liveconnect.store.assigning import assign_group_policies, concerned, store_policy
from liveconnect.store.instants import to_text
from liveconnect.store.records import Committed
from liveconnect.store.sql import Sql

CHANGESETS_KEPT = 200


def commit_changeset(
    sql: Sql,
    tenant: str,
    changeset: Changeset,
    digest: str,
    at: datetime,
    *,
    ttl_s: float,
    fragment_above: int,
) -> Committed:
    """Store a changeset and assign what it changes for each endpoint.

    Raises:
        OutOfOrderError: If it is older than the stored one, differs from one of the same number,
            or names parts that are not stored.
    """
    if _is_known(sql, tenant, changeset, digest):
        return Committed(snapshots=(), repeated=True)
    _check_parts(sql, tenant, changeset)
    _replace_groups(sql, tenant, changeset, at, fragment_above)
    _replace_memberships(sql, tenant, changeset)
    sql.execute(
        "UPDATE tenants SET changeset_epoch = ?, changeset_number = ?, enabled = ?, "
        "default_group = ?, tamper_password_hash = ? WHERE id = ?",
        [
            changeset.epoch,
            changeset.number,
            int(changeset.enabled),
            changeset.default_group,
            changeset.tamper_password_hash,
            tenant,
        ],
    )
    _record(sql, tenant, changeset, digest, at)
    changed = assign_group_policies(sql, tenant, concerned(sql, tenant), at, ttl_s)
    return Committed(snapshots=changed)


def latest_changeset(sql: Sql, tenant: str) -> tuple[int, int]:
    """Return (epoch, number) of the stored state; (0, 0) before the first."""
    epoch, number = sql.execute(
        "SELECT changeset_epoch, changeset_number FROM tenants WHERE id = ?", [tenant]
    ).fetchone()
    return epoch, number


def put_part(sql: Sql, tenant: str, digest: str, body: bytes, at: datetime) -> None:
    """Store a part under the SHA-256 of its bytes."""
    sql.execute(
        "INSERT INTO parts VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [tenant, digest, body, to_text(at)],
    )


def parts(sql: Sql, tenant: str, digests: Iterable[str]) -> dict[str, bytes]:
    """Return the stored ones of these parts."""
    query = "SELECT body FROM parts WHERE tenant = ? AND digest = ?"
    rows = {one: sql.execute(query, [tenant, one]).fetchone() for one in digests}
    return {digest: bytes(row[0]) for digest, row in rows.items() if row is not None}


def _is_known(sql: Sql, tenant: str, changeset: Changeset, digest: str) -> bool:
    stored = latest_changeset(sql, tenant)
    wanted = (changeset.epoch, changeset.number)
    if wanted > stored:
        return False
    same = sql.execute(
        "SELECT 1 FROM changesets WHERE tenant = ? AND epoch = ? AND number = ? AND digest = ?",
        [tenant, *wanted, digest],
    ).fetchone()
    if wanted == stored and same:
        return True
    what = "another changeset of that number" if wanted == stored else "a newer one"
    raise OutOfOrderError(
        Reason.CHANGESET_STALE,
        f"changeset {wanted[0]}/{wanted[1]} comes after {what}: {stored[0]}/{stored[1]} is stored",
    )


def _check_parts(sql: Sql, tenant: str, changeset: Changeset) -> None:
    missing = tuple(
        part
        for part in changeset.parts
        if not sql.execute(
            "SELECT 1 FROM parts WHERE tenant = ? AND digest = ?", [tenant, part]
        ).fetchone()
    )
    if missing:
        raise OutOfOrderError(
            Reason.PARTS_MISSING, f"{len(missing)} parts have to be sent first", missing=missing
        )


def _replace_groups(
    sql: Sql, tenant: str, changeset: Changeset, at: datetime, fragment_above: int
) -> None:
    sql.execute("DELETE FROM group_policies WHERE tenant = ?", [tenant])
    sql.execute("DELETE FROM groups WHERE tenant = ?", [tenant])
    stored: set[tuple[str, str]] = set()
    for group in changeset.groups:
        sql.execute("INSERT INTO groups VALUES (?, ?, ?)", [tenant, group.ref, group.name])
        for policy in group.policies:
            if (policy.app_id, policy.revision) not in stored:
                store_policy(sql, tenant, policy, at, fragment_above)
                stored.add((policy.app_id, policy.revision))
            sql.execute(
                "INSERT INTO group_policies VALUES (?, ?, ?, ?) ON CONFLICT "
                "(tenant, group_ref, app_id) DO UPDATE SET policy_id = excluded.policy_id",
                [tenant, group.ref, policy.app_id, policy.revision],
            )


def _replace_memberships(sql: Sql, tenant: str, changeset: Changeset) -> None:
    sql.execute("DELETE FROM memberships WHERE tenant = ?", [tenant])
    sql.executemany(
        "INSERT INTO memberships VALUES (?, ?, ?)",
        [(tenant, endpoint_id, ref) for endpoint_id, ref in changeset.membership.items()],
    )


def _record(sql: Sql, tenant: str, changeset: Changeset, digest: str, at: datetime) -> None:
    sql.execute(
        "INSERT INTO changesets VALUES (?, ?, ?, ?, ?)",
        [tenant, changeset.epoch, changeset.number, digest, to_text(at)],
    )
    sql.execute(
        "DELETE FROM changesets WHERE tenant = ? AND (epoch, number) <= (SELECT epoch, number "
        "FROM changesets WHERE tenant = ? ORDER BY epoch DESC, number DESC LIMIT 1 OFFSET ?)",
        [tenant, tenant, CHANGESETS_KEPT],
    )
    # A part that the full state does not name any more is nobody's.
    kept = set(changeset.parts)
    for row in sql.execute("SELECT digest FROM parts WHERE tenant = ?", [tenant]).fetchall():
        if row[0] not in kept:
            sql.execute("DELETE FROM parts WHERE tenant = ? AND digest = ?", [tenant, row[0]])
