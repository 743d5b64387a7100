"""Which policies an endpoint shall have, and the storing of policies."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from foundation.protocol.link import PolicyDocument
from liveconnect.commands import Origin, Wanted, assign
from liveconnect.policies import StoredPolicy, pieces_of
from liveconnect.store.instants import to_text
from liveconnect.store.queue_rows import Renewed, load_queue, load_queues, save_queue, save_queues
from liveconnect.store.records import CompilePolicy, QueueSnapshot
from liveconnect.store.rows import join_words, origin_of, split_words
from liveconnect.store.sql import Sql, in_portions
from liveconnect.store.tenants import state_of

# CROSS JOIN keeps SQLite from walking through every policy of the tenant first.
_WANTED_BY = """
SELECT p.app_id, p.policy_type, p.policy_id, p.fragments
FROM group_policies g CROSS JOIN policies p
WHERE g.tenant = ? AND g.group_ref = ?
    AND p.tenant = g.tenant AND p.app_id = g.app_id AND p.policy_id = g.policy_id
ORDER BY p.app_id
"""
_CONCERNED = """
SELECT DISTINCT e.id
FROM endpoints e
JOIN tenants t ON t.id = e.tenant
LEFT JOIN memberships m ON m.tenant = e.tenant AND m.endpoint_id = e.id
JOIN group_policies g ON g.tenant = e.tenant
    AND g.group_ref = COALESCE(m.group_ref, t.default_group)
LEFT JOIN assignments a ON a.endpoint_id = e.id AND a.app_id = g.app_id AND a.is_current = 1
WHERE e.tenant = ? AND e.removed_at IS NULL AND t.enabled = 1
    AND (a.policy_id IS NULL OR a.policy_id <> g.policy_id)
ORDER BY e.id
"""


def store_policy(
    sql: Sql, tenant: str, document: PolicyDocument, at: datetime, fragment_above: int
) -> Wanted:
    """Store a policy under its RevID, unless it is stored; return what to assign.

    Of one that is handed out in fragments only these are stored; they are its body when joined.
    """
    return store_policies(sql, tenant, (document,), at, fragment_above)[0]


def store_policies(
    sql: Sql, tenant: str, documents: Iterable[PolicyDocument], at: datetime, fragment_above: int
) -> tuple[Wanted, ...]:
    """Store policies likewise, rows of a kind together."""
    policies = [
        StoredPolicy(document=each, pieces=pieces_of(each.body, above=fragment_above))
        for each in documents
    ]
    sql.executemany(
        "INSERT INTO policies (tenant, app_id, policy_id, policy_type, fragments, body, stored_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [_policy_row(tenant, each, at) for each in policies],
    )
    sql.executemany(
        "INSERT INTO fragments (tenant, app_id, fragment_id, policy_id, body) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            (tenant, each.document.app_id, piece_id, each.document.revision, piece)
            for each in policies
            for piece_id, piece in each.pieces
        ],
    )
    return tuple(each.wanted for each in policies)


def _policy_row(tenant: str, policy: StoredPolicy, at: datetime) -> tuple[Any, ...]:
    wanted = policy.wanted
    return (
        tenant,
        wanted.app_id,
        wanted.policy_id,
        wanted.policy_type,
        join_words(wanted.fragments),
        b"" if policy.pieces else policy.document.body,
        to_text(at),
    )


def group_policies(
    sql: Sql, tenant: str, endpoint_ids: Sequence[str], default: str | None
) -> dict[str, tuple[Wanted, ...]]:
    """Return what the group of each endpoint wants.

    Args:
        sql: The database.
        tenant: The UTM.
        endpoint_ids: Endpoints of it, new ones too.
        default: The group of those that are in no other; None while Endpoint Protection is off.
    """
    if default is None:
        return dict.fromkeys(endpoint_ids, ())
    groups = dict.fromkeys(endpoint_ids, default)
    for places, some in in_portions(endpoint_ids):
        groups |= sql.execute(
            "SELECT endpoint_id, group_ref FROM memberships "  # noqa: S608 - places only
            f"WHERE tenant = ? AND endpoint_id IN ({places})",
            [tenant, *some],
        ).fetchall()
    wanted = {group: _wanted_by(sql, tenant, group) for group in set(groups.values())}
    return {each: wanted[group] for each, group in groups.items()}


def _wanted_by(sql: Sql, tenant: str, group: str) -> tuple[Wanted, ...]:
    rows = sql.execute(_WANTED_BY, [tenant, group])
    return tuple(
        Wanted(app_id=row[0], policy_type=row[1], policy_id=row[2], fragments=split_words(row[3]))
        for row in rows
    )


def concerned(sql: Sql, tenant: str) -> tuple[str, ...]:
    """Return the endpoints that are assigned something else than their group's policies."""
    return tuple(row[0] for row in sql.execute(_CONCERNED, [tenant]).fetchall())


def assign_group_policies(
    sql: Sql, tenant: str, endpoint_ids: Sequence[str], at: datetime, ttl_s: float
) -> tuple[QueueSnapshot, ...]:
    """Assign to each endpoint what its group has and it has not."""
    if not endpoint_ids:
        return ()
    state = state_of(sql, tenant)
    policies = group_policies(sql, tenant, endpoint_ids, state.default_group)
    origin = origin_of(
        *(sql, at, ttl_s),
        epoch=state.epoch,
        number=state.number,
        ids_at_once=len(endpoint_ids),
    )
    return _assign_each(sql, tenant, policies, origin)


def assign_mcs_policies(
    sql: Sql,
    tenant: str,
    devices: Mapping[str, str],
    at: datetime,
    *,
    compile_mcs: CompilePolicy,
    ttl_s: float,
    fragment_above: int,
) -> tuple[QueueSnapshot, ...]:
    """Assign to endpoints of a UTM, by id with their device ids, the MCS policies of now."""
    keys = state_of(sql, tenant).keys
    documents = [compile_mcs(keys, device_id) for device_id in devices.values()]
    wanted = store_policies(sql, tenant, documents, at, fragment_above)
    policies = {each: (one,) for each, one in zip(devices, wanted, strict=True)}
    return _assign_each(sql, tenant, policies, origin_of(sql, at, ttl_s, ids_at_once=len(devices)))


def _assign_each(
    sql: Sql, tenant: str, policies: Mapping[str, tuple[Wanted, ...]], origin: Origin
) -> tuple[QueueSnapshot, ...]:
    renewed = (
        Renewed(endpoint_id, queue, assign(queue, policies[endpoint_id], origin))
        for endpoint_id, queue in load_queues(sql, tuple(policies)).items()
    )
    changed = [each for each in renewed if each.after is not each.before]
    return save_queues(sql, tenant, changed, origin.at)


def replace_policy(
    sql: Sql,
    tenant: str,
    endpoint_id: str,
    document: PolicyDocument,
    at: datetime,
    *,
    ttl_s: float,
    fragment_above: int,
) -> QueueSnapshot:
    """Assign a policy to one endpoint, outside of any changeset."""
    wanted = store_policy(sql, tenant, document, at, fragment_above)
    before = load_queue(sql, endpoint_id)
    after = assign(before, (wanted,), origin_of(sql, at, ttl_s))
    return save_queue(
        sql, tenant=tenant, endpoint_id=endpoint_id, before=before, after=after, at=at
    )
