"""A real MCS Client moves from one real LiveConnect to another, each with a CA of its own."""

from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace

import pytest

from endpoint.config import McsClientSettings, McsConfig, read_config, write_config
from endpoint.handover import Handover
from endpoint.host import HostFolder
from endpoint.identity import load_identity
from endpoint.logs import ConfigLevel, EndpointLog
from endpoint.mcs_client import migration
from endpoint.mcs_client.calls import McsCalls
from endpoint.mcs_client.client import McsClient
from foundation.durable.doorbell import EventDoorbell
from foundation.redact import Secret
from tests.liveconnect.conftest import Clock, Lab, group, policy


class Computer:
    """A host folder with an MCS Client that is polled by hand."""

    def __init__(self, lab, folder, token):
        self.host = HostFolder(folder)
        self.now = lab.clock
        self.host.server_ca.parent.mkdir(parents=True)
        self.host.server_ca.write_bytes(lab.service.ca_file.read_bytes())
        settings = McsClientSettings(
            servers=(lab.service.mcs_url,), registration_token=Secret(token)
        )
        write_config(self.host.config_file, McsConfig(client=settings))
        self.handover = Handover(
            self.host, persist_bell=EventDoorbell(), spool_bell=EventDoorbell()
        )

    @asynccontextmanager
    async def client(self):
        level = ConfigLevel(self.host.config_file, "McsClient")
        client = McsClient(
            self.host,
            handover=self.handover,
            log=EndpointLog(self.host.client_log, level, self.now),
            now=self.now,
        )
        try:
            yield client
        finally:
            await client.stop()

    async def poll(self, times=1):
        async with self.client() as client:
            for _ in range(times):
                await client.poll_once()

    @property
    def id(self):
        return load_identity(self.host).endpoint_id


@pytest.fixture
async def world(tmp_path):
    clock = Clock()
    async with AsyncExitStack() as stack:
        labs = []
        for name in ("old", "new"):
            folder = tmp_path / name
            folder.mkdir()
            lab = Lab(folder, clock, stack)
            await lab.start()
            stack.push_async_callback(lab.service.stop)
            labs.append(lab)
        old, new = labs
        utms = [await lab.utm() for lab in labs]
        token = utms[0].registration.registration_token
        computer = Computer(old, tmp_path / "PC-01", token)
        await utms[0].push(group("default", policy("SWC", "old")))
        await utms[1].push(group("default", policy("SWC", "new")))
        await computer.poll()
        yield SimpleNamespace(old=old, new=new, utms=utms, computer=computer, clock=clock)


async def order_to_move(world, token=None):
    if token is None:
        token = (await world.new.service.verbs["migration_token"]())["token"]
    await world.old.service.verbs["migrate"](
        endpoint_id=world.computer.id,
        server=world.new.service.mcs_url,
        token=token,
        ca_pem=world.new.service.ca_file.read_text(),
    )


def web_policy(computer):
    return (computer.host.persist / "SWC-190_policy.xml").read_bytes()


async def test_an_endpoint_moves_and_goes_on_with_its_new_identity(world):
    computer = world.computer
    former = computer.id
    await order_to_move(world)
    await computer.poll()  # it takes the action over ...
    assert computer.id == former
    await computer.poll()  # ... and moves in the next round, which polls the new server
    assert computer.id != former
    assert b"new" in web_policy(computer)
    assert [one.kind for one in await world.utms[0].reports()][-1] == "removed"
    (there,) = await world.new.service.verbs["endpoints"]()
    assert (there["endpoint_id"], there["computer_name"]) == (computer.id, "PC-01")
    assert "migrated_away" in world.old.config.operations_log_file.read_text()
    assert read_config(computer.host.config_file).client.servers == (world.new.service.mcs_url,)
    await computer.poll()
    assert not list(computer.host.persist.glob("Migration*"))


async def test_a_move_that_is_refused_is_told_and_changes_nothing(world):
    computer = world.computer
    former = computer.id
    await order_to_move(world, token="not.a.token")
    await computer.poll(3)
    assert computer.id == former
    assert b"old" in web_policy(computer)
    assert [one.kind for one in await world.utms[0].reports()].count("removed") == 0
    log = world.old.config.operations_log_file.read_text()
    assert "migration_failed" in log
    assert "401" in log
    assert not list(computer.host.persist.glob("Migration*"))


@pytest.mark.parametrize("part", ["post_events", "write_config", "store_identity"])
async def test_a_move_that_was_interrupted_is_finished(world, monkeypatch, part):
    class KilledError(BaseException):
        pass

    def kill(*_arguments):
        raise KilledError

    computer = world.computer
    await order_to_move(world)
    await computer.poll()
    owner = McsCalls if part == "post_events" else migration
    with monkeypatch.context() as patched:
        patched.setattr(owner, part, kill)
        with pytest.raises(KilledError):
            await computer.poll()
    await computer.poll()
    (there,) = await world.new.service.verbs["endpoints"]()
    assert there["endpoint_id"] == computer.id
    assert b"new" in web_policy(computer)
    assert [one.kind for one in await world.utms[0].reports()].count("removed") == 1


async def test_the_token_of_a_move_is_nowhere_in_the_logs(world):
    token = (await world.new.service.verbs["migration_token"]())["token"]
    await order_to_move(world, token)
    await world.computer.poll(2)
    told = world.computer.host.client_log.read_text() + str(world.old.service.journal.entries())
    assert token not in told + str(world.new.service.journal.entries())
