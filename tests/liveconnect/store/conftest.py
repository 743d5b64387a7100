"""A store with two UTMs; each implementation in `STORES` passes the same tests."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from foundation.protocol.computer_status import ComputerStatus
from foundation.protocol.link import Changeset
from liveconnect.enrolment import digest_of, new_token
from liveconnect.pki import UtmCertificate
from liveconnect.policies import McsPolicies
from liveconnect.store.intents_base import StoreSettings
from liveconnect.store.postgres.store import PostgresStore
from liveconnect.store.records import Enrolment, ReceivedEvent, UtmRegistration
from liveconnect.store.sqlite import SqliteStore

INTERVAL_S = 20.0
SERIALS = itertools.count(1)
SIGNER = "the signer"


def settings():
    return StoreSettings(
        mcs_policies=McsPolicies(lambda: "https://localhost:4443/mcs", INTERVAL_S),
        interval_s=INTERVAL_S,
        ttl_s=10_000.0,
        fragment_above=1_000_000,
    )


@pytest.fixture
def sqlite_store():
    async def make(folder):
        return SqliteStore(folder / "liveconnect.db", settings())

    return make


@pytest.fixture
def postgres_store(postgres):
    async def make(folder):
        return PostgresStore(await postgres.database(folder), settings())

    return make


STORES = ("postgres_store", "sqlite_store")


@dataclass
class Tenant:
    """Everything a test does for one UTM."""

    store: Any
    clock: Any
    name: str
    tenant: str = ""
    token: str = ""
    number: int = 0

    async def register(self):
        registered = await self.store.register_utm(
            UtmRegistration(
                public_key_digest=f"key of {self.name}",
                organization=self.name,
                utm_id=f"utm-{self.name}",
                token=new_token(),
                issue=lambda utm_id: UtmCertificate(
                    f"{next(SERIALS):x}", SIGNER, "pem", f"key of {utm_id}", self.clock()
                ),
            ),
            self.clock(),
        )
        self.tenant, self.token = registered.tenant, registered.token
        return registered

    async def enrol(self, endpoint_id, **shown):
        enrolled = await self.store.enrol(
            Enrolment(
                token=shown.pop("token", self.token),
                shown_id=shown.pop("shown_id", ""),
                shown_password=shown.pop("shown_password", ""),
                new_id=endpoint_id,
                new_device_id=f"device of {endpoint_id}",
                new_password_digest=digest_of(f"password of {endpoint_id}"),
                computer=ComputerStatus(computer_name=endpoint_id, timestamp=self.clock()),
                **shown,
            ),
            self.clock(),
        )
        return enrolled.endpoint

    async def commit(self, *groups, **more):
        self.number += 1
        changeset = Changeset(
            epoch=1,
            number=self.number,
            enabled=True,
            default_group=groups[0].ref if groups else "",
            groups=groups,
            **more,
        )
        return await self.store.commit_changeset(
            self.tenant, changeset, f"digest {self.number}", self.clock()
        )

    async def event(self, endpoint_id, event_id):
        event = ReceivedEvent(
            app_id="SWC", event_id=event_id, created_at=self.clock(), body=event_id
        )
        return await self.store.record_events(self.tenant, endpoint_id, (event,), self.clock())

    async def reports(self):
        return await self.store.take_reports(self.tenant, 1000)


@pytest.fixture(params=STORES)
def make_store(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
async def store(make_store, tmp_path) -> AsyncIterator[Any]:
    made = await make_store(tmp_path)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def one(store, clock):
    tenant = Tenant(store, clock, "one")
    await tenant.register()
    return tenant


@pytest.fixture
async def two(store, clock):
    tenant = Tenant(store, clock, "two")
    await tenant.register()
    return tenant


@pytest.fixture
def make_tenant():
    return Tenant
