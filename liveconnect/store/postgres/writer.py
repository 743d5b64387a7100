"""One writer per worker, one at a time over all workers, and commits in groups.

- Work runs in the order in which it was handed in, on one connection.
- A group begins by taking a lock of the database and gives it back by its commit. So commits of
  all workers are in one order, as on SQLite, and no room needs a lock of its own.
- A group runs as one. When a piece fails that has changed something, all of it is taken back, and
  the group runs again with a savepoint for each piece: one that fails changes nothing and fails
  alone. So a piece may run twice, and what mostly happens, that none fails, costs no savepoints.
- When the connection is lost, nobody of the group is told that it is stored. Whether a commit that
  was under way took place is not known then; every intent may be repeated.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg

from foundation.durable.writer import MOST_IN_A_GROUP
from foundation.service import Tasks
from liveconnect.store.postgres.bridge import run_room
from liveconnect.store.postgres.connecting import UNAVAILABLE, connected, is_unavailable
from liveconnect.store.postgres.sql import PostgresSql
from liveconnect.store.sql import Sql

T = TypeVar("T")
LOCK = 0x75746D6C6162
"""The number of the lock: `utmlab` in ASCII."""
_BEGIN = f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({LOCK})"
LONGEST_GROUP_S = 0.25
"""What has waited for longer is committed, and the other workers have their turn."""
_Outcome = tuple[bool, Any]
_Work = Callable[[Sql], Any]
_Run = Callable[[PostgresSql, _Work], Awaitable[_Outcome]]
_Piece = tuple[_Work, "asyncio.Future[Any]"]


class _TakenBackError(Exception):
    """A piece failed, and the transaction has to be begun anew."""


class PostgresWriter:
    """The writing connection of one worker."""

    def __init__(self, url: str, *, name: str) -> None:
        self._url = url
        self._name = name
        self._sql: PostgresSql | None = None
        self._waiting: list[_Piece] = []
        self._draining: asyncio.Task[None] | None = None
        self._tasks = Tasks()

    async def close(self) -> None:
        """Commit what waits and close the connection."""
        if self._draining is not None:
            await self._draining
        if self._sql is not None:
            with contextlib.suppress(*UNAVAILABLE):
                await self._sql.connection.close()
            self._sql = None

    @property
    def waiting(self) -> int:
        """How many pieces wait for their turn."""
        return len(self._waiting)

    async def write(self, work: Callable[[Sql], T]) -> T:
        """Run `work` inside a transaction; return its result after the commit."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, answer))
        if self._draining is None:
            self._draining = self._tasks.start(self._drain(), name=f"commit {self._name}")
        return await answer

    async def _drain(self) -> None:
        try:
            while self._waiting:
                await self._commit(self._waiting[:MOST_IN_A_GROUP])
        finally:
            self._draining = None

    async def _commit(self, group: list[_Piece]) -> None:
        try:
            outcomes = await self._run_group([work for work, _ in group])
        except BaseException as error:  # nobody of the group is told that it is stored
            del self._waiting[: len(group)]
            self._give_up()
            for _, answer in group:
                if not answer.done():
                    answer.set_exception(error)
            if isinstance(error, Exception):
                return
            raise
        del self._waiting[: len(outcomes)]
        for (_, answer), (succeeded, result) in zip(group, outcomes, strict=False):
            if answer.done():  # the caller was cancelled; the work is stored all the same
                continue
            if succeeded:
                answer.set_result(result)
            else:
                answer.set_exception(result)

    async def _run_group(self, works: list[_Work]) -> list[_Outcome]:
        if self._sql is None or self._sql.connection.is_closed():
            self._sql = PostgresSql(await connected(self._url, name=f"{self._name} writer"))
        sql = self._sql
        await sql.begin(_BEGIN)
        try:
            outcomes = await _run_some(sql, works, _run_as_one)
        except _TakenBackError:
            await sql.connection.execute("ROLLBACK")
            await sql.begin(_BEGIN)
            outcomes = await _run_some(sql, works, _run_alone)
        await sql.connection.execute("COMMIT")
        return outcomes

    def _give_up(self) -> None:
        """Forget a connection in an unknown state; the server ends its transaction."""
        if self._sql is not None:
            self._sql.connection.terminate()
            self._sql = None


async def _run_some(sql: PostgresSql, works: list[_Work], run: _Run) -> list[_Outcome]:
    """Run as many as one group has time for, at least one."""
    loop = asyncio.get_running_loop()
    ends_at, outcomes = loop.time() + LONGEST_GROUP_S, []
    for work in works:
        outcomes.append(await run(sql, work))
        if loop.time() >= ends_at:
            break
    return outcomes


async def _run_as_one(sql: PostgresSql, work: _Work) -> _Outcome:
    before = sql.changes
    try:
        return True, await run_room(lambda: work(sql))
    except Exception as error:
        if is_unavailable(error):
            raise
        if sql.changes > before or isinstance(error, asyncpg.PostgresError):
            raise _TakenBackError from error
        return False, error


async def _run_alone(sql: PostgresSql, work: _Work) -> _Outcome:
    await sql.connection.execute("SAVEPOINT piece")
    try:
        result = await run_room(lambda: work(sql))
    except Exception as error:
        if is_unavailable(error):
            raise
        await sql.connection.execute("ROLLBACK TO piece; RELEASE piece")
        return False, error
    await sql.connection.execute("RELEASE piece")
    return True, result
