"""A few connections that read: each piece of work sees one committed state."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TypeVar

from liveconnect.store.postgres.bridge import run_room
from liveconnect.store.postgres.connecting import (
    UNAVAILABLE,
    DatabaseUnreachableError,
    connected,
    said,
)
from liveconnect.store.postgres.sql import PostgresSql
from liveconnect.store.sql import Sql

T = TypeVar("T")
MOST_AT_ONCE = 4
_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class PostgresReaders:
    """The reading connections of one worker, opened when they are needed."""

    def __init__(self, url: str, *, name: str) -> None:
        self._url = url
        self._name = name
        self._idle: list[PostgresSql] = []
        self._places = asyncio.Semaphore(MOST_AT_ONCE)

    async def close(self) -> None:
        """Close what is open."""
        while self._idle:
            with contextlib.suppress(*UNAVAILABLE):
                await self._idle.pop().connection.close()

    async def read(self, work: Callable[[Sql], T]) -> T:
        """Run `work`, which changes nothing, on one committed state."""
        async with self._places:
            sql = await self._taken()
            try:
                result = await read_on(sql, work)
            except BaseException:
                sql.connection.terminate()
                raise
            self._idle.append(sql)
            return result

    async def _taken(self) -> PostgresSql:
        while self._idle:
            sql = self._idle.pop()
            if not sql.connection.is_closed():
                return sql
        return PostgresSql(await connected(self._url, name=f"{self._name} reader"))


async def read_on(sql: PostgresSql, work: Callable[[Sql], T]) -> T:
    """Run `work` on one committed state."""
    await sql.begin(_BEGIN)
    result = await run_room(lambda: work(sql))
    await sql.connection.execute("COMMIT")
    return result


async def read_once(url: str, work: Callable[[Sql], T]) -> T:
    """Run `work` on a connection of its own.

    Raises:
        DatabaseUnreachableError: If the database does not answer.
    """
    try:
        sql = PostgresSql(await connected(url, name="liveconnect archive"))
        try:
            return await read_on(sql, work)
        finally:
            await sql.connection.close()
    except UNAVAILABLE as error:
        raise DatabaseUnreachableError(f"the database cannot be reached: {said(error)}") from error
