"""The queues of endpoints: actions, and what time does to them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from foundation.protocol.reasons import Reason
from liveconnect.commands import ShownRevision, enqueue, expire, reassign
from liveconnect.refusals import NotFoundError
from liveconnect.store.assigning import assign_mcs_policies
from liveconnect.store.instants import to_text
from liveconnect.store.queue_rows import Renewed, load_queue, load_queues, save_queue, save_queues
from liveconnect.store.records import CompilePolicy, QueueSnapshot
from liveconnect.store.rows import origin_of
from liveconnect.store.sql import Sql, in_portions

_MCS_SETTINGS = "mcs_settings"


def send_command(
    sql: Sql,
    *,
    tenant: str,
    endpoint_id: str,
    app_id: str,
    body: str,
    at: datetime,
    ttl_s: float,
) -> QueueSnapshot:
    """Queue an action for one app of an endpoint.

    Raises:
        NotFoundError: If the tenant has no such endpoint, or it was removed.
    """
    row = sql.execute(
        "SELECT removed_at FROM endpoints WHERE id = ? AND tenant = ?", [endpoint_id, tenant]
    ).fetchone()
    if row is None or row[0] is not None:
        reason = Reason.ENDPOINT_UNKNOWN if row is None else Reason.ENDPOINT_REMOVED
        raise NotFoundError(reason, f"there is no endpoint {endpoint_id} to command")
    before = load_queue(sql, endpoint_id)
    after = enqueue(before, app_id, body, origin_of(sql, at, ttl_s))
    return save_queue(
        sql, tenant=tenant, endpoint_id=endpoint_id, before=before, after=after, at=at
    )


def keep_up(
    sql: Sql, at: datetime, *, interval_s: float, ttl_s: float
) -> tuple[QueueSnapshot, ...]:
    """Expire commands and assign again what endpoints should have by now and have not."""
    changed: list[QueueSnapshot] = []
    for tenant, endpoint_ids in _due(sql, at, interval_s).items():
        origin = origin_of(sql, at, ttl_s, ids_at_once=len(endpoint_ids))
        shown = _shown(sql, endpoint_ids)
        renewed = (
            Renewed(each, queue, reassign(expire(queue, origin), shown[each], interval_s, origin))
            for each, queue in load_queues(sql, endpoint_ids).items()
        )
        differing = [each for each in renewed if each.after is not each.before]
        changed += save_queues(sql, tenant, differing, at)
    return tuple(changed)


def refresh_mcs_policies(
    sql: Sql,
    at: datetime,
    *,
    settings: str,
    compile_mcs: CompilePolicy,
    ttl_s: float,
    fragment_above: int,
    tenant: str | None = None,
) -> tuple[QueueSnapshot, ...]:
    """Compile the MCS policies again: of one tenant, or of all when the settings changed."""
    stored = sql.execute("SELECT value FROM facts WHERE name = ?", [_MCS_SETTINGS]).fetchone()
    if tenant is None and stored is not None and stored[0] == settings:
        return ()
    if tenant is None:
        sql.execute(
            "INSERT INTO facts VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [_MCS_SETTINGS, settings],
        )
    rows = sql.execute(
        "SELECT tenant, id, device_id FROM endpoints "
        "WHERE removed_at IS NULL AND tenant = COALESCE(?, tenant) ORDER BY id",
        [tenant],
    ).fetchall()
    owned: dict[str, dict[str, str]] = defaultdict(dict)
    for owner, endpoint_id, device_id in rows:
        owned[owner][endpoint_id] = device_id
    return tuple(
        snapshot
        for owner, devices in owned.items()
        for snapshot in assign_mcs_policies(
            *(sql, owner, devices, at),
            compile_mcs=compile_mcs,
            ttl_s=ttl_s,
            fragment_above=fragment_above,
        )
    )


def _due(sql: Sql, at: datetime, interval_s: float) -> dict[str, list[str]]:
    """Return each UTM's endpoints with something to do."""
    acknowledged_before = at - timedelta(seconds=2 * interval_s)
    found: dict[str, list[str]] = defaultdict(list)
    for tenant, endpoint_id in sql.execute(
        "SELECT e.tenant, e.id FROM endpoints e WHERE e.removed_at IS NULL AND ("
        "e.id IN (SELECT endpoint_id FROM commands WHERE outcome IS NULL AND expires_at <= ?) "
        "OR e.id IN (SELECT a.endpoint_id FROM assignments a JOIN statuses s "
        "ON s.endpoint_id = a.endpoint_id AND s.app_id = a.app_id "
        "WHERE a.is_current = 1 AND a.confirmed = 0 AND a.acknowledged_at < ? "
        "AND (s.res = 'NoRef' OR s.revision <> a.policy_id))) ORDER BY e.id",
        [to_text(at), to_text(acknowledged_before)],
    ).fetchall():
        found[tenant].append(endpoint_id)
    return found


def _shown(sql: Sql, endpoint_ids: Sequence[str]) -> dict[str, dict[str, ShownRevision]]:
    """Return what the statuses of endpoints say, by app."""
    found: dict[str, dict[str, ShownRevision]] = {each: {} for each in endpoint_ids}
    for places, some in in_portions(endpoint_ids):
        for row in sql.execute(
            "SELECT endpoint_id, app_id, res, revision FROM statuses "  # noqa: S608 - places only
            f"WHERE res <> '' AND endpoint_id IN ({places})",
            some,
        ):
            found[row[0]][row[1]] = ShownRevision(res=row[2], revision=row[3])
    return found
