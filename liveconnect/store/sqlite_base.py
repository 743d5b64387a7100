"""What the parts of the SQLite store share: the writer and the settings of the rules."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from foundation.durable.writer import Writer
from foundation.protocol.reasons import Reason
from liveconnect.policies import McsPolicies
from liveconnect.refusals import StoreFailedError
from liveconnect.store import queues
from liveconnect.store.records import QueueSnapshot
from liveconnect.store.schema import SCHEMA

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """What the rules need that is not in the rows."""

    mcs_policies: McsPolicies
    interval_s: float
    ttl_s: float
    fragment_above: int


class SqliteBase:
    """One database file with its writer thread."""

    def __init__(self, path: Path, settings: StoreSettings) -> None:
        self._path = path
        self._settings = settings
        self._writer = Writer(path, (SCHEMA,))

    async def _write(self, work: Callable[[Database], T]) -> T:
        """Run `work` in a transaction; return after the commit.

        Raises:
            StoreFailedError: If the disk refuses; nothing has changed then.
        """
        try:
            return await self._writer.write(work)
        except sqlite3.OperationalError as error:
            raise StoreFailedError(Reason.DISK_FULL, f"not stored: {error}") from error

    async def _read(self, work: Callable[[Database], T]) -> T:
        return await self._writer.read(work)

    def _refresh(self, db: Database, at: datetime, tenant: str | None) -> tuple[QueueSnapshot, ...]:
        settings = self._settings
        return queues.refresh_mcs_policies(
            db,
            at,
            settings=settings.mcs_policies.settings,
            compile_mcs=settings.mcs_policies.compile,
            ttl_s=settings.ttl_s,
            fragment_above=settings.fragment_above,
            tenant=tenant,
        )
