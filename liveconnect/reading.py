"""What a LiveConnect has stored, read without it: for traces and reports when nothing runs.

- Opens the database for reading only; a running owner is not disturbed.
"""

from pathlib import Path
from typing import Self

from foundation.durable.database import open_for_reading
from liveconnect.config import database_file
from liveconnect.store import loading, telling, tenants
from liveconnect.store.records import EndpointRecord, Hop, TenantRecord


class LiveConnectArchive:
    """The stored state of one data folder; close it when done."""

    def __init__(self, data: Path) -> None:
        self._database = open_for_reading(database_file(data))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def tenants(self) -> tuple[TenantRecord, ...]:
        """Return every UTM, in the order of registration."""
        return tenants.tenants(self._database.conn)

    def tokens(self) -> tuple[str, ...]:
        """Return every registration token that was ever given out: what must be shown to nobody."""
        rows = self._database.execute("SELECT token FROM tokens").fetchall()
        return tuple(row[0] for row in rows)

    def endpoints(self, tenant: str) -> tuple[EndpointRecord, ...]:
        """Return the endpoints of a UTM, in the order of enrolment."""
        return loading.load_endpoints(self._database.conn, loading.of_tenant(tenant))

    def timeline(self, tenant: str, epoch: int, number: int) -> tuple[Hop, ...]:
        """Return how far each policy of a changeset came at each endpoint it concerned."""
        return telling.timeline(self._database.conn, tenant, epoch, number)

    def last_changeset(self, tenant: str) -> tuple[int, int] | None:
        """Return (epoch, number) of the newest changeset that concerned an endpoint."""
        return telling.last_changeset_with_hops(self._database.conn, tenant)
