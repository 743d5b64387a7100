"""The agents of one process.

- Who the agents are is kept in a file, written now and then and when the fleet stops: the next run
  goes on. What a killed run did not write is found again by the name of the attempt to register.
- One watch looks over all answers that are awaited, and over all push channels.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Final
from urllib.parse import SplitResult

from endpoint.mcs_client.errors import ServerCaUnusableError
from endpoint.mcs_client.options import McsClientOptions
from foundation.net.tls import client_context
from foundation.service import Service, Tasks
from utmlab.fleet.agent import Agent
from utmlab.fleet.answers import Heads
from utmlab.fleet.carrier import Carrier
from utmlab.fleet.connecting import Connector, ProtocolT
from utmlab.fleet.known import fleet_secret, read_known, write_known
from utmlab.fleet.plan import FleetPlan
from utmlab.fleet.surroundings import Surroundings
from utmlab.fleet.tally import Tally

WATCH_S: Final = 5.0
KEEP_S: Final = 30.0


class Fleet(Service):
    """The agents of one process.

    Args:
        plan: What is wanted.
        now: The clock.

    Attributes:
        tally: What they did.
        in_flight: Who awaits an answer, the oldest first.
        listeners: Who has a push channel.
        heads: The heads of answers that were read before.
        loop: The loop they run on, once they were started.
    """

    loop: asyncio.AbstractEventLoop

    def __init__(self, plan: FleetPlan, *, now: Callable[[], datetime]) -> None:
        self.plan = plan
        self.tally = Tally(span_s=plan.span_s)
        self.in_flight: dict[Carrier, None] = {}
        self.listeners: dict[Carrier, None] = {}
        self.heads = Heads()
        self._carriers: list[Carrier] = []
        self._now = now
        self._tasks = Tasks()
        self._connector: Connector

    async def start(self) -> None:
        """Begin to start agents, at the wanted rate.

        Raises:
            ServerCaUnusableError: If the CA file cannot be used.
            IdentitiesDamagedError: If the identities cannot be read.
        """
        plan, self.loop = self.plan, asyncio.get_running_loop()
        try:
            context = client_context(ca=plan.server.ca, now=self._now)
        except OSError as error:
            raise ServerCaUnusableError(f"{plan.server.ca} cannot be used: {error}") from error
        self._connector = Connector(context, plan.request_timeout_s, self._connected)
        self._carriers = [Carrier(agent, self) for agent in self._agents()]
        for carrier in self._carriers:
            carrier.start()
        self._tasks.start(self._watch(), name="fleet watch")
        if plan.identities is not None:
            self._tasks.start(self._keep(), name="fleet identities")

    async def stop(self) -> None:
        """Stop every agent and keep who they are."""
        for carrier in self._carriers:
            carrier.stop()
        await self._tasks.close()
        self._write()

    def snapshot(self) -> Tally:
        """Return the numbers up to now, with what the agents are."""
        states = self.tally.states
        states.clear()
        for carrier in self._carriers:
            states["enrolled"] += carrier.agent.is_registered
            states["connected"] += carrier.is_connected
            states["listening"] += carrier.agent.is_push_up
            states["failing"] += carrier.agent.is_failing
        return self.tally

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Run what an agent has to wait for: a connection."""
        self._tasks.start(work, name="fleet connection")

    async def connect(
        self, protocol: Callable[[], ProtocolT], number: int, server: SplitResult
    ) -> ProtocolT:
        """Return a connected protocol.

        Raises:
            OSError: There is no connection.
        """
        return await self._connector.connect(protocol, number, server)

    def _connected(self, took_s: float) -> None:
        self.tally.timed("connect", took_s)

    def _agents(self) -> list[Agent]:
        plan, began_s = self.plan, self.loop.time()
        known = read_known(plan.identities) if plan.identities else {}
        around = Surroundings(
            url=plan.server.url,
            token=plan.server.token,
            options=McsClientOptions(
                poll_interval_s=plan.poll_interval_s, request_timeout_s=plan.request_timeout_s
            ),
            secret=fleet_secret(plan.identities),
            now=self._now,
            clock=self.loop.time,
            tally=self.tally,
        )
        agents = []
        for place in range(plan.agents):
            number = plan.first + place
            rng = random.Random(f"{plan.seed} agent {number}")
            agents.append(
                Agent(
                    number,
                    plan.name(number),
                    plan.behaviour(number),
                    around,
                    rng=rng,
                    known=known.get(plan.name(number)),
                    start_s=began_s + (place + rng.random()) / plan.start_rate,
                    is_spread=plan.spread,
                )
            )
        return agents

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S)
            now_s = self.loop.time()
            before_s = now_s - self.plan.request_timeout_s
            while self.in_flight and (oldest := next(iter(self.in_flight))).sent_at_s < before_s:
                oldest.time_out()
            for carrier in tuple(self.listeners):
                carrier.push_silent(now_s)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(KEEP_S)
            self._write()

    def _write(self) -> None:
        path = self.plan.identities
        if path is None:
            return
        agents = (carrier.agent for carrier in self._carriers)
        known = {agent.name: one for agent in agents if (one := agent.known) is not None}
        write_known(path, self.plan.first, known)
