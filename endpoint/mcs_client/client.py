"""The MCS Client as a service: what belongs together, put together.

* It alone talks to LiveConnect; it meets the agent in folders only.
* Everything it has to remember is on disk: killed at any point, it goes on where it was.
* Started without an identity it registers with config.xml's token; the installer registers and
  polls once by itself, without starting the service.

Provenance: the service and its duties are the seed's (MCS-03 to MCS-10).
"""

import asyncio
import random
from datetime import datetime, timedelta

from endpoint.answer_spool import FeedSpool, ResponseSpool
from endpoint.handover import Handover
from endpoint.host import HostFolder
from endpoint.identity import Identity
from endpoint.logs import EndpointLog
from endpoint.mcs_client.calls import McsCalls
from endpoint.mcs_client.command_work import CommandWork
from endpoint.mcs_client.computer import PRODUCT_VERSION, Computer
from endpoint.mcs_client.connection import Connection
from endpoint.mcs_client.event_sending import EventSending
from endpoint.mcs_client.failures import line_of
from endpoint.mcs_client.fragment_cache import FragmentCache
from endpoint.mcs_client.migration import Migration
from endpoint.mcs_client.options import McsClientOptions
from endpoint.mcs_client.poll_loop import PollLoop
from endpoint.mcs_client.queue import CommandQueue
from endpoint.mcs_client.registration import Registration
from endpoint.mcs_client.relay_note import note_relay
from endpoint.mcs_client.rounds import Rounds
from endpoint.mcs_client.routes import Routes
from endpoint.mcs_client.settings import SettingsSource
from endpoint.mcs_client.status_cache import StatusCache
from endpoint.mcs_client.status_sending import StatusSending
from endpoint.mcs_client.uploading import Uploading
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
        options = options or McsClientOptions()
        computer = options.computer or Computer.of(host)
        self._settings = settings = SettingsSource(host, options, log)
        timeout_s = options.request_timeout_s
        connection = Connection(ca=lambda: settings.current().ca, now=now, timeout_s=timeout_s)
        self._handover = handover
        self._host = host
        self._relay: str | None = None
        routes = Routes(computer.ipv4)
        self._calls = calls = McsCalls(
            connection,
            settings,
            options,
            log,
            routes=routes,
            on_relay=self._note_relay,
        )
        self._cache = cache = StatusCache(host.cache)
        queue = CommandQueue(host.command_queue)
        migration = Migration(
            host,
            calls,
            connect=lambda ca: Connection(ca=lambda: ca, now=now, timeout_s=timeout_s),
            settings=settings,
            computer=computer,
            queue=queue,
            handover=handover,
            cache=cache,
            log=log,
            now=now,
        )
        self._rounds = rounds = Rounds(
            host,
            calls,
            registration=Registration(
                host,
                calls,
                settings=settings,
                queue=queue,
                handover=handover,
                cache=cache,
                computer=computer,
                log=log,
                now=now,
                checkpoints=checkpoints,
            ),
            migration=migration,
            work=CommandWork(
                queue,
                calls,
                handover,
                cache=cache,
                fragments=FragmentCache(host.cache),
                accept_migration=migration.accept,
                log=log,
                checkpoints=checkpoints,
            ),
            queue=queue,
            settings=settings,
            log=log,
            now=now,
            rng=rng or random.Random(),
            checkpoints=checkpoints,
        )
        self._statuses = StatusSending(
            handover,
            calls,
            cache=cache,
            computer=computer,
            settings=settings,
            latency_s=options.status_latency_s,
            log=log,
            now=now,
            checkpoints=checkpoints,
        )
        self._events = EventSending(
            handover, calls, options=options, log=log, checkpoints=checkpoints
        )
        self._uploads = Uploading(
            ResponseSpool(host, handover.spool_bell),
            FeedSpool(host, handover.spool_bell),
            calls,
            rounds.access,
            config_folder=host.config_file.parent,
            log=log,
            now=now,
        )
        self._loop = PollLoop(
            rounds,
            self._statuses,
            self._events,
            self._uploads,
            handover,
            routes=routes,
            settings=settings,
            options=options,
            log=log,
            rng=rng or random.Random(),
            now=now,
        )
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

    def _note_relay(self, relay_id: str) -> None:
        if relay_id == self._relay:
            return
        self._relay = relay_id
        if note_relay(self._host, relay_id, self._now()):
            # The agent reports it in the status of MCS.
            self._handover.persist_bell.ring()

    def _write_down(self, error: Exception) -> None:
        severity, component, message = line_of(error)
        (self._log.error if severity == "error" else self._log.warning)(component, message)

    def _crashed(self, name: str, error: BaseException) -> None:
        self._log.fatal("McsClient", f"{name} ended: {type(error).__name__}: {error}")
