"""What is wanted of a fleet. Pure.

- Everything that an agent does by chance follows from the seed and its number: the same plan has
  the same names, kinds and moments.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

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
        seed: Of everything that is left to chance.
        poll_interval_s: Overrides what policies say; None honours them.
        spread: Whether first polls are spread evenly over one poll interval once enrolled.
        identities: A file that keeps who the agents are over runs.
        prefix: What computer names begin with.
    """

    server: Server
    agents: int
    first: int = 0
    start_rate: float = 100.0
    mix: Mapping[str, float] = field(default_factory=lambda: {"steady": 1.0})
    seed: int = 1
    poll_interval_s: float | None = None
    spread: bool = True
    identities: Path | None = None
    prefix: str = "FLEET"

    def name(self, number: int) -> str:
        """Return the computer name of an agent."""
        return f"{self.prefix}-{number:05}"

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
        return cls(**{**record, "server": server, "identities": identities})


def parted(plan: FleetPlan, processes: int) -> list[FleetPlan]:
    """Return the parts of a plan, one for each process, as even as they can be."""
    whole, more = divmod(plan.agents, processes)
    parts, first = [], plan.first
    for index in range(processes):
        count = whole + (index < more)
        identities = (
            plan.identities.with_name(f"{plan.identities.name}.{index}")
            if plan.identities is not None
            else None
        )
        values = {
            **{key: getattr(plan, key) for key in plan.__dataclass_fields__},
            "agents": count,
            "first": first,
            "start_rate": plan.start_rate / processes,
            "identities": identities,
        }
        parts.append(FleetPlan(**values))
        first += count
    return [part for part in parts if part.agents]
