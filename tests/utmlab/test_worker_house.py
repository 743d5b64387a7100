"""LiveConnect as workers: started, called as one house, and started again when one is killed."""

import asyncio

import pytest

from foundation.faults import Fault, Hop
from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig
from liveconnect.reading import LiveConnectArchive
from utmlab.held_ports import HeldPorts
from utmlab.private_postgres import PostgresMissingError, PrivatePostgres
from utmlab.worker_house import OtherStoreError, WorkerHouse

GUARD_S = 120


@pytest.fixture
def make_house(tmp_path):
    held = HeldPorts()

    def make(database):
        data = tmp_path / "liveconnect"
        arguments = ["--data", str(data), "--mcs-port", str(held.take())]
        arguments += ["--link-port", str(held.take()), "--journal"]
        return WorkerHouse(data, 2, arguments, database=database, cluster=tmp_path / "postgres")

    yield make
    held.release()


async def test_a_killed_worker_is_started_again_while_the_other_answers(make_house, postgres):
    """And it has the faults of the others, as one that was started with them."""
    house = make_house(await postgres.database())
    fault = Fault(hop=Hop.MCS, effect="status", value=503, times=2).as_record()
    ended = asyncio.Queue()
    house.on_end = lambda number, code: ended.put_nowait((number, code))
    await house.start()
    try:
        first, second = house.workers
        assert first.ready["mcs_url"] == second.ready["mcs_url"]
        number = (await house.call("fault_set", fault=fault))["id"]
        assert [len(await one.call("fault_list")) for one in (first, second)] == [1, 1]
        (told,) = await house.call("fault_list")
        assert (told["id"], told["left"], told["happened"]) == (number, 4, 0)
        await second.call("fault_clear")  # as after it happened there twice
        pid = first.pid
        first._process.kill()
        async with asyncio.timeout(GUARD_S):
            assert await ended.get() == (1, -9)
            assert (await house.call("status"))["endpoints"] == 0
            while not first.is_running:  # noqa: ASYNC110 - a process has no event of its start
                await asyncio.sleep(0.05)
            while (await house.call("fault_list"))[0]["left"] != 2:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert first.pid != pid
        assert await house.call("fault_clear", id=number) == {"cleared": 1}
        assert await first.call("fault_list") == await house.call("fault_list") == []
        assert await house.call("journal") == []
        with LiveConnectArchive(house._data) as archive:
            assert archive.tenants() == ()
        note = LiveConnectConfig(data=house._data).database_note
        assert note.stat().st_mode & 0o777 == 0o600
    finally:
        await house.stop()
    assert not house.is_running


async def test_a_lab_whose_state_is_in_a_file_gets_no_workers(make_house, tmp_path):
    alone = LiveConnect(
        LiveConnectConfig(data=tmp_path / "liveconnect", mcs_port=0, link_port=0, host="127.0.0.1")
    )
    await alone.start()
    await alone.stop()
    with pytest.raises(OtherStoreError):
        await make_house("postgresql://nowhere/x").start()


def test_without_postgresql_the_missing_programs_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("utmlab.private_postgres._DEBIAN", tmp_path)
    with pytest.raises(PostgresMissingError):
        PrivatePostgres(tmp_path / "data")


def test_a_cluster_that_was_left_running_is_taken_over(postgres):
    again = PrivatePostgres(postgres.server._folder.parent / "left")
    again.start()
    killed = PrivatePostgres(again._folder)
    killed.start()
    try:
        assert killed.url() != again.url()
    finally:
        killed.close()
        again.close()
