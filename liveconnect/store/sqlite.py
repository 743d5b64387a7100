"""The store on SQLite: one file, one writer thread, commits in groups."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from foundation.durable.writer import Writer
from foundation.protocol.reasons import Reason
from liveconnect.refusals import StoreFailedError
from liveconnect.store.intents import Intents
from liveconnect.store.intents_base import StoreSettings
from liveconnect.store.schema import SCHEMA
from liveconnect.store.sql import Sql

T = TypeVar("T")


class SqliteStore(Intents):
    """Implements `liveconnect.store.port.Store` on one file."""

    def __init__(
        self,
        path: Path,
        settings: StoreSettings,
        *,
        before_commit: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(settings)
        self._path = path
        self._writer = Writer(path, (SCHEMA,), before_commit=before_commit)

    async def open(self) -> None:
        """Open the database; it holds tokens, so only its owner may read it."""
        await self._writer.open()
        self._path.chmod(0o600)

    async def close(self) -> None:
        """Commit what waits and close the file."""
        await self._finish()
        await self._writer.close()

    async def _write(self, work: Callable[[Sql], T]) -> T:
        try:
            return await self._writer.write(lambda database: work(database.conn))
        except sqlite3.OperationalError as error:
            raise StoreFailedError(Reason.DISK_FULL, f"not stored: {error}") from error

    async def _read(self, work: Callable[[Sql], T]) -> T:
        return await self._writer.read(lambda database: work(database.conn))
