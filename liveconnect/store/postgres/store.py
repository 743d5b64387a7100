"""The store on PostgreSQL: the same rooms, for several workers at once."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from foundation.protocol.reasons import Reason
from liveconnect.refusals import StoreUnavailableError
from liveconnect.store.intents import Intents
from liveconnect.store.intents_base import StoreSettings
from liveconnect.store.postgres.connecting import (
    UNAVAILABLE,
    DatabaseUnreachableError,
    is_unavailable,
    said,
)
from liveconnect.store.postgres.readers import PostgresReaders
from liveconnect.store.postgres.schema import migrate, newest_change
from liveconnect.store.postgres.writer import PostgresWriter
from liveconnect.store.sql import Sql

T = TypeVar("T")


class PostgresStore(Intents):
    """Implements `liveconnect.store.port.Store` on one PostgreSQL database.

    Args:
        url: Where it is, `postgresql://...`.
        settings: What the rules need.
        name: What the worker is called in the server's list of connections.
    """

    def __init__(self, url: str, settings: StoreSettings, *, name: str = "liveconnect") -> None:
        super().__init__(settings)
        self._writer = PostgresWriter(url, name=name)
        self._readers = PostgresReaders(url, name=name)

    async def open(self) -> None:
        """Connect, and bring the tables to their newest version; one worker at a time does.

        Raises:
            DatabaseUnreachableError: If the database does not answer.
            DatabaseTooNewError: If a newer version wrote it.
        """
        try:
            await self._writer.write(migrate)
        except UNAVAILABLE as error:
            raise DatabaseUnreachableError(
                f"the database cannot be reached: {said(error)}"
            ) from error

    async def close(self) -> None:
        """Commit what waits and disconnect."""
        await self._writer.close()
        await self._readers.close()

    async def share_keys(self, offered: Mapping[str, bytes]) -> dict[str, bytes]:
        """Keep keys that the database has not; return those that all workers use.

        All of a fresh set are kept or none, so that a certificate belongs to its key.
        """

        def work(sql: Sql) -> dict[str, Any]:
            for name, content in offered.items():
                sql.execute(
                    "INSERT INTO keys VALUES (?, ?) ON CONFLICT DO NOTHING", [name, content]
                )
            return dict(sql.execute("SELECT name, content FROM keys").fetchall())

        return await self._write(work)

    async def newest_change(self) -> int:
        """Return the number of the newest change of an endpoint."""
        return await self._read(newest_change)

    async def _write(self, work: Callable[[Sql], T]) -> T:
        try:
            return await self._writer.write(work)
        except UNAVAILABLE as error:
            raise unavailable(error) from error

    async def _read(self, work: Callable[[Sql], T]) -> T:
        try:
            return await self._readers.read(work)
        except UNAVAILABLE as error:
            raise unavailable(error) from error


def unavailable(error: BaseException) -> StoreUnavailableError:
    """Return the refusal for a database that cannot be used; raise what is a fault of ours."""
    if not is_unavailable(error):
        raise error
    return StoreUnavailableError(
        Reason.STORE_UNAVAILABLE, f"the database cannot be used: {said(error)}"
    )
