"""What LiveConnect holds is compared with what the UTM wants, whenever the link begins."""

import asyncio
import os
import random
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foundation.checkpoints import NO_CHECKPOINTS
from foundation.durable.writer import Writer
from foundation.operations_log import OperationsLog
from foundation.protocol.link import Registration
from utm.confd import seed, transaction
from utm.epsecd import changesets
from utm.epsecd.compiling import prepare
from utm.epsecd.daemon import Epsecd
from utm.epsecd.registration import store_registration
from utm.link_client import LinkDownError, LinkRefusedError
from utm.storage import SCHEMAS

AT = datetime(2026, 11, 20, 17, 57, 33, tzinfo=UTC)


class Broker:
    """LiveConnect's side of the link: what it holds, and how it answers pushes."""

    def __init__(self, held=(0, 0)):
        self.held = held
        self.refusals = []
        self.pushed = asyncio.Queue()
        self.cut = asyncio.Event()
        self.asked = asyncio.Queue()

    async def latest_changeset(self):
        self.asked.put_nowait(None)
        return self.held

    async def push(self, epoch, number, _document):
        self.pushed.put_nowait((epoch, number))
        if self.refusals:
            raise self.refusals.pop(0)
        self.held = (epoch, number)

    async def take_reports(self, _hold_s):
        await self.cut.wait()
        self.cut.clear()
        raise LinkDownError("cut")

    async def close(self):
        """Nothing is open."""


@pytest.fixture
async def writer(tmp_path):
    owner = Writer(tmp_path / "utm.db", SCHEMAS)
    await owner.open()
    registration = Registration("utm-1", "", "T" * 17, 1, "https://localhost:4443/mcs", "")

    def begin(db):
        seed(db, at=AT)
        store_registration(db, registration, AT.isoformat())
        prepare(db, AT)

    await owner.write(begin)
    yield owner
    await owner.close()


@asynccontextmanager
async def running(writer, broker, voice, on_outdated=None):
    service = Epsecd(
        operations=OperationsLog(Path(os.devnull), now=lambda: AT),
        writer=writer,
        link=broker,
        voice=voice,
        on_lines=lambda: None,
        on_outdated=on_outdated or (lambda: pytest.fail("outdated")),
        now=lambda: AT,
        rng=random.Random(1),
        checkpoints=NO_CHECKPOINTS,
    )
    await service.start()
    try:
        async with asyncio.timeout(60):
            yield service
    finally:
        await service.stop()


async def confirmed(writer):
    """Have changeset 1 sent and confirmed earlier."""

    def mark(db):
        changesets.mark_sent(db, 1, 1, AT)
        changesets.mark_committed(db, 1, 1, AT)

    await writer.write(mark)


def sent_lines(db):
    query = "SELECT COUNT(*) FROM log_spool WHERE CAST(line AS TEXT) LIKE '%id=\"4233\"%'"
    return db.execute(query).fetchone()[0]


async def until_confirmed(writer):
    while (await writer.read(changesets.newest)).is_waiting:  # noqa: ASYNC110
        await asyncio.sleep(0)


async def test_what_liveconnect_forgot_is_sent_again_without_a_second_4233(writer, voice):
    await confirmed(writer)
    broker = Broker(held=(0, 0))

    async with running(writer, broker, voice):
        assert await broker.pushed.get() == (1, 1)
    assert await writer.read(sent_lines) == 0


async def test_what_liveconnect_forgot_while_the_link_was_down_is_sent_again(writer, voice):
    broker = Broker()

    async with running(writer, broker, voice):
        await broker.pushed.get()
        await until_confirmed(writer)
        broker.held = (0, 0)
        broker.cut.set()
        assert await broker.pushed.get() == (1, 1)
    assert await writer.read(sent_lines) == 1


async def test_what_liveconnect_holds_is_not_sent_again(writer, voice):
    await confirmed(writer)
    broker = Broker(held=(1, 1))

    async with running(writer, broker, voice):
        await broker.asked.get()
        broker.cut.set()
        await broker.asked.get()
    assert broker.pushed.empty()


async def test_a_restored_utm_asks_for_another_registration(writer, voice):
    await confirmed(writer)
    broker, outdated = Broker(held=(1, 2)), asyncio.Event()

    async with running(writer, broker, voice, outdated.set):
        await outdated.wait()
    assert broker.pushed.empty()


async def test_a_restored_utm_that_went_further_than_liveconnect_asks_for_one_too(writer, voice):
    """Its changesets 2 and 3 are others than those of that number that LiveConnect got before."""
    await confirmed(writer)

    def go_on(db):
        for host in ("a", "b"):
            with transaction(db, at=AT, user="admin", summary=host) as edit:
                edit.create("epp", "endpoints_group", {"name": host, "web_control": True})
            prepare(db, AT)

    await writer.write(go_on)
    assert (await writer.read(changesets.newest)).number == 3
    broker, outdated = Broker(held=(1, 2)), asyncio.Event()

    async with running(writer, broker, voice, outdated.set):
        await outdated.wait()
    assert broker.pushed.empty()
    assert await writer.read(sent_lines) == 0


async def test_what_an_earlier_epoch_held_is_no_reason_for_another(writer, voice):
    registration = Registration("utm-1", "", "T" * 17, 2, "https://localhost:4443/mcs", "")

    def register(db):
        store_registration(db, registration, AT.isoformat())
        prepare(db, AT)

    await writer.write(register)
    broker = Broker(held=(1, 7))

    async with running(writer, broker, voice):
        assert await broker.pushed.get() == (2, 1)


async def test_another_changeset_of_the_same_number_is_noticed(writer, voice):
    await writer.write(lambda db: changesets.mark_sent(db, 1, 1, AT))
    broker, outdated = Broker(held=(1, 1)), asyncio.Event()
    broker.refusals = [LinkRefusedError("changeset_stale", "another one", status=409)]

    async with running(writer, broker, voice, outdated.set):
        await outdated.wait()
    assert (await writer.read(changesets.newest)).is_waiting


async def test_a_changeset_is_sent_again_when_liveconnect_was_in_trouble(writer, voice):
    broker = Broker()
    broker.refusals = [LinkRefusedError("disk_full", "no room", status=500)]

    async with running(writer, broker, voice):
        assert [await broker.pushed.get() for _ in range(2)] == [(1, 1), (1, 1)]
        await until_confirmed(writer)
