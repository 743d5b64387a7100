"""One fault: a hop, an effect with its value, whom it meets and how often. Pure.

- An effect is written `name` or `name=value`; each hop has its own, and a value is of one kind.
- A fault meets requests of every call, endpoint and tenant unless it names some.

Provenance: the effects are those that mcs-protocol 5 asks of a test server; the names are ours.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Final

from foundation.errors import DomainError


class Hop(StrEnum):
    """Where a fault happens."""

    MCS = "mcs"
    LINK = "link"
    PUSH = "push"
    CONTENT = "content"
    DISK = "disk"
    SPOOL = "spool"
    CLOCK = "clock"


class FaultRefusedError(DomainError):
    """A fault that cannot happen as it is written."""

    code: ClassVar[str] = "fault_refused"
    hint: ClassVar[str] = "`utmlab fault effects` lists hops and effects."


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom a fault meets: empty means everybody.

    Attributes:
        calls: Names of calls, such as poll or register.
        endpoints: Endpoint ids.
        tenant: A UTM's id.
    """

    calls: frozenset[str] = frozenset()
    endpoints: frozenset[str] = frozenset()
    tenant: str = ""

    def meets(self, call: str, endpoint: str, tenant: str) -> bool:
        """Tell whether a request is met."""
        return (
            (not self.calls or call in self.calls)
            and (not self.endpoints or endpoint in self.endpoints)
            and (not self.tenant or tenant == self.tenant)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault.

    Attributes:
        hop: Where.
        effect: What happens.
        value: A number that goes with it (a status, seconds); 0 where none does.
        variant: A word that goes with it, such as `register` with status 401.
        target: Whom it meets.
        times: How often it happens; None until it is cleared.
        probability: With which chance each request that is met is concerned.
        seed: Of that chance.
    """

    hop: Hop
    effect: str
    value: float = 0.0
    variant: str = ""
    target: Target = field(default_factory=Target)
    times: int | None = None
    probability: float = 1.0
    seed: int = 1

    def __post_init__(self) -> None:
        if self.effect not in EFFECTS[self.hop]:
            known = ", ".join(EFFECTS[self.hop])
            raise FaultRefusedError(f"{self.hop} has no effect {self.effect!r}, only: {known}")
        if not 0 < self.probability <= 1:
            raise FaultRefusedError(
                f"a probability is above 0 and at most 1, not {self.probability}"
            )
        if self.times is not None and self.times < 1:
            raise FaultRefusedError(f"a fault happens at least once, not {self.times} times")

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON values."""
        record = asdict(self)
        record["target"] = {
            "calls": sorted(self.target.calls),
            "endpoints": sorted(self.target.endpoints),
            "tenant": self.target.tenant,
        }
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Fault":
        """Read what `as_record` gave.

        Raises:
            FaultRefusedError: If it is no fault.
        """
        try:
            target = record["target"]
            return cls(
                **{
                    **record,
                    "hop": Hop(record["hop"]),
                    "target": Target(
                        calls=frozenset(target["calls"]),
                        endpoints=frozenset(target["endpoints"]),
                        tenant=target["tenant"],
                    ),
                }
            )
        except (KeyError, TypeError, ValueError) as error:
            raise FaultRefusedError(f"no fault: {error!r}") from error


_Read = Callable[[str], tuple[float, str]]


def _nothing(text: str) -> tuple[float, str]:
    if text:
        raise ValueError("it takes no value")
    return 0.0, ""


def _seconds(text: str) -> tuple[float, str]:
    seconds = float(text)
    if not -1e9 < seconds < 1e9:
        raise ValueError("no number of seconds")
    return seconds, ""


def _status(text: str) -> tuple[float, str]:
    number, _, variant = text.partition("-")
    if not (number.isdecimal() and 200 <= int(number) <= 599):
        raise ValueError("it takes a status from 200 to 599")
    if variant and variant != "register" and not variant.isdecimal():
        raise ValueError("after the status: register, or the seconds of Retry-After")
    return float(number), variant


_HTTP: Final[Mapping[str, tuple[_Read, str]]] = {
    "status": (_status, "answers with this status: 503, 401-register, 429-60 (Retry-After)"),
    "delay": (_seconds, "answers so many seconds later"),
    "empty": (_nothing, "answers 200 with nothing"),
    "garbage": (_nothing, "answers 200 with bytes that mean nothing"),
    "truncated": (_nothing, "ends the connection in the middle of the answer"),
    "slow": (_seconds, "takes so many seconds for the bytes of the answer"),
    "hang": (_nothing, "does not answer until the fault is cleared"),
    "reset": (_nothing, "ends the connection instead of answering"),
    "lost": (_nothing, "does what was asked for and ends the connection instead of answering"),
    "portal": (_nothing, "redirects to a page to log in at, as a captive portal does"),
}
EFFECTS: Final[Mapping[Hop, Mapping[str, tuple[_Read, str]]]] = {
    Hop.MCS: {
        **_HTTP,
        "stale_cookie": (_nothing, "sets a cookie, and has who sends it back register again"),
        "jwt_bare": (_nothing, "gives access tokens that name no device and no tenant"),
        "jwt_short": (_seconds, "gives access tokens that expire in so many seconds"),
    },
    Hop.LINK: _HTTP,
    Hop.PUSH: {
        **_HTTP,
        "silence": (_nothing, "sends nothing over a stream, not even pings"),
        "pings": (_seconds, "pings a stream after so many seconds of silence, looking each second"),
        "drop": (_seconds, "ends a stream so many seconds after it began"),
    },
    Hop.CONTENT: _HTTP,
    Hop.DISK: {
        "full": (_nothing, "refuses every commit, as a full disk does"),
        "error": (_nothing, "fails every commit with an input/output error"),
    },
    Hop.SPOOL: {"full": (_nothing, "refuses what an endpoint stores to be sent")},
    Hop.CLOCK: {"skew": (_seconds, "is so many seconds ahead; a negative number is behind")},
}
"""Hop to effect to how its value is read, and what it does."""


def read_effect(hop: Hop, text: str) -> tuple[str, float, str]:
    """Return the effect of a text such as `status=503`, its value and its variant.

    Raises:
        FaultRefusedError: If the hop has no such effect, or the value is none of it.
    """
    name, _, value = text.partition("=")
    if name not in EFFECTS[hop]:
        known = ", ".join(EFFECTS[hop])
        raise FaultRefusedError(f"{hop} has no effect {name!r}, only: {known}")
    read, _ = EFFECTS[hop][name]
    try:
        number, variant = read(value)
    except ValueError as error:
        raise FaultRefusedError(f"{text}: {error}") from error
    return name, number, variant
