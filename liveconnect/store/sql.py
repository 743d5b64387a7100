"""What the rooms of the store need of a database: one that SQLite and PostgreSQL both are.

- Statements are written once, in SQL that both understand, with `?` for arguments: ON CONFLICT
  instead of INSERT OR, no rowid, an alias for each subquery in FROM, CASE where a truth value is
  stored in a column.
- Types are few: TEXT (str), INTEGER (int; a truth value is 0 or 1), REAL (float), BLOB (bytes).
- Everything runs inside the transaction of whoever hands the database to a room.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol


class Rows(Protocol):
    """The outcome of one statement."""

    @property
    def rowcount(self) -> int:
        """How many rows it inserted, changed or deleted."""

    def fetchone(self) -> Any:
        """Return the next row as a tuple, or None."""

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Sql(Protocol):
    """A database inside a transaction; `sqlite3.Connection` is one."""

    def execute(self, statement: str, arguments: Sequence[Any] = (), /) -> Rows:
        """Run one statement."""

    def executemany(self, statement: str, arguments: Iterable[Sequence[Any]], /) -> Any:
        """Run one statement for each sequence of arguments."""
