"""What others commit reaches a memory: all of it, in order, and nothing that is known already."""

import asyncio
import errno

import pytest

from foundation.operations_log import OperationsLog
from liveconnect.store.postgres import follower as following
from liveconnect.store.postgres.follower import Follower
from liveconnect.store.postgres.store import PostgresStore
from tests.liveconnect.store.conftest import Tenant, settings

GUARD_S = 60


class Memory:
    """Remembers what it was told."""

    def __init__(self):
        self.taken = {}
        self.read = []
        self.keys, self.sessions = [], []
        self.reports = asyncio.Queue()

    def has(self, endpoint_id, revision):
        return self.taken.get(endpoint_id, -1) >= revision

    def take(self, endpoints):
        for endpoint in endpoints:
            self.taken[endpoint.endpoint_id] = endpoint.queue.revision
        self.read.append([endpoint.endpoint_id for endpoint in endpoints])

    def sessions_came(self, entries):
        self.sessions += entries

    async def keys_came(self, files):
        self.keys.append(files)

    def reports_came(self, tenant):
        self.reports.put_nowait(tenant)


@pytest.fixture
async def url(postgres):
    return await postgres.database()


@pytest.fixture
async def tenant(url, clock):
    store = PostgresStore(url, settings())
    tenant = Tenant(store, clock, "one")
    await tenant.register()
    yield tenant
    await store.close()


@pytest.fixture
async def follower(url, tmp_path, clock):
    made = Follower(url, Memory(), OperationsLog(tmp_path / "log", now=clock), name="test")
    task = asyncio.create_task(made.run())
    await made.first_look()
    yield made
    task.cancel()


async def test_many_changes_are_read_in_pieces_and_all_of_them(tenant, follower, monkeypatch):
    monkeypatch.setattr(following, "MOST_AT_ONCE", 2)
    for number in range(5):
        await tenant.enrol(f"e{number}")
    await follower.look_again()
    assert sorted(follower._memory.taken) == [f"e{number}" for number in range(5)]
    assert max(map(len, follower._memory.read)) <= 2


async def test_what_the_memory_has_is_not_read_again(tenant, follower, clock):
    endpoint = await tenant.enrol("e1")
    await follower.look_again()
    memory = follower._memory
    memory.read.clear()
    memory.taken["e1"] = endpoint.queue.revision + 1  # this worker's own commit, already applied
    await tenant.store.send_command(tenant.tenant, "e1", "ALC", "<a/>", clock())
    await follower.look_again()
    assert memory.read == []


async def test_a_refused_change_leaves_a_gap_that_nothing_is_lost_in(tenant, follower):
    from liveconnect.refusals import RegistrationRefusedError

    await tenant.enrol("e1")
    with pytest.raises(RegistrationRefusedError):
        await tenant.enrol("e2", token="x" * 17)
    await tenant.enrol("e3")
    await follower.look_again()
    assert sorted(follower._memory.taken) == ["e1", "e3"]


async def test_each_connection_wakes_everybody_and_each_report_its_utm(tenant, follower):
    reports = follower._memory.reports
    async with asyncio.timeout(GUARD_S):
        assert await reports.get() is None
        await tenant.enrol("e1")
        assert await reports.get() == tenant.tenant


async def test_a_broken_connection_is_made_again_and_nothing_is_missed(tenant, follower, url):
    import asyncpg

    await tenant.enrol("e1")
    await follower.look_again()
    admin = await asyncpg.connect(url)
    ended = await admin.fetchval(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE application_name = 'test follower'"
    )
    await admin.close()
    assert ended == 1
    await tenant.enrol("e2")
    async with asyncio.timeout(GUARD_S):
        await follower.look_again()
    assert sorted(follower._memory.taken) == ["e1", "e2"]


async def test_who_waits_for_keys_that_cannot_be_taken_over_is_told_why(
    tenant, follower, monkeypatch
):
    from liveconnect.refusals import StoreUnavailableError

    async def refuse(_files):
        raise OSError(errno.ENOSPC, "the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(follower._memory, "keys_came", refuse)
        await tenant.store.share_keys({"ca.key": b"a key"})
        with pytest.raises(StoreUnavailableError, match=r"keys .*: .*the disk is full"):
            await follower.look_again()
    await tenant.enrol("e1")
    async with asyncio.timeout(GUARD_S):
        while "e1" not in follower._memory.taken:  # until the next look
            await follower._looked.wait()
    await follower.look_again()
    assert follower._memory.keys == [{"ca.key": b"a key"}]
