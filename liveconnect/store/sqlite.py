"""The store on SQLite: one file, one writer thread, commits in groups.

- Each intent is one piece of work for the writer; the rooms of this package say what it does.
- The writer returns after the commit, so a value that came back is durable.
"""

from datetime import datetime
from typing import Any

from sqlite_utils import Database

from liveconnect.store import (
    intake,
    queues,
    rows,
    serving,
    telling,
    tenants,
)
from liveconnect.store.records import (
    EndpointRecord,
    Hop,
    QueueSnapshot,
    TenantRecord,
)
from liveconnect.store.sqlite_endpoints import SqliteEndpointStore
from liveconnect.store.sqlite_utms import SqliteUtmStore


class SqliteStore(SqliteUtmStore, SqliteEndpointStore):
    """Implements `liveconnect.store.port.Store`."""

    async def open(self) -> None:
        """Open the database; it holds tokens, so only its owner may read it."""
        await self._writer.open()
        self._path.chmod(0o600)

    async def close(self) -> None:
        """Commit what waits and close the file."""
        await self._writer.close()

    async def load_endpoints(self) -> tuple[EndpointRecord, ...]:
        """Return every endpoint with its queue, to rebuild the memory."""
        return await self._read(rows.load_endpoints)

    async def endpoints(self, tenant: str) -> tuple[EndpointRecord, ...]:
        """Return the endpoints of one tenant."""
        return await self._read(lambda db: rows.load_endpoints(db, tenant))

    async def tenants(self) -> tuple[TenantRecord, ...]:
        """Return every UTM."""
        return await self._read(tenants.tenants)

    async def timeline(self, tenant: str, epoch: int, number: int) -> tuple[Hop, ...]:
        """Return how far a changeset came."""
        return await self._read(lambda db: telling.timeline(db, tenant, epoch, number))

    async def compliance(self, endpoint_id: str) -> tuple[dict[str, Any], ...]:
        """Return, per app, what is assigned and what the newest status says."""
        return await self._read(lambda db: telling.compliance(db, endpoint_id))

    async def refresh_mcs_policies(self, at: datetime) -> tuple[QueueSnapshot, ...]:
        """Compile all MCS policies again when what they say has changed."""
        return await self._write(lambda db: self._refresh(db, at, None))

    async def keep_up(self, at: datetime) -> tuple[QueueSnapshot, ...]:
        """Expire commands and assign again what endpoints should have by now."""
        settings = self._settings
        return await self._write(
            lambda db: queues.keep_up(db, at, interval_s=settings.interval_s, ttl_s=settings.ttl_s)
        )

    async def tidy(self, at: datetime) -> None:
        """Forget what nobody can ask for any more."""

        def work(db: Database) -> None:
            intake.forget_old_events(db, at)
            serving.forget_old_policies(db)

        await self._write(work)
