"""What the rooms of the store need of a database: one that SQLite and PostgreSQL both are.

- Statements are written once, in SQL that both understand, with `?` for arguments: ON CONFLICT
  instead of INSERT OR, no rowid, an alias for each subquery in FROM, CASE where a truth value is
  stored in a column.
- Types are few: TEXT (str), INTEGER (int; a truth value is 0 or 1), REAL (float), BLOB (bytes).
- Everything runs inside the transaction of whoever hands the database to a room.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

PORTIONS: Final = (1, 8, 64)
"""How many values a list in a statement has: few, since each length is a statement to prepare."""


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


def in_portions(values: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the places of a list in a statement and what goes there, until all values have been.

    The last value stands in for those that are missing, so that lists come in few lengths.
    """
    for start in range(0, len(values), PORTIONS[-1]):
        some = tuple(values[start : start + PORTIONS[-1]])
        length = next(each for each in PORTIONS if each >= len(some))
        yield ", ".join("?" * length), some + some[-1:] * (length - len(some))
