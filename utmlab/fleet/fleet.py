"""The agents of one process.

- One TLS context, one CA; source addresses 127.0.0.2, .3, … where the server is on loopback, so
  that the ports of one address are not the limit.
- Who the agents are is kept in a file, written when the fleet stops: the next run goes on.
"""

import asyncio
import ipaddress
import json
import random
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from endpoint.mcs_client.errors import ServerCaUnusableError
from foundation.durable.files import write_secret
from foundation.errors import DomainError
from foundation.net.tls import client_context
from foundation.service import Service, Tasks
from utmlab.fleet.agent import Agent, Identity
from utmlab.fleet.behaviour import KINDS, kind_of
from utmlab.fleet.plan import FleetPlan
from utmlab.fleet.tally import Tally
from utmlab.fleet.wire import AGENTS_PER_ADDRESS, Address, Wire

VERSION = 1


class IdentitiesDamagedError(DomainError):
    """The file of a fleet's identities cannot be read."""

    code: ClassVar[str] = "identities_damaged"
    hint: ClassVar[str] = "Name another file, or remove it: the agents enrol anew then."


class Fleet(Service):
    """The agents of one process.

    Args:
        plan: What is wanted.
        now: The clock.
    """

    def __init__(self, plan: FleetPlan, *, now: Callable[[], datetime]) -> None:
        self.plan = plan
        self.tally = Tally()
        self.agents: list[Agent] = []
        self._now = now
        self._tasks = Tasks()

    async def start(self) -> None:
        """Begin to start agents, at the wanted rate.

        Raises:
            ServerCaUnusableError: If the CA file cannot be used.
            IdentitiesDamagedError: If the identities cannot be read.
        """
        plan = self.plan
        try:
            context = client_context(ca=plan.server.ca, now=self._now)
        except OSError as error:
            raise ServerCaUnusableError(f"{plan.server.ca} cannot be used: {error}") from error
        address = Address.of(plan.server.url)
        known = read_identities(plan.identities) if plan.identities else {}
        has_loopback = _is_loopback(address.host)
        for place in range(plan.agents):
            number = plan.first + place
            source = f"127.0.0.{2 + number // AGENTS_PER_ADDRESS}" if has_loopback else ""
            name = plan.name(number)
            self.agents.append(
                Agent(
                    name,
                    KINDS[kind_of(plan.mix, number, plan.seed)],
                    token=plan.server.token,
                    wires=lambda source=source: Wire(address, context, source),  # type: ignore[misc]
                    tally=self.tally,
                    now=self._now,
                    rng=random.Random(f"{plan.seed} agent {number}"),
                    poll_interval_s=plan.poll_interval_s,
                    identity=known.get(name),
                )
            )
        self._tasks.start(self._start_agents(), name="fleet start")

    async def stop(self) -> None:
        """Stop every agent and keep who they are."""
        await self._tasks.close()
        if self.plan.identities is not None:
            write_identities(self.plan.identities, self.agents)

    def snapshot(self) -> Tally:
        """Return the numbers up to now, with what the agents are."""
        states = self.tally.states
        states.clear()
        for agent in self.agents:
            states["enrolled"] += agent.identity is not None
            states["listening"] += agent.is_listening
            states["failing"] += agent.is_failing
        return self.tally

    async def _start_agents(self) -> None:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        for started, agent in enumerate(self.agents):
            wait_s = began_s + started / self.plan.start_rate - loop.time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            self._tasks.start(agent.run(spread=self.plan.spread), name=agent.name)


def read_identities(path: Path) -> dict[str, Identity]:
    """Return who agents were, by computer name; nobody when there is no file.

    Raises:
        IdentitiesDamagedError: If it is no file of a fleet.
    """
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text())
        if content["version"] != VERSION:
            raise ValueError(f"version {content['version']!r}")
        return {name: Identity(*pair) for name, pair in content["agents"].items()}
    except (ValueError, KeyError, TypeError) as error:
        raise IdentitiesDamagedError(f"{path} cannot be read: {error!r}") from error


def write_identities(path: Path, agents: list[Agent]) -> None:
    """Keep who agents are; the file holds passwords and is its owner's."""
    known = {
        agent.name: [agent.identity.endpoint_id, agent.identity.password]
        for agent in agents
        if agent.identity is not None
    }
    write_secret(path, json.dumps({"version": VERSION, "agents": known}).encode())


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host) in ipaddress.ip_network("127.0.0.0/8")
    with suppress(OSError):
        return ipaddress.ip_address(socket.gethostbyname(host)).is_loopback
    return False
