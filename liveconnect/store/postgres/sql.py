"""The rooms' SQL on one PostgreSQL connection.

- `?` becomes `$1`, `$2`, ...; each statement is translated and prepared once per connection, and
  planned anew from time to time.
- PostgreSQL's text has no NUL character. No client sends one that means anything: it is stored as
  U+FFFD, like everything else that is no text.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

import asyncpg

from liveconnect.store.postgres.bridge import wait_for

MOST_PREPARED = 500
PLANS_LAST_S = 10.0
"""A plan that was made while a table was empty would read all of it when it is large."""
_TEXT_OR_PLACE = re.compile(r"'[^']*'|\?")


class PostgresRows:
    """Implements `liveconnect.store.sql.Rows`."""

    def __init__(self, rows: Iterable[asyncpg.Record], status: str) -> None:
        self._rows = iter([tuple(row) for row in rows])
        counted = status.rpartition(" ")[2]
        self.rowcount = int(counted) if counted.isdigit() else -1

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rows


class PostgresSql:
    """Implements `liveconnect.store.sql.Sql`; only for rooms run by `bridge.run_room`."""

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self.connection = connection
        self.changes = 0
        """How many statements were run that may have changed something."""
        self._prepared: dict[str, Any] = {}
        self._planned_at = self._now()

    async def begin(self, statement: str) -> None:
        """Begin a transaction, by this statement."""
        now = self._now()
        if now - self._planned_at >= PLANS_LAST_S:
            self._planned_at = now
            # By itself: a transaction chooses how isolated it is before anything else is run in it.
            await self.connection.execute("DISCARD PLANS")
        await self.connection.execute(statement)

    def execute(self, statement: str, arguments: Sequence[Any] = (), /) -> PostgresRows:
        """Run one statement."""
        return wait_for(self.fetch(statement, arguments))

    def executemany(self, statement: str, arguments: Iterable[Sequence[Any]], /) -> None:
        """Run one statement for each sequence of arguments."""
        rows = [tuple(map(_storable, each)) for each in arguments]
        if rows:
            wait_for(self._executemany(statement, rows))

    async def fetch(self, statement: str, arguments: Sequence[Any]) -> PostgresRows:
        """Run one statement, outside a room."""
        if not statement.startswith("SELECT"):
            self.changes += 1
        prepared = await self._prepare(statement)
        rows = await prepared.fetch(*map(_storable, arguments))
        return PostgresRows(rows, prepared.get_statusmsg())

    async def _executemany(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        self.changes += 1
        await (await self._prepare(statement)).executemany(rows)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    async def _prepare(self, statement: str) -> Any:
        prepared = self._prepared.get(statement)
        if prepared is None:
            if len(self._prepared) >= MOST_PREPARED:
                self._prepared.clear()
            prepared = await self.connection.prepare(translated(statement))
            self._prepared[statement] = prepared
        return prepared


def translated(statement: str) -> str:
    """Return a statement with PostgreSQL's placeholders."""
    numbers = count(1)
    return _TEXT_OR_PLACE.sub(
        lambda found: f"${next(numbers)}" if found[0] == "?" else found[0], statement
    )


def _storable(argument: Any) -> Any:
    if isinstance(argument, str) and "\0" in argument:
        return argument.replace("\0", "\ufffd")
    return argument
