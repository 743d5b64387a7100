"""Whom MCS policies tell endpoints to trust.

- A fact of the store: a step of a rotation and the policies that tell of it are of one piece, and
  whoever compiles a policy in a later transaction tells the same.
- Empty until the first rotation of the CA: an installer carries the certificate.
"""

from typing import Final

from liveconnect.store.sql import Sql

TRUSTED: Final = "SELECT value FROM facts WHERE name = 'trusted_ca'"


def trusted_ca(sql: Sql) -> str:
    """Return the certificates that are told, as PEM."""
    row = sql.execute(TRUSTED).fetchone()
    return "" if row is None else row[0]


def replace_trust(sql: Sql, ca_pem: str) -> None:
    """Tell of other certificates from now on."""
    if trusted_ca(sql) != ca_pem:
        sql.execute(
            "INSERT INTO facts VALUES ('trusted_ca', ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [ca_pem],
        )
