"""The ledger of sessions on a real database: who is behind enters nothing, a clone is new once."""

import pytest

from liveconnect.store.postgres.store import PostgresStore
from tests.liveconnect.store.conftest import settings


@pytest.fixture
async def ledger(postgres):
    store = PostgresStore(await postgres.database(), settings())
    yield store
    await store.close()


async def test_who_is_behind_enters_nothing_and_a_clone_is_new_once(ledger, clock):
    first = await ledger.enter_session("e1", "a", 0)
    assert (first.newest, first.ended, first.cloned_at) == ("a", "", None)
    second = await ledger.enter_session("e1", "b", first.change)
    assert (second.newest, second.ended) == ("b", "a")
    assert second.change > first.change
    for behind in (0, first.change):
        assert await ledger.enter_session("e1", "c", behind) is None
    cloned = await ledger.enter_clone("e1", "a", "b", clock())
    assert (cloned.newest, cloned.ended, cloned.cloned_at) == ("b", "a", clock())
    assert await ledger.enter_clone("e1", "a", "b", clock()) is None
    other = await ledger.enter_clone("e2", "a", "b", clock())
    assert await ledger.sessions() == (cloned, other)
    assert await ledger.newest_change() == other.change
