"""The parts of one MCS Client, and what each of them needs of the others.

- Nothing here runs: each part is made when it is first asked for, once.
"""

import random
from functools import cached_property
from pathlib import Path

from endpoint.answer_spool import FeedSpool, ResponseSpool
from endpoint.handover import Handover
from endpoint.host import HostFolder
from endpoint.logs import EndpointLog
from endpoint.mcs_client.calls import McsCalls
from endpoint.mcs_client.command_work import CommandWork
from endpoint.mcs_client.computer import Computer
from endpoint.mcs_client.connection import Connection
from endpoint.mcs_client.event_sending import EventSending
from endpoint.mcs_client.fragment_cache import FragmentCache
from endpoint.mcs_client.migration import Migration
from endpoint.mcs_client.options import McsClientOptions
from endpoint.mcs_client.poll_loop import PollLoop
from endpoint.mcs_client.queue import CommandQueue
from endpoint.mcs_client.registration import Registration
from endpoint.mcs_client.relay_note import RelayNotes
from endpoint.mcs_client.rounds import Rounds
from endpoint.mcs_client.routes import Routes
from endpoint.mcs_client.settings import SettingsSource
from endpoint.mcs_client.status_cache import StatusCache
from endpoint.mcs_client.status_sending import StatusSending
from endpoint.mcs_client.uploading import Uploading
from foundation.checkpoints import Checkpoints
from foundation.service import Now


class Parts:
    """The parts of one client; its arguments are McsClient's."""

    def __init__(
        self,
        host: HostFolder,
        *,
        handover: Handover,
        log: EndpointLog,
        now: Now,
        rng: random.Random,
        options: McsClientOptions,
        checkpoints: Checkpoints,
    ) -> None:
        self._host = host
        self._handover = handover
        self._log = log
        self._now = now
        self._rng = rng
        self._options = options
        self._checkpoints = checkpoints
        self._computer = options.computer or Computer.of(host)
        self._routes = Routes(self._computer.ipv4)
        self._queue = CommandQueue(host.command_queue)
        self.settings = SettingsSource(host, options, log)
        self.cache = StatusCache(host.cache)

    @cached_property
    def calls(self) -> McsCalls:
        """What is asked of LiveConnect."""
        return McsCalls(
            Connection(
                ca=lambda: self.settings.current().ca,
                now=self._now,
                timeout_s=self._options.request_timeout_s,
            ),
            self.settings,
            self._options,
            self._log,
            routes=self._routes,
            on_relay=RelayNotes(self._host, self._handover, self._now).note,
        )

    @cached_property
    def rounds(self) -> Rounds:
        """Registration, polls, the work that comes of them, and moves to another server."""
        migration = self._migration()
        return Rounds(
            self._host,
            self.calls,
            registration=self._registration(),
            migration=migration,
            work=self._work(migration),
            queue=self._queue,
            settings=self.settings,
            log=self._log,
            now=self._now,
            rng=self._rng,
            checkpoints=self._checkpoints,
        )

    @cached_property
    def statuses(self) -> StatusSending:
        """What sends statuses."""
        return StatusSending(
            self._handover,
            self.calls,
            cache=self.cache,
            computer=self._computer,
            settings=self.settings,
            latency_s=self._options.status_latency_s,
            log=self._log,
            now=self._now,
            checkpoints=self._checkpoints,
        )

    @cached_property
    def events(self) -> EventSending:
        """What sends events."""
        return EventSending(
            self._handover,
            self.calls,
            options=self._options,
            log=self._log,
            checkpoints=self._checkpoints,
        )

    @cached_property
    def uploads(self) -> Uploading:
        """What sends responses and data feeds."""
        return Uploading(
            ResponseSpool(self._host, self._handover.spool_bell),
            FeedSpool(self._host, self._handover.spool_bell),
            self.calls,
            self.rounds.access,
            config_folder=self._host.config_file.parent,
            log=self._log,
            now=self._now,
        )

    @cached_property
    def loop(self) -> PollLoop:
        """The loop that all of it runs in."""
        return PollLoop(
            self.rounds,
            self.statuses,
            self.events,
            self.uploads,
            self._handover,
            routes=self._routes,
            settings=self.settings,
            options=self._options,
            log=self._log,
            rng=self._rng,
            now=self._now,
        )

    def _registration(self) -> Registration:
        return Registration(
            self._host,
            self.calls,
            settings=self.settings,
            queue=self._queue,
            handover=self._handover,
            cache=self.cache,
            computer=self._computer,
            log=self._log,
            now=self._now,
            checkpoints=self._checkpoints,
        )

    def _migration(self) -> Migration:
        def connect(ca: Path) -> Connection:
            timeout_s = self._options.request_timeout_s
            return Connection(ca=lambda: ca, now=self._now, timeout_s=timeout_s)

        return Migration(
            self._host,
            self.calls,
            connect=connect,
            settings=self.settings,
            computer=self._computer,
            queue=self._queue,
            handover=self._handover,
            cache=self.cache,
            log=self._log,
            now=self._now,
        )

    def _work(self, migration: Migration) -> CommandWork:
        return CommandWork(
            self._queue,
            self.calls,
            self._handover,
            cache=self.cache,
            fragments=FragmentCache(self._host.cache),
            accept_migration=migration.accept,
            log=self._log,
            checkpoints=self._checkpoints,
        )
