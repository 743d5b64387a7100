"""How the endpoints of a fleet behave: kinds with shares, and what each kind does. Pure.

- A mix is a map of kinds to shares; which agent is of which kind follows from the seed alone.
- Rates of failure are per step: of a share of requests the answer is never read, because the
  connection is cut first.
- A file of kinds of one's own is TOML, a table `[kind.NAME]` each with `share` and what differs.

Provenance: ours.
"""

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Final

from endpoint.mcs_client.computer import PRODUCT_VERSION
from foundation.errors import DomainError


class UnknownMixError(DomainError):
    """There is no mix, or no kind of endpoint, of this name."""

    code: ClassVar[str] = "unknown_mix"
    hint: ClassVar[str] = "docs/how-to/fleet.md has the mixes, the kinds and the form of a file."


CALLS: Final = (
    "capabilities",
    "register",
    "poll",
    "ack",
    "policy",
    "fragment",
    "authenticate",
    "flags",
    "statuses",
    "events",
    "response",
)
"""The calls of an agent, by the names that failures and latencies go by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What endpoints of a kind do.

    Attributes:
        version: The product version that they show.
        events_per_hour: Web events that each reports.
        awake_s: About how long it runs before it sleeps; 0 never sleeps.
        asleep_s: About how long it sleeps then, without a connection.
        flaps_s: About how often its connection is cut between requests; 0 never.
        reads_after_s: How long it leaves each answer unread.
        fails: Call (`poll`, `ack`, `policy`, `statuses`, `events`, ...) to the share of requests
            whose answer is never read, because the connection is cut.
        wrong_password: Whether it shows a wrong password once it is enrolled, as after an old image
            of its disk was put back.
        wrong_token: Whether it tries to enrol with a token that no UTM gave out.
        says_diff: Whether it reports every policy as not in force.
    """

    version: str = PRODUCT_VERSION
    events_per_hour: float = 0.0
    awake_s: float = 0.0
    asleep_s: float = 0.0
    flaps_s: float = 0.0
    reads_after_s: float = 0.0
    fails: Mapping[str, float] = field(default_factory=dict)
    wrong_password: bool = False
    wrong_token: bool = False
    says_diff: bool = False

    def __post_init__(self) -> None:
        numbers = (self.events_per_hour, self.awake_s, self.asleep_s, self.flaps_s)
        if min(*numbers, self.reads_after_s) < 0:
            raise UnknownMixError("a kind of endpoint has no number below 0")
        if self.awake_s and not self.asleep_s:
            raise UnknownMixError("a kind with awake_s needs asleep_s")
        for call, share in self.fails.items():
            if call not in CALLS or not 0 <= share <= 1:
                raise UnknownMixError(f"no share {share} of {call!r} can fail")


KINDS: Final[Mapping[str, Behaviour]] = {
    "steady": Behaviour(),
    "browsing": Behaviour(events_per_hour=60.0),
    "laptop": Behaviour(awake_s=600.0, asleep_s=300.0, events_per_hour=30.0),
    "flapping": Behaviour(fails={"poll": 0.1, "ack": 0.1, "policy": 0.1, "statuses": 0.1}),
    "old": Behaviour(version="4.10.0.0"),
    "wireless": Behaviour(flaps_s=120.0, events_per_hour=30.0),
    "slow": Behaviour(reads_after_s=2.0),
    "stranger": Behaviour(wrong_password=True),
    "stray": Behaviour(wrong_token=True),
    "stubborn": Behaviour(says_diff=True),
}
MIXES: Final[Mapping[str, Mapping[str, float]]] = {
    "steady": {"steady": 1.0},
    "office": {"steady": 0.5, "browsing": 0.35, "laptop": 0.1, "old": 0.05},
    "trouble": {
        "steady": 0.5,
        "flapping": 0.2,
        "wireless": 0.1,
        "slow": 0.05,
        "stubborn": 0.05,
        "stranger": 0.05,
        "stray": 0.05,
    },
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


def read_kinds(path: Path) -> tuple[dict[str, float], dict[str, Behaviour]]:
    """Return the shares and the kinds that a file describes.

    Raises:
        UnknownMixError: If it cannot be read, or describes what cannot be.
    """
    try:
        tables = tomllib.loads(path.read_text())["kind"]
        shares = {name: float(table.pop("share", 1.0)) for name, table in tables.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnknownMixError(f"{path} is no file of kinds: {error!r}") from error
    if not shares or not all(0 < share < float("inf") for share in shares.values()):
        raise UnknownMixError(f"{path}: every kind needs a share above 0")
    return shares, {name: behaviour_from(table) for name, table in tables.items()}


def behaviour_from(record: Mapping[str, Any]) -> Behaviour:
    """Make a behaviour of what a file or a plan says.

    Raises:
        UnknownMixError: If it has a name or a type that a behaviour has not.
    """
    usual = Behaviour()
    known = {one.name: getattr(usual, one.name) for one in fields(Behaviour)}
    for name, value in record.items():
        wanted = (int, float) if isinstance(known.get(name), float) else type(known.get(name))
        if name not in known or not isinstance(value, wanted):
            raise UnknownMixError(f"a kind of endpoint cannot have {name} = {value!r}")
    return Behaviour(**record)


def kind_of(mix: Mapping[str, float], number: int, seed: int) -> str:
    """Return the kind of the agent of this number, the same for the same seed."""
    kinds = sorted(mix)
    rng = random.Random(f"{seed} kind {number}")
    return rng.choices(kinds, [mix[kind] for kind in kinds])[0]
