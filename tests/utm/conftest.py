"""An appliance's configuration on a real database file, factory-new."""

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from foundation.durable.database import open_database
from utm.app import Utm
from utm.confd import SCHEMA, Confd, read_snapshot, seed, transaction
from utm.config import UtmConfig

from .broker import Broker, Pki

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


class Appliance:
    """Shorthand for one-change edits of a configuration."""

    def __init__(self, db) -> None:
        self.db = db
        self.confd = Confd(db)

    @contextmanager
    def edit(self, summary="a test", user="admin", **options):
        with transaction(self.db, at=AT, user=user, summary=summary, **options) as edit:
            yield edit

    def create(self, class_, type_, /, **attributes):
        with self.edit() as edit:
            return edit.create(class_, type_, attributes)

    def change(self, ref, /, **attributes):
        with self.edit() as edit:
            return edit.change(ref, attributes)

    def bring_in(self, class_, type_, /, **attributes):
        """Make an object as an import of another appliance's configuration does."""
        with self.edit(is_import=True) as edit:
            return edit.create(class_, type_, attributes)

    def set_node(self, key, value):
        with self.edit() as edit:
            edit.set_node(key, value)

    def delete(self, ref, **options):
        with self.edit() as edit:
            edit.delete(ref, **options)

    @property
    def snapshot(self):
        return read_snapshot(self.db)

    def stored(self):
        """Everything in confd's tables."""
        tables = ("confd_objects", "confd_nodes", "confd_references", "confd_changes")
        return {name: self.db.execute(f"SELECT * FROM {name}").fetchall() for name in tables}


@pytest.fixture
def db(tmp_path):
    database = open_database(tmp_path / "utm.db", [SCHEMA])
    yield database
    database.close()


@pytest.fixture
def appliance(db):
    seed(db, at=AT)
    return Appliance(db)


@pytest.fixture
def fixed_now():
    return AT


@pytest.fixture
async def broker(tmp_path):
    """A LiveConnect that a test drives."""
    broker = Broker(Pki(tmp_path / "broker"))
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
async def make_utm(tmp_path, broker):
    """Make UTMs on one data folder; all are stopped in the end."""
    made = []

    def make(now=lambda: AT, **settings):
        config = UtmConfig(
            data=tmp_path / "utm",
            logs=tmp_path / "logs",
            liveconnect_url=settings.pop("url", broker.url),
            liveconnect_ca=broker.pki.ca,
            **settings,
        )
        made.append(Utm(config, now=now))
        return made[-1]

    yield make
    for utm in made:
        await utm.stop()


@pytest.fixture
async def utm(make_utm):
    """A running UTM whose Endpoint Protection is off."""
    utm = make_utm()
    await utm.start()
    return utm


def lines_of(utm, log="epsecd"):
    """The message ids in one of its logs."""
    path = utm.config.logs / f"{log}.log"
    text = path.read_text() if path.exists() else ""
    return [line.split('id="')[1][:4] for line in text.splitlines()]
