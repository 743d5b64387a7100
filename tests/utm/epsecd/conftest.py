"""A UTM's database with the factory settings, and a voice to write with."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from foundation.durable.database import open_database
from foundation.protocol.link import Registration
from utm.confd import seed
from utm.epsecd.registration import store_registration
from utm.epsecd.voice import Voice
from utm.logs.catalogue import Daemon
from utm.storage import SCHEMAS

AT = datetime(2026, 11, 20, 17, 57, 33, tzinfo=UTC)


@pytest.fixture
def db(tmp_path):
    database = open_database(tmp_path / "utm.db", SCHEMAS)
    seed(database, at=AT)
    yield database
    database.close()


@pytest.fixture
def registered(db):
    registration = Registration("utm-1", "", "T" * 17, 1, "https://localhost:4443/mcs", "")
    store_registration(db, registration, AT.isoformat())
    return db


@pytest.fixture
def voice():
    zone = ZoneInfo("UTC")
    return Voice(
        epsecd=Daemon(process="epsecd", pid=5666, host="filter", zone=zone),
        eplog=Daemon(process="eplog", pid=5667, host="filter", zone=zone),
        extra_lines=False,
    )
