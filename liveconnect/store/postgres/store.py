"""The store on PostgreSQL: the same rooms, for several workers at once."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from foundation.protocol.reasons import Reason
from liveconnect.ca_steps import trust_to_tell
from liveconnect.clones import EnteredSession
from liveconnect.key_files import Changes, Files, changed
from liveconnect.refusals import StoreUnavailableError
from liveconnect.store.intents import Intents
from liveconnect.store.intents_base import StoreSettings
from liveconnect.store.postgres import sessions
from liveconnect.store.postgres.connecting import (
    UNAVAILABLE,
    DatabaseUnreachableError,
    is_unavailable,
    said,
)
from liveconnect.store.postgres.keys import change_keys, kept_keys, offer_keys
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
        await self._finish()
        await self._writer.close()
        await self._readers.close()

    async def share_keys(self, offered: Files) -> dict[str, bytes]:
        """Keep keys that the database has not; return those that all workers use."""
        return await self._write(lambda sql: offer_keys(sql, offered))

    async def change_keys(self, change: Callable[[Files], Changes], at: datetime) -> None:
        """Change the keys of all workers, and whom MCS policies tell to trust, as one piece.

        Args:
            change: Says what changes of those that are kept; its error is raised here.
            at: The present.
        """

        def work(sql: Sql) -> None:
            kept = kept_keys(sql)
            changes = change(kept)
            change_keys(sql, changes)
            self._replace_trust(sql, trust_to_tell(changed(kept, changes)), at)

        await self._write(work)

    async def enter_session(
        self, endpoint_id: str, cookie: str, known: int
    ) -> EnteredSession | None:
        """Enter the newest session of an endpoint, unless there is an entry newer than `known`."""
        return await self._write(
            lambda sql: sessions.enter_session(sql, endpoint_id, cookie, known)
        )

    async def enter_clone(
        self, endpoint_id: str, newest: str, ended: str, at: datetime
    ) -> EnteredSession | None:
        """Enter that an endpoint is cloned, unless it is known."""
        return await self._write(
            lambda sql: sessions.enter_clone(sql, endpoint_id, newest, ended, at)
        )

    async def sessions(self) -> tuple[EnteredSession, ...]:
        """Return what is entered of every endpoint, to rebuild the memory."""
        return await self._read(sessions.all_sessions)

    async def newest_change(self) -> int:
        """Return the number of the newest change, of an endpoint, a session or a key."""
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
