"""deploy/nginx.conf in a real nginx, in front of two workers: one name for all of them."""

import asyncio
import re
import shutil
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from foundation.protocol import link
from tests.liveconnect.conftest import Clock, EndpointPeer, Lab, group, policy
from utmlab.held_ports import HeldPorts

pytestmark = pytest.mark.peer
CONFIGURATION = Path(__file__).parent.parent.parent / "deploy" / "nginx.conf"
GUARD_S = 60


def nginx():
    return shutil.which("nginx") or "/usr/sbin/nginx"


class Front:
    """nginx with the file of deploy/, its addresses replaced by those of a test."""

    def __init__(self, folder, workers, mcs_port, link_port):
        text = CONFIGURATION.read_text()
        for number, worker in enumerate(workers, 1):
            text = text.replace(f"worker-{number}:4443", f"127.0.0.1:{worker.service.mcs_port}")
            text = text.replace(f"worker-{number}:4445", f"127.0.0.1:{worker.service.link_port}")
        text = re.sub(r"\n *server worker-3:.*", "", text)  # two are enough here
        text = text.replace("listen 4443", f"listen 127.0.0.1:{mcs_port}")
        text = text.replace("listen 4445", f"listen 127.0.0.1:{link_port}")
        self.file = folder / "nginx.conf"
        self.file.write_text(text)
        self.ports = mcs_port, link_port
        self.pid_file = folder / "nginx.pid"
        self.process = None

    async def start(self):
        words = (nginx(), "-e", "stderr", "-c", str(self.file))
        more = f"daemon off; pid {self.pid_file};"
        self.process = await asyncio.create_subprocess_exec(
            *words, "-g", more, stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(GUARD_S):
            while not await self.answers():
                assert self.process.returncode is None
                await asyncio.sleep(0.05)

    async def answers(self):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.ports[0])
        except OSError:
            return False
        writer.close()
        return True

    async def stop(self):
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()


class Behind(Lab):
    """A worker whose peers come through nginx."""

    front = None

    async def endpoint(self):
        base = self.config.base_path.strip("/")
        url = f"https://localhost:{self.front.ports[0]}/{base}"
        return EndpointPeer(url, await self.session(), self.clock)


@pytest.fixture
async def workers(tmp_path, postgres):
    clock = Clock()
    url = await postgres.database()
    held = HeldPorts()
    ports = held.take(), held.take()
    async with AsyncExitStack() as stack:
        stack.callback(held.release)
        made = []
        for number in (1, 2):
            worker = Behind(tmp_path, clock, stack)
            await worker.start(
                database=url,
                worker=number,
                public_mcs_port=ports[0],
                trusts_loopback=False,
            )
            stack.push_async_callback(worker.service.stop)
            made.append(worker)
        front = Front(tmp_path, made, *ports)
        await front.start()
        stack.push_async_callback(front.stop)
        for worker in made:
            worker.front = front
        yield made


def polls_answered(worker):
    return sum(
        count
        for (call, status), count in worker.service._parts.traffic.answers.items()
        if call == "poll" and status == 200
    )


async def test_through_nginx_any_worker_answers_and_one_that_is_down_is_passed_over(workers):
    one, two = workers
    secret = (one.config.pki_folder / "enrolment.secret").read_text()
    utm = await one.utm(secret=secret)
    utm.url = f"https://localhost:{one.front.ports[1]}"
    web = policy("SWC", "one")
    assert (await utm.push(group("default", web))).status == 200
    endpoint = await one.enrolled(utm)
    assert (await endpoint.take_policies())["SWC"] == web.body
    async with asyncio.timeout(GUARD_S):
        while not (polls_answered(one) and polls_answered(two)):
            other = await one.endpoint()  # each on a connection of its own
            other.endpoint_id, other.password = endpoint.endpoint_id, endpoint.password
            await other.poll()
    await one.service.stop()
    before = polls_answered(two)
    for _ in range(4):
        other = await one.endpoint()
        other.endpoint_id, other.password = endpoint.endpoint_id, endpoint.password
        await other.poll()
    assert polls_answered(two) == before + 4
    assert (await utm.request("GET", link.LATEST_CHANGESET_PATH)).json()["number"] == 1


async def test_behind_nginx_a_utm_without_the_secret_is_refused_though_it_seems_local(workers):
    with pytest.raises(AssertionError, match="enrolment secret"):
        await workers[0].utm()
