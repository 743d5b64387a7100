"""Policies on their way to endpoints: to whom they are served, and how long they are kept."""

from sqlite_utils import Database

from liveconnect.policies import LAST_KEPT
from liveconnect.store.rows import split_words

_MAY_HAVE = """
EXISTS (
    SELECT 1 FROM endpoints e WHERE e.id = :endpoint AND e.tenant = p.tenant AND (
        p.policy_id IN (
            SELECT policy_id FROM assignments
            WHERE endpoint_id = e.id AND app_id = p.app_id ORDER BY id DESC LIMIT :kept)
        OR EXISTS (
            SELECT 1 FROM statuses s WHERE s.endpoint_id = e.id AND s.app_id = p.app_id
                AND s.revision = p.policy_id
                AND EXISTS (
                    SELECT 1 FROM assignments a WHERE a.endpoint_id = e.id
                    AND a.app_id = p.app_id AND a.policy_id = p.policy_id))))
"""
_POLICY = f"""
SELECT p.tenant, fragments, body FROM policies p WHERE p.app_id = :app AND p.policy_id = :policy
    AND p.tenant = (SELECT tenant FROM endpoints WHERE id = :endpoint) AND {_MAY_HAVE}
"""  # noqa: S608 - made of constants
_PIECE = (
    "SELECT body FROM fragments "
    "WHERE tenant = ? AND app_id = ? AND policy_id = ? AND fragment_id = ?"
)
_FRAGMENT = f"""
SELECT p.policy_id, f.body FROM fragments f JOIN policies p ON p.tenant = f.tenant
    AND p.app_id = f.app_id AND p.policy_id = f.policy_id
WHERE f.app_id = :app AND f.fragment_id = :fragment
    AND f.tenant = (SELECT tenant FROM endpoints WHERE id = :endpoint) AND {_MAY_HAVE} LIMIT 1
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
            PARTITION BY endpoint_id, app_id ORDER BY id DESC) AS place FROM assignments)
    WHERE place <= :kept)
"""


def policy(database: Database, endpoint_id: str, app_id: str, policy_id: str) -> bytes | None:
    """Return a policy that was assigned to the endpoint, or None."""
    row = database.execute(
        _POLICY,
        {"app": app_id, "policy": policy_id, "endpoint": endpoint_id, "kept": LAST_KEPT},
    ).fetchone()
    if row is None:
        return None
    tenant, fragments, body = row
    return bytes(body) or b"".join(
        bytes(database.execute(_PIECE, [tenant, app_id, policy_id, each]).fetchone()[0])
        for each in split_words(fragments)
    )


def fragment(
    database: Database, endpoint_id: str, app_id: str, fragment_id: str
) -> tuple[str, bytes] | None:
    """Return (policy id, piece) of a policy that was assigned to the endpoint, or None."""
    row = database.execute(
        _FRAGMENT,
        {"app": app_id, "fragment": fragment_id, "endpoint": endpoint_id, "kept": LAST_KEPT},
    ).fetchone()
    return None if row is None else (row[0], bytes(row[1]))


def forget_old_policies(database: Database) -> int:
    """Drop policies that nobody has, will get or may ask for; return how many."""
    dropped: int = database.execute(
        f"DELETE FROM policies WHERE {_NOT_NEEDED}",  # noqa: S608 - a constant of this module
        {"kept": LAST_KEPT},
    ).rowcount
    if dropped:
        database.execute(
            "DELETE FROM fragments WHERE NOT EXISTS (SELECT 1 FROM policies p "
            "WHERE p.tenant = fragments.tenant AND p.app_id = fragments.app_id "
            "AND p.policy_id = fragments.policy_id)"
        )
    return dropped
