"""One endpoint of a fleet: the MCS Client's rules, with its memory in place of folders.

- The order of a round, the cadence, the back-off, what each status code does, when an access token
  is asked for and how policies are acknowledged before they are fetched are the endpoint house's
  own: `cadence`, `backoff`, `reactions`, `access`, `cookies` of the MCS Client.
- An empty command list is recognised by its bytes, without reading it.
- It has no disk: what a real client keeps over a restart is its identity, which the fleet keeps.

Provenance: mcs-protocol 1.2 to 1.9 (public).
"""

import asyncio
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from endpoint.mcs_client.access import Access
from endpoint.mcs_client.backoff import delay_s
from endpoint.mcs_client.cadence import Cadence
from endpoint.mcs_client.computer import Computer, describe
from endpoint.mcs_client.outcome import Outcome
from endpoint.mcs_client.reactions import FailureClass, reaction_to
from foundation.errors import DomainError
from foundation.protocol import paths
from foundation.protocol.authorization import (
    EndpointCredentials,
    RegistrationCredentials,
    decode_registration_answer,
    encode_basic,
)
from foundation.protocol.commands import (
    Command,
    PolicyAssignment,
    PolicyFragments,
    decode_commands,
    encode_commands,
    read_apps_proxy_body,
)
from foundation.protocol.mcs_policy import LONGEST_INTERVAL_S, McsPolicy, decode_mcs_policy
from foundation.protocol.names import APPSPROXY, MCS, POLICY_TYPES, REGISTERED_APPS
from foundation.protocol.policies import read_compliance
from foundation.protocol.statuses import (
    AdapterStatus,
    Status,
    encode_adapter_status,
    encode_statuses,
)
from foundation.protocol.timestamps import DEFAULT_TTL_S
from foundation.redact import Secret
from utmlab.fleet.activity import browsing
from utmlab.fleet.behaviour import Behaviour
from utmlab.fleet.exchange import CallFailedError, Exchange
from utmlab.fleet.listening import PushListener
from utmlab.fleet.tally import Tally
from utmlab.fleet.wire import Wire

NOTHING: Final = encode_commands(())
_GRAIN_S: Final = 1e-6


@dataclass(slots=True)
class Identity:
    """Who an agent is, once it is enrolled."""

    endpoint_id: str
    password: str = field(repr=False)


class Agent:
    """One endpoint.

    Args:
        name: Its computer name.
        behaviour: How it behaves.
        token: What it enrols with.
        wires: Makes a connection.
        tally: Where its requests are counted.
        now: The wall clock.
        rng: Everything that it leaves to chance.
        poll_interval_s: Overrides the policy's interval.
        identity: Who it was in an earlier run.
    """

    __slots__ = (
        "_access",
        "_began_s",
        "_behaviour",
        "_exchange",
        "_failures",
        "_must_register",
        "_next_event_s",
        "_now",
        "_override_s",
        "_policy",
        "_polling",
        "_push",
        "_revisions",
        "_rng",
        "_tally",
        "_to_report",
        "_token",
        "_wake",
        "has_flags",
        "identity",
        "name",
    )

    def __init__(
        self,
        name: str,
        behaviour: Behaviour,
        *,
        token: str,
        wires: Callable[[], Wire],
        tally: Tally,
        now: Callable[[], datetime],
        rng: random.Random,
        poll_interval_s: float | None = None,
        identity: Identity | None = None,
    ) -> None:
        self.name = name
        self.identity = identity
        self.has_flags = False
        self._behaviour = behaviour
        self._token = token
        self._exchange = Exchange(
            wires(), tally, version=behaviour.version, fails=behaviour.fails, rng=rng
        )
        self._tally = tally
        self._now = now
        self._rng = rng
        self._override_s = poll_interval_s
        self._access = Access()
        self._policy = McsPolicy()
        self._revisions: dict[str, str] = {}
        self._to_report: set[str] = set()
        self._failures = 0
        self._must_register = False
        self._wake = asyncio.Event()
        self._push = PushListener(wires, self._wake.set)
        self._began_s = 0.0
        self._next_event_s = 0.0
        self._polling = b""

    @property
    def interval_s(self) -> float:
        """The poll interval in force."""
        if self._override_s is not None:
            return self._override_s
        policy = self._policy
        if self._push.is_up:
            return policy.effective_push_fallback_poll_s
        return policy.effective_poll_interval_s

    @property
    def is_listening(self) -> bool:
        """Whether its push channel is up."""
        return self._push.is_up

    @property
    def is_failing(self) -> bool:
        """Whether its last round did not succeed."""
        return self._failures > 0

    async def run(self, *, spread: bool) -> None:
        """Live until cancelled.

        Args:
            spread: Whether polls begin at a moment of their own within the first interval.
        """
        loop = asyncio.get_running_loop()
        self._began_s = loop.time()
        self._plan_event()
        cadence = Cadence(loop.time(), self.interval_s)
        is_first = True
        try:
            while True:
                cadence = await self._round(cadence)
                if is_first and spread and not self._failures:
                    phase_s = self._rng.random() * self.interval_s
                    cadence = Cadence(loop.time() + phase_s, self.interval_s)
                is_first = False
                await self._rest(cadence.due_at_s)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of both connections."""
        self._push.close()
        self._exchange.close()

    async def _rest(self, until_s: float) -> None:
        """Wait for the next poll, a wake-up or an event to report; a laptop may sleep longer."""
        loop = asyncio.get_running_loop()
        behaviour = self._behaviour
        if behaviour.awake_s and loop.time() - self._began_s > behaviour.awake_s:
            self.close()
            await asyncio.sleep(behaviour.asleep_s)
            self._began_s = loop.time()
            return
        while (now_s := loop.time()) < until_s - _GRAIN_S and not self._wake.is_set():
            if self._next_event_s and now_s >= self._next_event_s and not self._failures:
                await self._report_event()
                self._plan_event()
            soonest_s = min(until_s, self._next_event_s or until_s)
            try:
                async with asyncio.timeout_at(max(soonest_s, now_s)):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _round(self, cadence: Cadence) -> Cadence:
        loop = asyncio.get_running_loop()
        self._wake.clear()
        try:
            await self._work()
        except CallFailedError as error:
            return Cadence(loop.time() + self._back_off(error.outcome), self.interval_s)
        self._failures = 0
        return cadence.after(loop.time(), self.interval_s)

    def _back_off(self, outcome: Outcome) -> float:
        reaction = reaction_to(outcome)
        self._failures += 1
        self._must_register = self._must_register or reaction.re_register
        failure = reaction.failure or FailureClass.TRANSIENT
        return delay_s(self.interval_s, failure, self._failures, self._rng)

    async def _work(self) -> None:
        if self.identity is None or self._must_register:
            await self._register()
        elif not self._polling:
            self._become(self.identity)
        answer = await self._exchange.send("poll", self._polling)
        if answer.body != NOTHING:
            for command in _commands(answer.body):
                await self._carry_out(command)
        await self._report_statuses()
        await self._authenticate()
        if not self.has_flags:
            path = paths.flags(self._who.endpoint_id)
            await self._exchange.call("flags", "GET", path)
            self.has_flags = True
        await self._push.ensure(self._policy, self._access)

    @property
    def _who(self) -> Identity:
        assert self.identity is not None  # noqa: S101 - a round begins with an identity
        return self.identity

    async def _register(self) -> None:
        former = self.identity or Identity("", "")
        credentials = RegistrationCredentials(
            former.endpoint_id, Secret(former.password), self._token
        )
        self._exchange.forget_cookies()
        self._exchange.authorize(encode_basic(credentials))
        status = describe(Computer(name=self.name), self._now()).encode()
        answer = await self._exchange.call("register", "POST", paths.register(), status)
        given = decode_registration_answer(answer.body)
        self.identity = Identity(given.endpoint_id, given.password.reveal())
        self._must_register = False
        self._access.forget()
        self._to_report |= set(self._revisions)
        self._become(self.identity)

    def _become(self, identity: Identity) -> None:
        shown = "wrong" if self._behaviour.wrong_password else identity.password
        credentials = EndpointCredentials(identity.endpoint_id, Secret(shown))
        self._exchange.authorize(encode_basic(credentials))
        self._polling = self._exchange.head(
            "GET", paths.commands(REGISTERED_APPS, identity.endpoint_id)
        )

    async def _carry_out(self, command: Command) -> None:
        path = paths.command_ack(self._who.endpoint_id, [command.id])
        await self._exchange.call("ack", "DELETE", path)
        if command.app_id != APPSPROXY:
            return
        try:
            assigned = read_apps_proxy_body(command.body)
        except DomainError:
            return
        for each in assigned:
            await self._fetch(each)

    async def _fetch(self, assigned: PolicyAssignment | PolicyFragments) -> None:
        app_id = assigned.app_id
        if isinstance(assigned, PolicyAssignment):
            path = paths.policy(app_id, assigned.policy_id)
            body = (await self._exchange.call("policy", "GET", path)).body
        else:
            pieces = [
                (
                    await self._exchange.call("fragment", "GET", paths.policy_fragment(app_id, one))
                ).body
                for _, one in assigned.fragments
            ]
            body = b"".join(pieces)
        self._apply(app_id, body)

    def _apply(self, app_id: str, body: bytes) -> None:
        try:
            revision = read_compliance(body).rev_id
            if app_id == MCS:
                self._policy = decode_mcs_policy(body)
                self._token = self._policy.registration_token or self._token
        except DomainError:
            return
        self._revisions[app_id] = revision
        self._to_report.add(app_id)
        self._tally.in_force(revision, self._now().timestamp())

    async def _report_statuses(self) -> None:
        if not self._to_report:
            return
        at = self._now()
        document = encode_statuses(self._status_of(app, at) for app in sorted(self._to_report))
        path = paths.statuses(self._who.endpoint_id)
        await self._exchange.call("statuses", "PUT", path, document)
        self._to_report.clear()

    def _status_of(self, app_id: str, at: datetime) -> Status:
        revision, is_stubborn = self._revisions[app_id], self._behaviour.says_diff
        status = AdapterStatus(
            app_id,
            POLICY_TYPES.get(app_id, 0),
            "Diff" if is_stubborn else "Same",
            revision[::-1] if is_stubborn else revision,
        )
        return Status(app_id, at, DEFAULT_TTL_S, encode_adapter_status(status))

    async def _authenticate(self) -> None:
        loop = asyncio.get_running_loop()
        if not self._access.is_wanted(self._policy.device_id, loop.time()):
            return
        path = paths.authenticate(self._who.endpoint_id)
        answer = await self._exchange.call("authenticate", "POST", path)
        self._access.take(answer.body, loop.time())

    def _plan_event(self) -> None:
        rate = self._behaviour.events_per_hour
        if rate:
            wait_s = min(self._rng.expovariate(rate / 3600), LONGEST_INTERVAL_S)
            self._next_event_s = asyncio.get_running_loop().time() + wait_s

    async def _report_event(self) -> None:
        document = browsing(self.name, self._now(), self._rng)
        path = paths.events(self._who.endpoint_id)
        try:
            await self._exchange.call("events", "POST", path, document)
        except CallFailedError:
            return  # it is lost with the agent's memory; the next round meets the same trouble
        self._tally.events += 1


def _commands(body: bytes) -> Iterable[Command]:
    try:
        return decode_commands(body)
    except DomainError:
        return ()  # the same commands come back at the next poll
