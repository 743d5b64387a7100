"""Two workers on one database, and peers that come to either of them."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

from foundation.protocol import paths
from tests.liveconnect.conftest import EndpointPeer, Lab, UtmPeer

PATIENCE_S = 60


class WorkerPeer(EndpointPeer):
    """An endpoint at one of the workers."""

    async def listen(self):
        """Open the push channel."""
        access = (await self.call("POST", paths.authenticate(self.endpoint_id))).json()
        return await self.session.get(
            self.url + paths.push(access["device_id"]),
            headers={"Authorization": f"Bearer {access['access_token']}"},
        )


class Worker(Lab):
    """A worker, and the peers of the other worker when they come to this one."""

    async def visited_by(self, endpoint):
        peer = await self.endpoint()
        peer.endpoint_id, peer.password = endpoint.endpoint_id, endpoint.password
        return peer

    async def visited_by_utm(self, utm):
        name = f"{id(utm.key):x}"  # as `Lab` writes them
        files = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        session = await self.session(*files)
        peer = UtmPeer(self, utm.key, session)
        peer.registration, peer.number = utm.registration, utm.number
        return peer

    @property
    def url(self):
        # What is handed out names the public port, which nobody listens on here.
        base = self.config.base_path.strip("/")
        return f"https://localhost:{self.service.mcs_port}/{base}"

    async def endpoint(self):
        return WorkerPeer(self.url, await self.session(), self.clock)


@asynccontextmanager
async def running(folder, clock, url):
    async with AsyncExitStack() as stack:
        made = []
        for number in (1, 2):
            worker = Worker(folder, clock, stack)
            await worker.start(database=url, worker=number, public_mcs_port=4443, push=True)
            stack.push_async_callback(worker.service.stop)
            made.append(worker)
        yield made


async def until(condition):
    """Ask until the answer is true; what another worker learns has no event here."""
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.02)
