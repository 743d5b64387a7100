import asyncio
import os
import sys
from pathlib import Path

import pytest

from endpoint import services
from endpoint.host import HostFolder
from endpoint.service_table import (
    MCS_AGENT,
    MCS_CLIENT,
    ServiceNotInstalledError,
    ServiceTable,
    ServiceTableDamagedError,
)
from endpoint.services import ProcessServices, ServiceWithoutProgramError, TaskServices
from foundation.service import Service


class Recorded(Service):
    def __init__(self, events, *, fails=False) -> None:
        self.events = events
        self.fails = fails

    async def start(self) -> None:
        self.events.append("start")
        await asyncio.sleep(0)
        if self.fails:
            raise OSError("no")

    async def stop(self) -> None:
        self.events.append("stop")


@pytest.fixture
def host(tmp_path):
    return HostFolder(tmp_path / "pc1")


@pytest.fixture
def table(host):
    table = ServiceTable(host)
    table.install(MCS_CLIENT)
    table.install(MCS_AGENT)
    return table


def test_mcs_03_the_table_gains_exactly_the_names_installed(host, table):
    table.install(MCS_CLIENT)
    assert list(ServiceTable(host).entries()) == ["Sophos MCS Client", "Sophos MCS Agent"]
    assert all(entry.state == "stopped" for entry in table.entries().values())


def test_a_removed_service_is_gone_from_the_table(table):
    table.remove(MCS_AGENT)
    table.remove(MCS_AGENT)
    assert list(table.entries()) == [MCS_CLIENT]


@pytest.mark.parametrize("content", [b"{", b"{}", b'{"services": [{"x": 1}]}', b"[]"])
def test_a_damaged_table_is_named_and_left_alone(host, table, content):
    host.service_table.write_bytes(content)
    with pytest.raises(ServiceTableDamagedError):
        table.install("another")
    assert host.service_table.read_bytes() == content


async def test_mcs_03_each_service_restarts_alone(table):
    events: dict[str, list[str]] = {MCS_CLIENT: [], MCS_AGENT: []}
    control = TaskServices(
        {name: lambda name=name: Recorded(events[name]) for name in events}, table=table
    )
    for name in events:
        await control.start(name)
    await control.stop(MCS_CLIENT)
    assert not await control.is_running(MCS_CLIENT)
    assert await control.is_running(MCS_AGENT)
    assert table.entry(MCS_CLIENT).state == "stopped"
    await control.start(MCS_CLIENT)
    assert table.entry(MCS_CLIENT).state == "running"
    await control.stop_all()
    assert events == {MCS_CLIENT: ["start", "stop"] * 2, MCS_AGENT: ["start", "stop"]}


async def test_starting_twice_makes_one(table):
    events: list[str] = []
    control = TaskServices({MCS_CLIENT: lambda: Recorded(events)}, table=table)
    await asyncio.gather(control.start(MCS_CLIENT), control.start(MCS_CLIENT))
    assert events == ["start"]


async def test_what_fails_to_start_does_not_count_as_running(table):
    control = TaskServices({MCS_CLIENT: lambda: Recorded([], fails=True)}, table=table)
    with pytest.raises(OSError, match="no"):
        await control.start(MCS_CLIENT)
    assert not await control.is_running(MCS_CLIENT)
    assert table.entry(MCS_CLIENT).state == "stopped"


async def test_only_what_is_installed_can_be_started(table):
    control = TaskServices({"other": lambda: Recorded([])}, table=table)
    with pytest.raises(ServiceNotInstalledError):
        await control.start("other")
    with pytest.raises(ServiceWithoutProgramError):
        await control.start(MCS_AGENT)


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A stand-in for the interpreter: it runs until SIGTERM, or for ever."""

    def make(*, stubborn: bool = False) -> None:
        script = tmp_path / "program"
        trap = "trap '' TERM" if stubborn else "trap 'exit 0' TERM"
        script.write_text(
            f"#!/bin/sh\n{trap}\n: > {tmp_path}/ready\nwhile :; do sleep 0.05; done\n"
        )
        script.chmod(0o755)
        monkeypatch.setattr(services.sys, "executable", str(script))

    return make


async def ready(tmp_path: Path) -> None:
    async with asyncio.timeout(60):
        while not (tmp_path / "ready").exists():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_service_process_is_started_recorded_and_stopped(host, table, program, tmp_path):
    program()
    control = ProcessServices(host)
    await control.start(MCS_CLIENT)
    await ready(tmp_path)
    pid = table.entry(MCS_CLIENT).pid
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    assert [b"-m", b"endpoint", b"client", b"--host", os.fsencode(host.root)] == words[2:7]
    await control.start(MCS_CLIENT)
    assert table.entry(MCS_CLIENT).pid == pid
    # Another process, such as the CLI, knows of it only by the table.
    assert await ProcessServices(host).is_running(MCS_CLIENT)
    await control.stop(MCS_CLIENT)
    assert not await control.is_running(MCS_CLIENT)
    assert table.entry(MCS_CLIENT) == services.ServiceTable(host).entry(MCS_CLIENT)
    assert (table.entry(MCS_CLIENT).state, table.entry(MCS_CLIENT).pid) == ("stopped", None)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_service_that_does_not_listen_is_killed(
    host, table, program, tmp_path, monkeypatch
):
    monkeypatch.setattr(services, "_STOP_TIMEOUT_S", 0.2)
    program(stubborn=True)
    control = ProcessServices(host)
    await control.start(MCS_CLIENT)
    await ready(tmp_path)
    await control.stop(MCS_CLIENT)
    assert not await control.is_running(MCS_CLIENT)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_recycled_pid_is_not_taken_for_the_service(host, table):
    table.record(MCS_CLIENT, "running", pid=os.getpid())
    control = ProcessServices(host)
    assert not await control.is_running(MCS_CLIENT)
    await control.stop(MCS_CLIENT)  # and this process lives on
    assert table.entry(MCS_CLIENT).state == "stopped"
