"""One agent: the MCS Client's state machine without a computer around it. Pure.

* It decides by the endpoint's own rules: cadence, back-off, reactions, access token, batches,
  settings under a policy, what is fetched of several assignments.
* A turn is a generator that yields calls and is sent their outcomes; between turns an agent is its
  attributes and one timer, `wake_at_s`.
* What a real client keeps on disk is memory here, but for what :mod:`utmlab.fleet.known` keeps.
* A policy is in force when it is stored: an agent has no adapters that could refuse it.

Provenance: mcs-protocol.md 1.4, 1.5, 1.6, 1.9 (public).
"""

import random
from collections.abc import Generator
from pathlib import Path
from urllib.parse import SplitResult

from endpoint.mcs_client.backoff import delay_s
from endpoint.mcs_client.cadence import Cadence
from endpoint.mcs_client.errors import LiveConnectUnreachableError, failure_class_of
from endpoint.mcs_client.outcome import Outcome
from endpoint.mcs_client.push_inbox import PushInbox
from endpoint.mcs_client.push_target import PushTarget, target_of
from endpoint.mcs_client.settings import Settings, settings_under
from foundation.errors import DomainError
from foundation.protocol.mcs_policy import McsPolicy, decode_mcs_policy
from foundation.protocol.push import PushEvent
from utmlab.fleet.behaviour import Behaviour
from utmlab.fleet.call import Call
from utmlab.fleet.commanded import CommandTurns
from utmlab.fleet.conversation import Conversation
from utmlab.fleet.known import Known
from utmlab.fleet.restlessness import Restlessness
from utmlab.fleet.surroundings import Surroundings
from utmlab.fleet.telling import Telling

Turn = Generator[Call, Outcome, None]
_GRAIN_S = 1e-6
_NOWHERE = Path()
_GOLDEN = 0.6180339887498949


class Agent:
    """One agent.

    Attributes:
        name: The computer's name.
        behaviour: How it behaves.
        wake_at_s: When its next turn is due, by the loop's clock.
        push: What it wants to listen to; None for nothing.
        is_push_wanted_now: A round ended: the channel is to be as `push` says.
        restless: When its connection is cut, and when it sleeps.
    """

    __slots__ = (
        "_around",
        "_cadence",
        "_commands",
        "_is_to_spread",
        "_polled_at_s",
        "_retry_at_s",
        "_rng",
        "_send_met_nobody",
        "_talk",
        "_telling",
        "behaviour",
        "inbox",
        "is_push_up",
        "is_push_wanted_now",
        "name",
        "number",
        "push",
        "restless",
        "settings",
        "wake_at_s",
    )

    def __init__(
        self,
        number: int,
        name: str,
        behaviour: Behaviour,
        around: Surroundings,
        *,
        rng: random.Random,
        known: Known | None,
        start_s: float,
        is_spread: bool,
    ) -> None:
        self.number, self.name, self.behaviour = number, name, behaviour
        self._around = around
        self._rng = rng
        self.settings = self._settings_of(McsPolicy())
        self._talk = Conversation(self.name, number, behaviour, around, known)
        self._telling = Telling(self.name, behaviour, around, rng, start_s)
        self._commands = CommandTurns(self._talk, self._telling, around, rng)
        self._commands.on_mcs_policy = self._follow
        if known is not None:
            self._telling.resume(known.policies)
            self._resume(known.mcs_policy)
        self._cadence = Cadence(start_s, self.settings.poll_interval_s)
        self._is_to_spread = is_spread
        self._retry_at_s = 0.0
        self._send_met_nobody = False
        self._polled_at_s = 0.0
        self.inbox = PushInbox()
        self.push: PushTarget | None = None
        self.is_push_up = False
        self.is_push_wanted_now = False
        self.restless = Restlessness(behaviour, rng, start_s)
        self.wake_at_s = start_s

    @property
    def server(self) -> SplitResult:
        """The server that it calls."""
        return self._around.server

    @property
    def is_registered(self) -> bool:
        """Whether it is an endpoint."""
        return self._talk.identity is not None

    @property
    def known(self) -> Known | None:
        """What a later run shall know; None before it is registered."""
        identity = self._talk.identity
        if identity is None:
            return None
        return Known(
            endpoint_id=identity.endpoint_id,
            password=identity.password.reveal(),
            policies=dict(self._telling.in_force),
            mcs_policy=self._commands.mcs_policy,
        )

    @property
    def is_failing(self) -> bool:
        """Whether its last round did not succeed."""
        return self._talk.failures > 0

    def is_cut(self, call: str) -> bool:
        """Draw whether the answer to a call is never read."""
        share = self.behaviour.fails.get(call, 0.0)
        return share > 0 and self._rng.random() < share

    def turn(self) -> Turn:
        """Do what is due: commands that came by push, a poll, statuses and events."""
        yield from self._work_pushed()
        if self._is_due(self._cadence.due_at_s) or self._is_due(self.inbox.poll_at_s):
            yield from self._poll()
        yield from self._send_due()
        self.wake_at_s = self._next_wake_s()

    def push_said(self, event: PushEvent) -> bool:
        """Take an event of the push channel; return whether there is something to do now."""
        return self.inbox.take_event(event, self._around.clock())

    def push_lost(self) -> None:
        """Take note that the channel, which was up, is lost: a poll is due."""
        self.is_push_up = False
        self.inbox.take_loss(self._polled_at_s, self._around.clock())
        asked = self.inbox.poll_at_s
        if asked is not None:
            self.wake_at_s = min(self.wake_at_s, asked)

    def _poll(self) -> Turn:
        clock, talk = self._around.clock, self._talk
        self.inbox.polled()
        self._polled_at_s = clock()
        failures_before = talk.failures
        try:
            yield from self._round()
        except DomainError as error:
            talk.note(error)
            talk.failures += 1
            interval_s = self.settings.poll_interval_s
            wait_s = delay_s(interval_s, failure_class_of(error), talk.failures, self._rng)
            # The cadence starts anew at the end of the back-off.
            self._cadence = Cadence(clock() + wait_s, interval_s)
            return
        if failures_before or self._send_met_nobody:
            self._retry_at_s, self._send_met_nobody = 0.0, False
        settings = self.settings
        interval_s = settings.push_fallback_poll_s if self.is_push_up else settings.poll_interval_s
        if self._is_to_spread:
            # Once: whatever order a fleet starts in, its polls are spread over the interval.
            self._is_to_spread = False
            self._cadence = Cadence(clock() + _phase(self.number) * interval_s, interval_s)
        else:
            self._cadence = self._cadence.after(clock(), interval_s)

    def _round(self) -> Turn:
        talk = self._talk
        yield from talk.greet()
        if talk.identity is None or talk.must_register:
            yield from self._register()
        self._commands.take((yield from talk.commands()))
        talk.failures = 0
        yield from self._commands.run()
        yield from talk.renew_access(self.settings.device_id)
        yield from talk.renew_flags(self.settings.flags_interval_s)
        self.push = target_of(self.settings, talk.access)
        self.is_push_wanted_now = True

    def _register(self) -> Turn:
        is_another = yield from self._talk.register()
        if is_another:
            self._commands.forget()
        self._telling.tell_again()

    def _work_pushed(self) -> Turn:
        documents = self.inbox.documents()
        if not documents:
            return
        before = self.settings
        for document in documents:
            try:
                if not (yield from self._commands.run_pushed(document)):
                    self.push, self.is_push_wanted_now = None, True
            except DomainError:
                self.inbox.take_loss(self._polled_at_s, self._around.clock())
                return
        if self._talk.failures or self.settings != before:
            self.inbox.ask_for_poll(self._around.clock())

    def _send_due(self) -> Turn:
        talk, telling = self._talk, self._telling
        if talk.identity is None or talk.failures or not self._is_due(self._retry_at_s):
            return
        now_s = self._around.clock()
        try:
            if self._is_due(telling.statuses_due_at_s(now_s)):
                yield from telling.send_statuses(talk, self.settings)
            if self._is_due(telling.events_due_at_s(now_s)):
                yield from telling.send_events(talk)
        except DomainError as error:
            talk.note(error)
            options = self._around.options
            now_s = self._around.clock()
            self._retry_at_s = now_s + options.retry_after_s(self.settings.poll_interval_s)
            self._send_met_nobody = isinstance(error, LiveConnectUnreachableError)

    def _next_wake_s(self) -> float:
        asked_at_s, poll_at_s = self.inbox.poll_at_s, self._cadence.due_at_s
        if asked_at_s is not None:
            poll_at_s = min(poll_at_s, asked_at_s)
        if self.inbox.has_documents:
            return self._around.clock()
        if self._talk.identity is None or self._talk.failures:
            return poll_at_s
        now_s = self._around.clock()
        telling = self._telling
        due = (telling.statuses_due_at_s(now_s), telling.events_due_at_s(now_s))
        sends = [max(at_s, self._retry_at_s) for at_s in due if at_s is not None]
        return min([poll_at_s, *sends])

    def _is_due(self, at_s: float | None) -> bool:
        return at_s is not None and self._around.clock() >= at_s - _GRAIN_S

    def _settings_of(self, policy: McsPolicy) -> Settings:
        return settings_under(
            policy,
            configured_servers=(self._around.url,),
            configured_token=self._around.token,
            override_s=self._around.options.poll_interval_s,
            ca=_NOWHERE,
        )

    def _follow(self, policy: McsPolicy) -> None:
        self.settings = self._settings_of(policy)

    def _resume(self, document: str) -> None:
        if document:
            self._commands.mcs_policy = document
            self._follow(decode_mcs_policy(document.encode()))


def _phase(number: int) -> float:
    """Return a share of an interval: even for any number of agents that count on."""
    return number * _GOLDEN % 1.0
