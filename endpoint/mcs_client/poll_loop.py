"""The client's one loop: rounds on the cadence, statuses and events as they come.

* Polls happen on the cadence only; the spool's bell makes the loop look at the spool, not poll.
* After a failure the loop waits for the back-off's end, whatever the spool has; a good poll starts
  the cadence anew and sends what waited at once.
* Statuses and events that could not be sent are tried again later by themselves; that delays no
  poll. When LiveConnect could not be reached, a poll that gets through ends the wait: what was
  wrong is over.
* Push asks for a poll at once, also in the middle of a back-off (documented); while it is up the
  policy's fallback interval is the cadence's.
* One request at a time: rounds and sending hold the same lock.

Provenance: mcs-protocol.md 1.4, 1.5 (public); looking at the spool by a bell is ours.
"""

import asyncio
import random

from endpoint.handover import Handover
from endpoint.identity import Identity
from endpoint.logs import EndpointLog
from endpoint.mcs_client.backoff import CAP_S, delay_s, longest_delay_s
from endpoint.mcs_client.cadence import Cadence
from endpoint.mcs_client.errors import (
    LiveConnectUnreachableError,
    McsCallFailedError,
    failure_class_of,
)
from endpoint.mcs_client.event_sending import EventSending
from endpoint.mcs_client.failures import LONG_S, line_of
from endpoint.mcs_client.options import McsClientOptions
from endpoint.mcs_client.push_channel import PushChannel
from endpoint.mcs_client.push_inbox import PushInbox
from endpoint.mcs_client.rounds import Rounds
from endpoint.mcs_client.routes import Routes
from endpoint.mcs_client.settings import SettingsSource
from endpoint.mcs_client.status_sending import StatusSending
from endpoint.mcs_client.uploading import Uploading
from foundation.errors import DomainError
from foundation.protocol.push import PushEvent
from foundation.service import Now

_CLOCK_GRAIN_S = 1e-6


class PollLoop:
    """The loop of one client.

    Attributes:
        lock: Held while requests are made.
        cadence: When the next poll is due; None before the first.
    """

    def __init__(
        self,
        rounds: Rounds,
        statuses: StatusSending,
        events: EventSending,
        uploads: Uploading,
        handover: Handover,
        *,
        routes: Routes,
        settings: SettingsSource,
        options: McsClientOptions,
        log: EndpointLog,
        rng: random.Random,
        now: Now,
    ) -> None:
        self._rounds = rounds
        self._statuses = statuses
        self._events = events
        self._uploads = uploads
        self._bell = handover.spool_bell
        self._settings = settings
        self._options = options
        self._log = log
        self._rng = rng
        self._identity: Identity | None = None
        self._retry_at_s = 0.0
        self._send_met_nobody = False
        self._polled_at_s = 0.0
        self._inbox = PushInbox()
        self._push = PushChannel(
            routes, log=log, now=now, on_event=self._push_said, on_lost=self._push_lost
        )
        self.lock = asyncio.Lock()
        self.cadence: Cadence | None = None

    async def run(self) -> None:
        """Poll and send until cancelled."""
        loop = asyncio.get_running_loop()
        self.cadence = Cadence(loop.time(), self._settings.current().poll_interval_s)
        while True:
            async with self.lock:
                await self._work_pushed()
                if self._is_due(self.cadence.due_at_s) or self._is_due(self._inbox.poll_at_s):
                    self.cadence = await self._poll(self.cadence)
                await self.send_due()
                wait_s = self._wake_at_s(self.cadence) - loop.time()
            if wait_s > 0:
                await self._bell.wait(wait_s)

    async def round(self) -> Identity:
        """Make one round; the caller holds the lock.

        Raises:
            DomainError: The round ended early.
        """
        try:
            self._identity = await self._rounds.run()
            await self._push.ensure(self._settings.current(), self._rounds.access)
        except McsCallFailedError as error:
            self._note(error)
            raise
        return self._identity

    async def close(self) -> None:
        """Let go of the push channel."""
        await self._push.close()

    async def send_due(self) -> None:
        """Send whatever is due; the caller holds the lock."""
        identity = self._identity
        if identity is None or self._rounds.failures or not self._is_due(self._retry_at_s):
            return
        now_s = asyncio.get_running_loop().time()
        try:
            if self._is_due(self._statuses.due_at_s(now_s, identity)):
                await self._statuses.send(identity)
            if self._is_due(self._events.due_at_s(now_s)):
                await self._events.send(identity)
            if self._is_due(self._uploads.due_at_s(now_s)):
                await self._uploads.send(now_s)
        except (DomainError, OSError) as error:
            self._write_down(error)
            self._note(error)
            self._rounds.counters["sends_failed"] += 1
            retry_s = self._options.retry_after_s(self._settings.current().poll_interval_s)
            self._retry_at_s = asyncio.get_running_loop().time() + retry_s
            self._send_met_nobody = isinstance(error, LiveConnectUnreachableError)

    async def _poll(self, cadence: Cadence) -> Cadence:
        loop = asyncio.get_running_loop()
        self._inbox.polled()
        self._polled_at_s = loop.time()
        failures_before = self._rounds.failures
        try:
            await self.round()
        except (DomainError, OSError) as error:
            wait_s = self._back_off(error)
            # The cadence starts anew at the end of the back-off.
            return Cadence(loop.time() + wait_s, self._settings.current().poll_interval_s)
        if failures_before:
            self._log.information("PollLoop", f"Connected again after {failures_before} failures")
        if failures_before or self._send_met_nobody:
            self._retry_at_s = 0.0
            self._send_met_nobody = False
        return cadence.after(loop.time(), self._interval_s())

    def _interval_s(self) -> float:
        settings = self._settings.current()
        return settings.push_fallback_poll_s if self._push.is_up else settings.poll_interval_s

    async def _work_pushed(self) -> None:
        """Do what came by push as whole commands; what fails is asked for by a poll.

        Other settings, and the end of a back-off, are followed by a poll, as after a wake-up.
        """
        documents, identity = self._inbox.documents(), self._identity
        if identity is None or not documents:
            return
        before = self._settings.current()
        for document in documents:
            try:
                if not await self._rounds.run_pushed(identity, document):
                    await self._push.close()
            except (DomainError, OSError) as error:
                self._write_down(error)
                self._inbox.take_loss(self._polled_at_s, asyncio.get_running_loop().time())
                return
        if self._rounds.failures or self._settings.current() != before:
            self._inbox.ask_for_poll(asyncio.get_running_loop().time())

    def _push_said(self, event: PushEvent) -> None:
        if self._inbox.take_event(event, asyncio.get_running_loop().time()):
            self._bell.ring()

    def _push_lost(self) -> None:
        self._inbox.take_loss(self._polled_at_s, asyncio.get_running_loop().time())
        self._bell.ring()

    def _back_off(self, error: DomainError | OSError) -> float:
        self._write_down(error)
        self._rounds.failures += 1
        self._rounds.counters["polls_failed"] += 1
        failure = failure_class_of(error)
        failures, interval_s = self._rounds.failures, self._settings.current().poll_interval_s
        longest_s = min(longest_delay_s(interval_s, failure, failures), CAP_S)
        self._log.information(
            "PollLoop", f"[backoff] waiting up to {longest_s:f} s after {failures} failures"
        )
        wait_s = delay_s(interval_s, failure, failures, self._rng)
        if wait_s > LONG_S:
            self._log.error("PollLoop", "Failed to connect with LiveConnect for more than an hour")
        return wait_s

    def _note(self, error: Exception) -> None:
        """Remember what a failed call asks for."""
        if isinstance(error, McsCallFailedError) and error.reaction.re_register:
            self._rounds.must_register = True

    def _write_down(self, error: Exception) -> None:
        severity, component, message = line_of(error)
        write = self._log.error if severity == "error" else self._log.warning
        write(component, message)

    def _wake_at_s(self, cadence: Cadence) -> float:
        asked_at_s = self._inbox.poll_at_s
        poll_at_s = cadence.due_at_s if asked_at_s is None else min(cadence.due_at_s, asked_at_s)
        if self._identity is None or self._rounds.failures:
            return poll_at_s
        now_s = asyncio.get_running_loop().time()
        due = (
            self._statuses.due_at_s(now_s, self._identity),
            self._events.due_at_s(now_s),
            self._uploads.due_at_s(now_s),
        )
        sends = [max(at_s, self._retry_at_s) for at_s in due if at_s is not None]
        return min([poll_at_s, *sends])

    def _is_due(self, at_s: float | None) -> bool:
        if at_s is None:
            return False
        return asyncio.get_running_loop().time() >= at_s - _CLOCK_GRAIN_S
