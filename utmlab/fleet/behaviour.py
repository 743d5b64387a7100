"""How the endpoints of a fleet behave: kinds with shares, and what each kind does. Pure.

- A mix is a map of kinds to shares; which agent is of which kind follows from the seed alone.
- Rates of failure are per step: a share of requests is sent in a way that fails.

Provenance: ours.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from endpoint.mcs_client.computer import PRODUCT_VERSION
from foundation.errors import DomainError


class UnknownMixError(DomainError):
    """There is no mix, or no kind of endpoint, of this name."""

    code: ClassVar[str] = "unknown_mix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What endpoints of a kind do.

    Attributes:
        version: The product version that they show.
        events_per_hour: Web events that each reports.
        awake_s: How long it runs before it sleeps; 0 never sleeps.
        asleep_s: How long it sleeps then, without a connection.
        fails: Step (`poll`, `ack`, `policy`, `statuses`, `events`) to the share of requests before
            which its connection is lost.
        wrong_password: Whether it shows a wrong password once it is enrolled.
        says_diff: Whether it reports every policy as not in force.
    """

    version: str = PRODUCT_VERSION
    events_per_hour: float = 0.0
    awake_s: float = 0.0
    asleep_s: float = 0.0
    fails: Mapping[str, float] = field(default_factory=dict)
    wrong_password: bool = False
    says_diff: bool = False


KINDS: Final[Mapping[str, Behaviour]] = {
    "steady": Behaviour(),
    "browsing": Behaviour(events_per_hour=60.0),
    "laptop": Behaviour(awake_s=600.0, asleep_s=300.0, events_per_hour=30.0),
    "flapping": Behaviour(fails={"poll": 0.1, "ack": 0.1, "policy": 0.1, "statuses": 0.1}),
    "old": Behaviour(version="4.10.0.0"),
    "stranger": Behaviour(wrong_password=True),
    "stubborn": Behaviour(says_diff=True),
}
MIXES: Final[Mapping[str, Mapping[str, float]]] = {
    "steady": {"steady": 1.0},
    "office": {"steady": 0.5, "browsing": 0.35, "laptop": 0.1, "old": 0.05},
    "trouble": {"steady": 0.6, "flapping": 0.25, "stubborn": 0.1, "stranger": 0.05},
}


def read_mix(text: str) -> dict[str, float]:
    """Return the shares of a mix: its name, or `kind=share,kind=share`.

    Raises:
        UnknownMixError: If it names what is not there, or its shares are no numbers above 0.
    """
    if text in MIXES:
        return dict(MIXES[text])
    shares: dict[str, float] = {}
    for part in text.split(","):
        kind, equals, share = part.partition("=")
        try:
            number = float(share) if equals else 0.0
        except ValueError:
            number = 0.0
        if kind.strip() not in KINDS or not 0 < number < float("inf"):
            known = f"mixes: {', '.join(MIXES)}; kinds: {', '.join(KINDS)}"
            raise UnknownMixError(f"{part!r} is no part of a mix ({known})")
        shares[kind.strip()] = number
    return shares


def kind_of(mix: Mapping[str, float], number: int, seed: int) -> str:
    """Return the kind of the agent of this number, the same for the same seed."""
    kinds = sorted(mix)
    rng = random.Random(f"{seed} kind {number}")
    return rng.choices(kinds, [mix[kind] for kind in kinds])[0]
