"""The MCS Client as a service: started, stopped, and made to register or to poll at once.

* It alone talks to LiveConnect; it meets the agent in folders only.
* Everything it has to remember is on disk: killed at any point, it goes on where it was.
* Started without an identity it registers with config.xml's token; the installer registers and
  polls once by itself, without starting the service.

Provenance: the service and its duties are the seed's (MCS-03 to MCS-10).
"""

import asyncio
import random
from datetime import datetime, timedelta

from endpoint.handover import Handover
from endpoint.host import HostFolder
from endpoint.identity import Identity
from endpoint.logs import EndpointLog
from endpoint.mcs_client.computer import PRODUCT_VERSION
from endpoint.mcs_client.failures import line_of
from endpoint.mcs_client.options import McsClientOptions
from endpoint.mcs_client.parts import Parts
from foundation.checkpoints import NO_CHECKPOINTS, Checkpoints
from foundation.errors import DomainError
from foundation.service import Now, Service, Tasks, utc_now


class McsClient(Service):
    """One endpoint's MCS Client.

    Args:
        host: The machine.
        handover: Where the agent puts and finds things.
        log: MCSClient.log.
        now: The clock.
        rng: The source of the back-off's chance.
        options: See there.
        checkpoints: Where a test may end the process.
    """

    def __init__(
        self,
        host: HostFolder,
        *,
        handover: Handover,
        log: EndpointLog,
        now: Now = utc_now,
        rng: random.Random | None = None,
        options: McsClientOptions | None = None,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
    ) -> None:
        self._log = log
        self._now = now
        parts = Parts(
            host,
            handover=handover,
            log=log,
            now=now,
            rng=rng or random.Random(),
            options=options or McsClientOptions(),
            checkpoints=checkpoints,
        )
        self._settings = parts.settings
        self._cache = parts.cache
        self._calls = parts.calls
        self._rounds = parts.rounds
        self._statuses = parts.statuses
        self._events = parts.events
        self._uploads = parts.uploads
        self._loop = parts.loop
        self._tasks = Tasks(on_failure=self._crashed)

    async def start(self) -> None:
        """Begin to poll; the first poll is at once."""
        settings = self._settings.current()
        servers = ", ".join((*settings.policy_servers, *settings.configured_servers)) or "none"
        self._log.information(
            "McsClient",
            f"Version {PRODUCT_VERSION} started; servers {servers}; "
            f"poll interval {settings.poll_interval_s:g} s",
        )
        self._tasks.keep(self._loop.run, name="mcs-client-poll-loop")

    async def stop(self) -> None:
        """Stop polling and close the connection; what is unfinished lies on disk."""
        await self._tasks.close()
        await self._loop.close()
        await self._calls.close()
        self._log.information("McsClient", "Stopped")

    async def quiesce(self) -> None:
        """Wait until no request is under way."""
        async with self._loop.lock:
            await asyncio.sleep(0)

    async def load(self) -> None:
        """Read again what is kept in memory of the host folder."""
        self._cache.load()

    async def register(self, token: str) -> Identity:
        """Register with a token, showing the old identity if there is one.

        Raises:
            RegistrationRefusedError: LiveConnect does not accept the token or this endpoint.
            LiveConnectUnreachableError: There was no usable answer.
            McsCallFailedError: LiveConnect is in trouble.
        """
        async with self._loop.lock:
            try:
                return await self._rounds.register(token)
            except DomainError as error:
                self._write_down(error)
                raise

    async def poll_once(self) -> None:
        """Make one whole round now, besides the cadence, and send what is due.

        Raises:
            DomainError: The round ended early; what it received stays queued.
        """
        async with self._loop.lock:
            try:
                await self._loop.round()
            except DomainError as error:
                self._write_down(error)
                raise
            await self._loop.send_due()

    @property
    def next_poll_at(self) -> datetime | None:
        """When the next poll is due; None when the service does not run."""
        cadence = self._loop.cadence
        if cadence is None:
            return None
        wait_s = cadence.due_at_s - asyncio.get_running_loop().time()
        return self._now() + timedelta(seconds=wait_s)

    @property
    def polls(self) -> int:
        """Command polls that were answered with 200."""
        return self._rounds.counters["polls"]

    @property
    def counters(self) -> dict[str, int]:
        """What happened so far, by name."""
        sent = {"statuses_sent": self._statuses.sent, "events_sent": self._events.sent}
        sent["uploads_sent"] = self._uploads.sent
        return {**self._rounds.counters, **sent}

    def _write_down(self, error: Exception) -> None:
        severity, component, message = line_of(error)
        (self._log.error if severity == "error" else self._log.warning)(component, message)

    def _crashed(self, name: str, error: BaseException) -> None:
        self._log.fatal("McsClient", f"{name} ended: {type(error).__name__}: {error}")
