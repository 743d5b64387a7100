"""What a LiveConnect has stored, read without it: for traces and reports when nothing runs.

- Opens the database for reading only; a running owner is not disturbed.
- The database of workers has to run; a lab's own one runs as long as the lab.
"""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

from foundation.durable.database import open_for_reading
from liveconnect.config import database_file, database_note
from liveconnect.store import loading, telling, tenants
from liveconnect.store.records import EndpointRecord, Hop, TenantRecord
from liveconnect.store.sql import Sql

T = TypeVar("T")


class LiveConnectArchive:
    """The stored state of one data folder; close it when done."""

    def __init__(self, data: Path) -> None:
        note = database_note(data)
        self._stored: _InFile | _InPostgres = (
            _InPostgres(note) if note.exists() else _InFile(database_file(data))
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened."""
        self._stored.close()

    def tenants(self) -> tuple[TenantRecord, ...]:
        """Return every UTM, in the order of registration."""
        return self._stored.read(tenants.tenants)

    def tokens(self) -> tuple[str, ...]:
        """Return every registration token that was ever given out: what must be shown to nobody."""
        rows = self._stored.read(lambda sql: sql.execute("SELECT token FROM tokens").fetchall())
        return tuple(row[0] for row in rows)

    def endpoints(self, tenant: str) -> tuple[EndpointRecord, ...]:
        """Return the endpoints of a UTM, in the order of enrolment."""
        return self._stored.read(lambda sql: loading.load_endpoints(sql, loading.of_tenant(tenant)))

    def timeline(self, tenant: str, epoch: int, number: int) -> tuple[Hop, ...]:
        """Return how far each policy of a changeset came at each endpoint it concerned."""
        return self._stored.read(lambda sql: telling.timeline(sql, tenant, epoch, number))

    def last_changeset(self, tenant: str) -> tuple[int, int] | None:
        """Return (epoch, number) of the newest changeset that concerned an endpoint."""
        return self._stored.read(lambda sql: telling.last_changeset_with_hops(sql, tenant))


class _InFile:
    """A SQLite file: everything that is read is of one moment."""

    def __init__(self, path: Path) -> None:
        self._database = open_for_reading(path)

    def read(self, work: Callable[[Sql], T]) -> T:
        return work(self._database.conn)

    def close(self) -> None:
        self._database.close()


class _InPostgres:
    """The database of workers: each question is answered from one moment."""

    def __init__(self, note: Path) -> None:
        self._url = json.loads(note.read_text())["url"]

    def read(self, work: Callable[[Sql], T]) -> T:
        # Whoever asks may have an event loop of their own in this thread.
        with ThreadPoolExecutor(1) as aside:
            return aside.submit(asyncio.run, self._ask(work)).result()

    async def _ask(self, work: Callable[[Sql], T]) -> T:
        from liveconnect.store.postgres.readers import read_once  # noqa: PLC0415 - as in sharing.py

        return await read_once(self._url, work)

    def close(self) -> None:
        """Nothing stays open between questions."""
