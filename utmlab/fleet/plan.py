"""What is wanted of a fleet. Pure.

- Everything that an agent does by chance follows from the seed and its number: the same plan has
  the same names, kinds and moments.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from utmlab.fleet.behaviour import KINDS, Behaviour, behaviour_from, kind_of

REQUEST_TIMEOUT_S = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The MCS server of a fleet: any, by its base URL, a registration token and its CA."""

    url: str
    token: str = field(repr=False)
    ca: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPlan:
    """One fleet, or one process's part of it.

    Attributes:
        server: Where the agents belong.
        agents: How many.
        first: The number of the first.
        start_rate: How many start in a second.
        mix: Kind to share.
        kinds: Kinds beside those that are built in.
        seed: Of everything that is left to chance.
        poll_interval_s: Overrides what policies say; None honours them.
        spread: Whether first polls are spread evenly over one poll interval once enrolled.
        identities: A file that keeps who the agents are over runs; each process has its part of
            it beside it.
        prefix: What computer names begin with.
        request_timeout_s: Limit of connecting and of waiting for an answer.
        span_s: In spans of what length the course of the run is told.
    """

    server: Server
    agents: int
    first: int = 0
    start_rate: float = 100.0
    mix: Mapping[str, float] = field(default_factory=lambda: {"steady": 1.0})
    kinds: Mapping[str, Behaviour] = field(default_factory=dict)
    seed: int = 1
    poll_interval_s: float | None = None
    spread: bool = True
    identities: Path | None = None
    prefix: str = "FLEET"
    request_timeout_s: float = REQUEST_TIMEOUT_S
    span_s: float = 1.0

    def name(self, number: int) -> str:
        """Return the computer name of an agent."""
        return f"{self.prefix}-{number:05}"

    def behaviour(self, number: int) -> Behaviour:
        """Return how an agent behaves."""
        kind = kind_of(self.mix, number, self.seed)
        return self.kinds[kind] if kind in self.kinds else KINDS[kind]

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON values, for another process of the same user."""
        record = asdict(self)
        record["server"]["ca"] = str(self.server.ca)
        record["identities"] = str(self.identities) if self.identities else None
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "FleetPlan":
        """Read what `as_record` gave."""
        server = Server(**{**record["server"], "ca": Path(record["server"]["ca"])})
        identities = Path(record["identities"]) if record["identities"] else None
        kinds = {name: behaviour_from(one) for name, one in record["kinds"].items()}
        return cls(**{**record, "server": server, "identities": identities, "kinds": kinds})


def parted(plan: FleetPlan, processes: int) -> list[FleetPlan]:
    """Return the parts of a plan, one for each process, as even as they can be."""
    whole, more = divmod(plan.agents, processes)
    parts, first = [], plan.first
    for index in range(processes):
        count = whole + (index < more)
        start_rate = plan.start_rate / processes
        parts.append(replace(plan, agents=count, first=first, start_rate=start_rate))
        first += count
    return [part for part in parts if part.agents]
