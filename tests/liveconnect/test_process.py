"""`python -m liveconnect` as a process: ready, its verbs, its end, and being killed."""

import asyncio
import json
import signal
import sys

import pytest

from foundation.net.control import ControlClient, NotRunningError
from liveconnect.reading import LiveConnectArchive

POINTS = [
    "liveconnect.before_enrol_commit",
    "liveconnect.after_enrol_commit",
    "liveconnect.after_changeset_commit",
    "liveconnect.after_ack_commit",
    "liveconnect.after_statuses_commit",
    "liveconnect.after_events_commit",
    "liveconnect.after_reports_ack_commit",
]


class Process:
    """A LiveConnect in another process, with the parts of `Lab` that peers use."""

    def __init__(self, lab):
        self.lab = lab
        self.data = lab.folder / "process"
        self.child = None

    async def start(self, *arguments):
        self.child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "liveconnect",
            "--data",
            str(self.data),
            *("--mcs-port=0", "--link-port=0", *arguments),
            stdout=asyncio.subprocess.PIPE,
        )
        ready = json.loads(await self.child.stdout.readline())
        from pathlib import Path
        from types import SimpleNamespace

        ready["ca_file"] = Path(ready["ca_file"])
        self.lab.service = SimpleNamespace(**ready, stop=self.stop)
        return ready

    async def stop(self, number=signal.SIGTERM):
        if self.child is None:
            return None
        if self.child.returncode is None:
            self.child.send_signal(number)
        return await self.child.wait()


@pytest.fixture
async def process(tmp_path, clock):
    from contextlib import AsyncExitStack
    from datetime import UTC, datetime

    from tests.liveconnect.conftest import Lab

    clock.at = datetime.now(UTC)
    async with AsyncExitStack() as stack:
        process = Process(Lab(tmp_path, clock, stack))
        yield process
        await process.stop()


async def test_it_tells_when_it_is_ready_offers_its_verbs_and_stops_on_sigterm(process):
    ready_file = process.lab.folder / "ready.json"
    ready = await process.start("--ready-file", str(ready_file))
    assert json.loads(ready_file.read_text())["mcs_port"] == ready["mcs_port"]
    utm = await process.lab.utm()
    status = await ControlClient(process.data).call("status")
    assert status["utms"][0]["tenant"] == utm.registration.utm_id
    with LiveConnectArchive(process.data) as archive:
        assert [each.tenant for each in archive.tenants()] == [utm.registration.utm_id]
    assert await process.stop() == 0
    assert not (process.data / "control.json").exists()


async def test_a_folder_in_use_and_a_taken_port_are_named(process):
    ready = await process.start()
    for arguments, words in (
        (["--data", str(process.data)], f"in use by process {process.child.pid}"),
        (
            ["--data", str(process.lab.folder / "other"), f"--mcs-port={ready['mcs_port']}"],
            f"cannot listen on 127.0.0.1:{ready['mcs_port']}",
        ),
    ):
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "liveconnect",
            "--link-port=0",
            *arguments,
            stderr=asyncio.subprocess.PIPE,
        )
        _, err = await child.communicate()
        assert child.returncode == 1
        assert words in err.decode()


async def story(process, utm, endpoint, policy, group):
    """Do everything once; what was done already is done again, as a client would."""
    if not endpoint.endpoint_id:
        await endpoint.register(
            utm.registration.registration_token, X_Registration_Attempt="this-attempt"
        )
    web = policy("SWC", "one")
    utm.number = 0
    assert (await utm.push(group("default", web))).status == 200
    for command in await endpoint.poll():
        await endpoint.acknowledge(command.id)
    assert (await endpoint.call("GET", f"/policy/application/SWC/{web.revision}")).status == 200
    assert (await endpoint.put_status("SWC", web.revision)).status == 200
    assert (await endpoint.post_event("7")).status == 200
    reports = await utm.reports()
    utm.stored |= {report.number: report.kind for report in reports}
    assert (await utm.acknowledge(reports)).status == 200


@pytest.mark.parametrize("point", POINTS)
async def test_killed_at_any_point_nothing_is_lost_and_nothing_is_twice(
    process, make_policy, make_group, point
):
    import aiohttp

    await process.start("--kill-at", point)
    utm, endpoint = await process.lab.utm(), await process.lab.endpoint()
    utm.stored = {}
    with pytest.raises(aiohttp.ClientError):
        await story(process, utm, endpoint, make_policy, make_group)
    assert await process.child.wait() == -signal.SIGKILL
    before = endpoint.url, utm.url
    await process.start()
    assert (process.lab.service.mcs_url, process.lab.service.link_url) == before
    await story(process, utm, endpoint, make_policy, make_group)
    assert sorted(utm.stored.values()) == ["enrolled", "event", "status"]
    assert await endpoint.poll() == ()
    (listed,) = await ControlClient(process.data).call("endpoints")
    compliant = {app["app_id"]: app["compliant"] for app in listed["apps"]}
    assert compliant["SWC"]


WORKER_POINTS = [
    "liveconnect.after_enrol_commit",
    "liveconnect.after_changeset_commit",
    "liveconnect.before_statuses_commit",
    "liveconnect.after_events_commit",
]


class WorkerProcess(Process):
    """One of the workers of a database, at the port that all of them share."""

    def __init__(self, lab, url, number):
        super().__init__(lab)
        self.arguments = ("--database", url, "--worker", str(number))

    async def start(self, *arguments):
        return await super().start(*self.arguments, *arguments)

    async def call(self, verb, **arguments):
        return await ControlClient(self.data / "workers" / self.arguments[-1]).call(
            verb, **arguments
        )

    async def phase(self):
        return (await self.call("ca"))["phase"]


@pytest.mark.parametrize("point", WORKER_POINTS)
async def test_a_worker_killed_in_mid_flight_loses_nothing_and_the_other_goes_on(  # noqa: PLR0917
    process, postgres, make_policy, make_group, free_ports, point
):
    import aiohttp

    url, ports = await postgres.database(), free_ports
    one = WorkerProcess(process.lab, url, 1)
    two = WorkerProcess(process.lab, url, 2)
    try:
        await one.start(*ports, "--kill-at", point)
        utm, endpoint = await process.lab.utm(), await process.lab.endpoint()
        utm.stored = {}
        with pytest.raises(aiohttp.ClientError):
            await story(process, utm, endpoint, make_policy, make_group)
        assert await one.child.wait() == -signal.SIGKILL
        await two.start(*ports)
        await story(process, utm, endpoint, make_policy, make_group)
        assert sorted(utm.stored.values()) == ["enrolled", "event", "status"]
        assert await endpoint.poll() == ()
        (listed,) = await two.call("endpoints")
        compliant = {app["app_id"]: app["compliant"] for app in listed["apps"]}
        assert compliant["SWC"]
    finally:
        await one.stop()
        await two.stop()


async def test_a_worker_killed_in_a_rotation_leaves_one_phase_to_all(process, postgres, free_ports):
    url = await postgres.database()
    one = WorkerProcess(process.lab, url, 1)
    two = WorkerProcess(process.lab, url, 2)

    async def killed_in_prepare():
        with pytest.raises(NotRunningError):
            await one.call("ca_rotate", step="prepare")
        assert await one.child.wait() == -signal.SIGKILL

    async def two_is_in(phase):
        async with asyncio.timeout(60):
            while await two.phase() != phase:  # noqa: ASYNC110 - a process has no event of it
                await asyncio.sleep(0.02)

    try:
        before_commit = ("--kill-at", "liveconnect.before_rotation_commit")
        await asyncio.gather(one.start(*free_ports, *before_commit), two.start(*free_ports))
        await killed_in_prepare()
        await one.start(*free_ports, "--kill-at", "liveconnect.before_keys_taken")
        assert await one.phase() == await two.phase() == "stable"
        await killed_in_prepare()
        await two_is_in("prepared")
        await one.start(*free_ports)
        assert await one.phase() == "prepared"
        await one.call("ca_rotate", step="switch")
        await two_is_in("switched")
        certificates = {(one.data / "workers" / n / "pki" / "ca.crt").read_bytes() for n in "12"}
        assert len(certificates) == 1
    finally:
        await one.stop()
        await two.stop()


async def test_workers_share_their_ports(process, postgres, free_ports):
    url = await postgres.database()
    workers = [WorkerProcess(process.lab, url, number) for number in (1, 2)]
    try:
        places = [await each.start(*free_ports) for each in workers]
        assert places[0]["mcs_url"] == places[1]["mcs_url"]
        utm = await process.lab.utm()
        for number in range(12):  # each on a connection of its own, wherever the system hands it
            await process.lab.enrolled(utm, f"PC-{number}")
        assert len(await utm.reports()) == 12
        for each in workers:
            (known,) = (await each.call("status"))["utms"]
            assert known["endpoints"] == 12
    finally:
        for each in workers:
            assert await each.stop() == 0


@pytest.fixture
def free_ports():
    from utmlab.held_ports import HeldPorts

    held = HeldPorts()
    yield (f"--mcs-port={held.take()}", f"--link-port={held.take()}")
    held.release()
