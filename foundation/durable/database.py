"""SQLite databases: how they are opened, and how their schemas grow.

- WAL with synchronous=FULL: a commit that returned survives a power cut.
- Each room of a house brings its own `Schema`, a list of numbered migrations that only grows;
  several rooms may share one database and so one transaction.
- A database written by a newer version is refused, untouched.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from sqlite_utils import Database

from foundation.durable.files import SECRET_MODE
from foundation.errors import DomainError

Migration = Callable[[Database], None]
BUSY_TIMEOUT_MS = 10_000


class DatabaseTooNewError(DomainError):
    """The database was written by a newer version of this program."""

    code: ClassVar[str] = "database_too_new"
    hint: ClassVar[str] = "Use the newer version, or another data folder."


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one room: migration n brings the room from version n to n + 1."""

    room: str
    migrations: tuple[Migration, ...]


def open_database(path: Path, schemas: Sequence[Schema]) -> Database:
    """Open the database for writing and bring each room to its newest version.

    Raises:
        DatabaseTooNewError: If a room is stored in a version that this program does not know.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    database = _connect(path)
    path.chmod(SECRET_MODE)  # tokens live inside; SQLite gives its side files the same mode
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("PRAGMA foreign_keys=ON")
    try:
        _migrate(database, path, schemas)
    except BaseException:
        database.close()
        raise
    return database


def open_for_reading(path: Path) -> Database:
    """Open the database to read it, also while its owner writes or when nothing runs.

    All that is read until it is closed is of one moment, that of the first question.

    Raises:
        FileNotFoundError: If there is no such database.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    database = _connect(path)
    database.execute("PRAGMA query_only=ON")
    database.execute("BEGIN")
    return database


def _connect(path: Path) -> Database:
    # Autocommit, since transactions are begun and ended explicitly by the writer. One thread at
    # a time uses the connection, but not always the one that opened it.

    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    return Database(connection)


def _migrate(database: Database, path: Path, schemas: Sequence[Schema]) -> None:
    database.execute("BEGIN IMMEDIATE")
    try:
        database.execute(
            "CREATE TABLE IF NOT EXISTS _versions (room TEXT PRIMARY KEY, version INTEGER)"
        )
        stored = dict(database.execute("SELECT room, version FROM _versions").fetchall())
        for schema in schemas:
            version = stored.get(schema.room, 0)
            if version > len(schema.migrations):
                raise DatabaseTooNewError(
                    f"{path} holds version {version} of {schema.room}; "
                    f"this program knows up to {len(schema.migrations)}"
                )
            for migration in schema.migrations[version:]:
                migration(database)
            database.execute(
                "INSERT OR REPLACE INTO _versions VALUES (?, ?)",
                [schema.room, len(schema.migrations)],
            )
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
