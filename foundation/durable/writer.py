"""One thread per database file, and commits in groups.

- Work runs in the order in which it was handed in, on one thread that owns the connection.
- Work that waits together is committed together: FULL durability then costs one sync for all.
- Each piece has its own savepoint: one that fails changes nothing and fails alone.
- `write` returns after the commit; nobody is told of what could still be lost.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from foundation.durable.database import Schema, open_database
from foundation.service import Tasks

T = TypeVar("T")
MOST_IN_A_GROUP = 1000
_Outcome = tuple[bool, Any]
_Piece = tuple[Callable[[Database], Any], "asyncio.Future[Any]"]


class Writer:
    """The owner of one database file.

    Args:
        path: The file.
        schemas: Of the rooms that share it.
        before_commit: Called before each commit, on the writer's thread; an error that it raises
            is the commit's.
    """

    def __init__(
        self,
        path: Path,
        schemas: Sequence[Schema],
        *,
        before_commit: Callable[[], None] | None = None,
    ) -> None:
        self._path = path
        self._before_commit = before_commit
        self._schemas = schemas
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=f"writer {path.name}")
        self._database: Database | None = None
        self._waiting: list[_Piece] = []
        self._draining = False
        self._tasks = Tasks()

    async def open(self) -> None:
        """Open the database, migrating it if needed.

        Raises:
            DatabaseTooNewError: If a newer version wrote it.
        """
        self._database = await self._on_thread(open_database, self._path, self._schemas)

    async def close(self) -> None:
        """Commit what waits and close the file."""
        while self._draining:
            await asyncio.sleep(0)
            await self._on_thread(lambda: None)
        if self._database is not None:
            await self._on_thread(self._database.close)
            self._database = None
        self._executor.shutdown(wait=False)

    async def write(self, work: Callable[[Database], T]) -> T:
        """Run `work` inside a transaction; return its result after the commit."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, answer))
        if not self._draining:
            self._draining = True
            self._tasks.start(self._drain(), name=f"commit {self._path.name}")
        return await answer

    async def read(self, work: Callable[[Database], T]) -> T:
        """Run `work`, which changes nothing, between two groups."""
        return await self._on_thread(work, self._opened())

    async def _drain(self) -> None:
        try:
            while self._waiting:
                group = self._waiting[:MOST_IN_A_GROUP]
                del self._waiting[:MOST_IN_A_GROUP]
                await self._commit(group)
        finally:
            self._draining = False

    async def _commit(self, group: list[_Piece]) -> None:
        try:
            outcomes = await self._on_thread(
                _run_group, self._opened(), [work for work, _ in group], self._before_commit
            )
        except BaseException as error:  # the commit itself failed: nobody's work is stored
            for _, answer in group:
                if not answer.done():
                    answer.set_exception(error)
            if isinstance(error, Exception):
                return
            raise
        for (_, answer), (succeeded, result) in zip(group, outcomes, strict=True):
            if answer.done():  # the caller was cancelled; the work is stored all the same
                continue
            if succeeded:
                answer.set_result(result)
            else:
                answer.set_exception(result)

    def _opened(self) -> Database:
        if self._database is None:
            raise RuntimeError(f"{self._path} is not open")
        return self._database

    async def _on_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)


def _run_group(
    database: Database,
    works: list[Callable[[Database], Any]],
    before_commit: Callable[[], None] | None,
) -> list[_Outcome]:
    database.execute("BEGIN IMMEDIATE")
    try:
        outcomes = [_run_one(database, work) for work in works]
        if before_commit is not None:
            before_commit()
        database.execute("COMMIT")
    except BaseException:
        if database.conn.in_transaction:
            database.execute("ROLLBACK")
        raise
    return outcomes


def _run_one(database: Database, work: Callable[[Database], Any]) -> _Outcome:
    database.execute("SAVEPOINT piece")
    try:
        result = work(database)
    except Exception as error:
        if not database.conn.in_transaction:  # a full disk: SQLite gave up the whole group
            raise
        database.execute("ROLLBACK TO piece")
        database.execute("RELEASE piece")
        return False, error
    database.execute("RELEASE piece")
    return True, result
