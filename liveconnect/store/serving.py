"""Policies on their way to endpoints: to whom they are served, and how long they are kept."""

from liveconnect.policies import LAST_KEPT
from liveconnect.store.rows import split_words
from liveconnect.store.sql import Sql

_MAY_HAVE = """
EXISTS (
    SELECT 1 FROM endpoints e WHERE e.id = ? AND e.tenant = p.tenant AND (
        p.policy_id IN (
            SELECT policy_id FROM assignments
            WHERE endpoint_id = e.id AND app_id = p.app_id ORDER BY id DESC LIMIT ?)
        OR EXISTS (
            SELECT 1 FROM statuses s WHERE s.endpoint_id = e.id AND s.app_id = p.app_id
                AND s.revision = p.policy_id
                AND EXISTS (
                    SELECT 1 FROM assignments a WHERE a.endpoint_id = e.id
                    AND a.app_id = p.app_id AND a.policy_id = p.policy_id))))
"""
_POLICY = f"""
SELECT p.tenant, fragments, body FROM policies p WHERE p.app_id = ? AND p.policy_id = ?
    AND p.tenant = (SELECT tenant FROM endpoints WHERE id = ?) AND {_MAY_HAVE}
"""  # noqa: S608 - made of constants
_PIECE = (
    "SELECT body FROM fragments "
    "WHERE tenant = ? AND app_id = ? AND policy_id = ? AND fragment_id = ?"
)
_FRAGMENT = f"""
SELECT p.policy_id, f.body FROM fragments f JOIN policies p ON p.tenant = f.tenant
    AND p.app_id = f.app_id AND p.policy_id = f.policy_id
WHERE f.app_id = ? AND f.fragment_id = ?
    AND f.tenant = (SELECT tenant FROM endpoints WHERE id = ?) AND {_MAY_HAVE} LIMIT 1
"""  # noqa: S608 - made of constants
_NOT_NEEDED = """
NOT EXISTS (
    SELECT 1 FROM group_policies g WHERE g.tenant = policies.tenant
        AND g.app_id = policies.app_id AND g.policy_id = policies.policy_id)
AND NOT EXISTS (
    SELECT 1 FROM statuses s WHERE s.tenant = policies.tenant
        AND s.app_id = policies.app_id AND s.revision = policies.policy_id)
AND (tenant, app_id, policy_id) NOT IN (
    SELECT tenant, app_id, policy_id FROM (
        SELECT tenant, app_id, policy_id, row_number() OVER (
            PARTITION BY endpoint_id, app_id ORDER BY id DESC) AS place FROM assignments) AS placed
    WHERE place <= ?)
"""


def policy(sql: Sql, endpoint_id: str, app_id: str, policy_id: str) -> bytes | None:
    """Return a policy that was assigned to the endpoint, or None."""
    row = sql.execute(
        _POLICY,
        [app_id, policy_id, endpoint_id, endpoint_id, LAST_KEPT],
    ).fetchone()
    if row is None:
        return None
    tenant, fragments, body = row
    return bytes(body) or b"".join(
        bytes(sql.execute(_PIECE, [tenant, app_id, policy_id, each]).fetchone()[0])
        for each in split_words(fragments)
    )


def fragment(sql: Sql, endpoint_id: str, app_id: str, fragment_id: str) -> tuple[str, bytes] | None:
    """Return (policy id, piece) of a policy that was assigned to the endpoint, or None."""
    row = sql.execute(
        _FRAGMENT,
        [app_id, fragment_id, endpoint_id, endpoint_id, LAST_KEPT],
    ).fetchone()
    return None if row is None else (row[0], bytes(row[1]))


def forget_old_policies(sql: Sql) -> int:
    """Drop policies that nobody has, will get or may ask for; return how many."""
    dropped: int = sql.execute(
        f"DELETE FROM policies WHERE {_NOT_NEEDED}",  # noqa: S608 - a constant of this module
        [LAST_KEPT],
    ).rowcount
    if dropped:
        sql.execute(
            "DELETE FROM fragments WHERE NOT EXISTS (SELECT 1 FROM policies p "
            "WHERE p.tenant = fragments.tenant AND p.app_id = fragments.app_id "
            "AND p.policy_id = fragments.policy_id)"
        )
    return dropped
