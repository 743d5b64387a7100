"""Intents that wait at the same time: one piece of work, and an outcome of its own for each."""

import asyncio

import pytest

from foundation.protocol.reasons import Reason
from liveconnect.refusals import NotFoundError, StoreUnavailableError
from liveconnect.store.gathering import Gathering

GUARD_S = 60


class Store:
    """Runs pieces one after the other; `broken` is what the next commits end with."""

    def __init__(self):
        self.pieces = []
        self.broken = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def write(self, work):
        await self.gate.wait()
        if self.broken:
            raise self.broken.pop()
        outcome = work(None)
        await asyncio.sleep(0)
        return outcome

    def double(self, _sql, asked):
        self.pieces.append(list(asked))
        if "fault" in asked:
            raise LookupError("fault")
        refused = NotFoundError(Reason.ENDPOINT_UNKNOWN, "no")
        return [refused if each == "refused" else each * 2 for each in asked]


@pytest.fixture
def store():
    return Store()


async def done(store, *asked):
    gathering = Gathering(store.write, store.double, name="test")
    async with asyncio.timeout(GUARD_S):
        return await asyncio.gather(*map(gathering.do, asked), return_exceptions=True)


async def test_what_waits_together_is_one_piece_in_its_order(store):
    assert await done(store, "a", "b", "c") == ["aa", "bb", "cc"]
    assert store.pieces == [["a", "b", "c"]]


async def test_what_comes_while_a_piece_waits_is_in_it_and_what_comes_later_in_the_next(store):
    gathering = Gathering(store.write, store.double, name="test")
    store.gate.clear()
    first = asyncio.create_task(gathering.do("a"))
    await asyncio.sleep(0)
    second = asyncio.create_task(gathering.do("b"))
    await asyncio.sleep(0)
    store.gate.set()
    async with asyncio.timeout(GUARD_S):
        assert [await first, await second, await gathering.do("c")] == ["aa", "bb", "cc"]
    assert store.pieces == [["a", "b"], ["c"]]


async def test_a_refusal_is_told_to_whom_it_concerns(store):
    first, refused, last = await done(store, "a", "refused", "b")
    assert (first, type(refused), last) == ("aa", NotFoundError, "bb")
    assert len(store.pieces) == 1


async def test_a_fault_of_one_is_its_own(store):
    first, fault, last = await done(store, "a", "fault", "b")
    assert (first, type(fault), last) == ("aa", LookupError, "bb")


async def test_a_store_that_cannot_store_refuses_all_and_goes_on_later(store):
    store.broken.append(StoreUnavailableError(Reason.STORE_UNAVAILABLE, "away"))
    assert {type(each) for each in await done(store, "a", "b")} == {StoreUnavailableError}
    assert await done(store, "c") == ["cc"]


async def test_an_error_before_a_piece_runs_reaches_everybody(store):
    store.broken += [RuntimeError("not open") for _ in range(3)]
    assert {type(each) for each in await done(store, "a", "b")} == {RuntimeError}


async def test_a_caller_who_went_away_keeps_nobody_from_an_answer(store):
    gathering = Gathering(store.write, store.double, name="test")
    store.gate.clear()
    calls = [asyncio.create_task(gathering.do(each)) for each in ("gone", "a")]
    await asyncio.sleep(0)
    calls[0].cancel()
    await asyncio.sleep(0)
    store.gate.set()
    async with asyncio.timeout(GUARD_S):
        assert await calls[1] == "aa"
    assert store.pieces == [["gone", "a"]]
