"""Feature flags: of LiveConnect, of a UTM, of one endpoint; the narrower ones win.

- A row without a tenant is everybody's, one without an endpoint is the whole UTM's.
"""

import json
from collections.abc import Mapping

from foundation.protocol.reasons import Reason
from liveconnect.refusals import NotFoundError
from liveconnect.store.rows import to_json
from liveconnect.store.sql import Sql


def replace_flags(sql: Sql, tenant: str, endpoint_id: str, flags: Mapping[str, bool]) -> None:
    """Replace the flags of one scope.

    Raises:
        NotFoundError: If there is no such UTM, or no such endpoint of it.
    """
    _check(sql, tenant, endpoint_id)
    sql.execute(
        "INSERT INTO flags VALUES (?, ?, ?) "
        "ON CONFLICT (tenant, endpoint_id) DO UPDATE SET content = excluded.content",
        [tenant, endpoint_id, to_json(dict(flags))],
    )


def flags_of(sql: Sql, tenant: str, endpoint_id: str) -> dict[str, bool]:
    """Return the flags that hold for an endpoint."""
    rows = sql.execute(
        "SELECT content FROM flags WHERE (tenant = '' AND endpoint_id = '') "
        "OR (tenant = ? AND endpoint_id IN ('', ?)) ORDER BY tenant, endpoint_id",
        [tenant, endpoint_id],
    ).fetchall()
    found: dict[str, bool] = {}
    for row in rows:
        found |= json.loads(row[0])
    return found


def _check(sql: Sql, tenant: str, endpoint_id: str) -> None:
    if endpoint_id:
        query, arguments = "SELECT 1 FROM endpoints WHERE tenant = ? AND id = ?", [tenant]
        arguments.append(endpoint_id)
    elif tenant:
        query, arguments = "SELECT 1 FROM tenants WHERE id = ?", [tenant]
    else:
        return
    if sql.execute(query, arguments).fetchone() is None:
        raise NotFoundError(Reason.ENDPOINT_UNKNOWN, "there is no such UTM or endpoint")
