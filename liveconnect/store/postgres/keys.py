"""The keys that all workers share: rows of one table, under the names of their files.

- They are changed by one transaction, which tells every worker to look (`schema.py`).
"""

from liveconnect.key_files import Changes, Files
from liveconnect.store.sql import Sql


def kept_keys(sql: Sql) -> dict[str, bytes]:
    """Return every key."""
    return dict(sql.execute("SELECT name, content FROM keys").fetchall())


def offer_keys(sql: Sql, offered: Files) -> dict[str, bytes]:
    """Keep keys that are not there; return those that all workers use.

    All of a fresh set are kept or none, so that a certificate belongs to its key.
    """
    for name, content in offered.items():
        sql.execute(
            "INSERT INTO keys (name, content) VALUES (?, ?) ON CONFLICT DO NOTHING", [name, content]
        )
    return kept_keys(sql)


def change_keys(sql: Sql, changes: Changes) -> None:
    """Replace, add and drop keys."""
    for name, content in changes.items():
        if content is None:
            sql.execute("DELETE FROM keys WHERE name = ?", [name])
        else:
            sql.execute(
                "INSERT INTO keys (name, content) VALUES (?, ?) "
                "ON CONFLICT (name) DO UPDATE SET content = excluded.content",
                [name, content],
            )
