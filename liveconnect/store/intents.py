"""Every intent as one piece of work for a database; the rooms of this package say what it does.

- Which database that is, and how pieces are committed, is the business of `sqlite.py` and
  `postgres.py`; both return after the commit, so a value that came back is durable.
"""

from datetime import datetime
from typing import Any

from liveconnect.store import (
    feeds,
    intake,
    loading,
    queues,
    serving,
    telling,
    tenants,
)
from liveconnect.store.endpoint_intents import EndpointIntents
from liveconnect.store.records import (
    DataFeed,
    EndpointRecord,
    Hop,
    QueueSnapshot,
    ReceivedResponse,
    TenantRecord,
)
from liveconnect.store.sql import Sql
from liveconnect.store.utm_intents import UtmIntents


class Intents(UtmIntents, EndpointIntents):
    """Implements the intents of `liveconnect.store.port.Store`."""

    async def load_endpoints(self) -> tuple[EndpointRecord, ...]:
        """Return every endpoint with its queue, to rebuild the memory."""
        return await self._read(loading.load_endpoints)

    async def endpoints(self, tenant: str) -> tuple[EndpointRecord, ...]:
        """Return the endpoints of one tenant."""
        return await self._read(lambda db: loading.load_endpoints(db, loading.of_tenant(tenant)))

    async def tenants(self) -> tuple[TenantRecord, ...]:
        """Return every UTM."""
        return await self._read(tenants.tenants)

    async def timeline(self, tenant: str, epoch: int, number: int) -> tuple[Hop, ...]:
        """Return how far a changeset came."""
        return await self._read(lambda db: telling.timeline(db, tenant, epoch, number))

    async def compliance(self, endpoint_id: str) -> tuple[dict[str, Any], ...]:
        """Return, per app, what is assigned and what the newest status says."""
        return await self._read(lambda db: telling.compliance(db, endpoint_id))

    async def responses(self, endpoint_id: str) -> tuple[ReceivedResponse, ...]:
        """Return the responses of an endpoint, in the order in which they came."""
        return await self._read(lambda db: intake.responses(db, endpoint_id))

    async def feeds(
        self, tenant: str, endpoint_id: str, feed_id: str | None = None
    ) -> tuple[DataFeed, ...]:
        """Return what an endpoint of the tenant uploaded, oldest first."""
        return await self._read(lambda db: feeds.feeds(db, tenant, endpoint_id, feed_id))

    async def replace_trust(self, ca_pem: str, at: datetime) -> tuple[QueueSnapshot, ...]:
        """Have all MCS policies say whom to trust; otherwise as `refresh_mcs_policies`."""
        return await self._write(lambda db: self._replace_trust(db, ca_pem, at))

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

        def work(db: Sql) -> None:
            intake.forget_old_events(db, at)
            feeds.forget_old_feeds(db, at)
            serving.forget_old_policies(db)

        await self._write(work)
