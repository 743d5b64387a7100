"""The configuration of a new appliance, as one whole: what others are compared with."""

from datetime import UTC, datetime
from functools import cache

from sqlite_utils import Database

from utm.confd.seed import seed
from utm.confd.snapshot import Snapshot, read_snapshot
from utm.confd.store import SCHEMA

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@cache
def factory_settings() -> Snapshot:
    """Return what an appliance holds before anybody configured it; the time of it tells nothing."""
    database = Database(memory=True)
    try:
        for migration in SCHEMA.migrations:
            migration(database)
        seed(database, at=_ANY_TIME)
        return read_snapshot(database)
    finally:
        database.close()
