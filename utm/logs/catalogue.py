"""The catalogue of message ids, and the daemons that speak by it.

* The data is `catalogue.json`; every line of the emulated UTM is made from it, and lint and
  explain read the same entries.
* An id may have several messages (confd's 3100) and a message may appear in two daemons' logs
  (the web filter's and `eplog`), so a message is named by its slug.
* Provenance of an entry: `seed` (the article on endpoint protection), `public` (seen in another
  public source), `documented` (named there, form inferred), `ours` (invented; decimal 4280-4299,
  and the eplog form of the web lines).
* Keys stand in the order of the entry; a key that the entry does not name is refused.
* Web lines have had other keys in another order in earlier versions: a daemon speaks one profile,
  and a key that its version did not have is left out. 9.7 and 9.3 are orders of public lines; 9.6
  is what a consumer's strict pattern for 9.6 requires, its last keys are ours.
* What an absence means and which distance is normal stand with their source, like readings.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal
from zoneinfo import ZoneInfo

from foundation.errors import DomainError
from utm.logs.grammar import ParsedLine, format_line

Provenance = Literal["seed", "public", "documented", "ours"]
LogProfile = Literal["9.3", "9.6", "9.7"]
EplogProcess = Literal["eplog", "httpproxy"]
EPLOG_PROCESSES: Final[tuple[EplogProcess, ...]] = ("eplog", "httpproxy")
LOG_PROFILES: Final[tuple[LogProfile, ...]] = ("9.3", "9.6", "9.7")
LEADING_KEYS = ("id", "severity", "sys", "sub", "name")


class UnknownMessageError(DomainError):
    """The catalogue has no message of that slug."""

    code: ClassVar[str] = "unknown_message"
    hint: ClassVar[str] = "Slugs and ids stand in utm/logs/catalogue.json."


class UnknownKeyError(DomainError):
    """A message does not carry that key."""

    code: ClassVar[str] = "unknown_key"
    hint: ClassVar[str] = "The keys of a message and their order stand in its catalogue entry."


@dataclass(frozen=True, slots=True)
class Reading:
    """One of several ways to understand a message, and who says so."""

    source: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One kind of line."""

    slug: str
    id: str
    name: str | None
    process: str
    level: str | None
    severity: str
    sys: str
    sub: str
    keys: tuple[str, ...]
    open_keys: tuple[str, ...]
    provenance: Provenance
    meaning: str
    precedes: tuple[str, ...]
    follows: tuple[str, ...]
    readings: tuple[Reading, ...]
    sample: Reading | None
    distance: tuple[Reading, ...]
    absence: tuple[Reading, ...]
    older_keys: Mapping[str, tuple[str, ...]]
    valued_keys: frozenset[str]
    """Those of `keys` that a line gives a value to."""

    def keys_in(self, profile: str) -> tuple[str, ...]:
        """Return the keys of the message in the order of one version."""
        return self.older_keys.get(profile, self.keys)

    def has_key(self, key: str) -> bool:
        """Whether the message may carry `key`; `open_keys` are prefixes such as `attr_`."""
        return key in self.keys or key.startswith(self.open_keys)

    def pairs(
        self, values: Mapping[str, str], profile: LogProfile = "9.7"
    ) -> tuple[tuple[str, str], ...]:
        """Return the pairs of a line in the order of a version; open keys come last, as given.

        A key that the version did not have is left out.

        Raises:
            UnknownKeyError: when `values` holds a key that the message does not carry.
        """
        others = () if self.valued_keys.issuperset(values) else self._open_keys_of(values)
        fixed = {"id": self.id, "severity": self.severity, "sys": self.sys, "sub": self.sub}
        if self.name is not None:
            fixed["name"] = self.name
        known = {**fixed, **values}
        ordered = [(key, known[key]) for key in self.keys_in(profile) if key in known]
        return (*ordered, *((key, values[key]) for key in others))

    def _open_keys_of(self, values: Mapping[str, str]) -> tuple[str, ...]:
        others = tuple(key for key in values if key not in self.valued_keys)
        for key in others:
            if not self.has_key(key) or key in LEADING_KEYS:
                raise UnknownKeyError(f"{self.id} {self.slug} carries no value for {key!r}")
        return others


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All messages, what their keys mean, and the keys that consumers turn into numbers."""

    messages: tuple[Message, ...]
    by_slug: Mapping[str, Message]
    keys: Mapping[str, str]
    numbers: frozenset[str]

    def message(self, slug: str) -> Message:
        """Return the message of that slug.

        Raises:
            UnknownMessageError: when there is none.
        """
        try:
            return self.by_slug[slug]
        except KeyError:
            raise UnknownMessageError(f"The catalogue has no message {slug!r}") from None

    def with_id(self, message_id: str) -> tuple[Message, ...]:
        """Return the messages that carry this id; none when no source knows it."""
        return tuple(message for message in self.messages if message.id == message_id)

    def find(self, line: ParsedLine) -> Message | None:
        """Return the message that a line is: same id, then same name, then same process."""
        candidates = self.with_id(line.get("id") or "")
        name = line.get("name")
        named = [message for message in candidates if message.name == name]
        own = [message for message in named if message.process == line.process]
        return next(iter([*own, *named]), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A daemon as its lines name it: they carry its host, its pid and the UTM's local time."""

    process: str
    pid: int
    host: str
    zone: ZoneInfo
    profile: LogProfile = "9.7"

    def line(self, slug: str, at: datetime, values: Mapping[str, str] | None = None) -> str:
        """Write one line of this daemon, without its line feed.

        Args:
            slug: Which message of the catalogue.
            at: The moment, aware; the stamp is its local time on the UTM.
            values: What stands in the keys after `name`.

        Raises:
            UnknownMessageError: when the catalogue has no such message.
            UnknownKeyError: when the message carries no such key.
        """
        message = catalogue().message(slug)
        return format_line(
            ParsedLine(
                stamp=local_time(at, self.zone),
                host=self.host,
                process=self.process,
                pid=self.pid,
                level=message.level,
                pairs=message.pairs(values or {}, self.profile),
            )
        )


def local_time(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTM's local time of a moment, as stamps carry it: whole seconds, no zone."""
    return at.astimezone(zone).replace(tzinfo=None, microsecond=0)


@cache
def catalogue() -> Catalogue:
    """Return the packaged catalogue; it is immutable and read once."""
    data = json.loads(resources.files("utm.logs").joinpath("catalogue.json").read_text("utf-8"))
    orders: dict[str, list[str]] = data["orders"]
    profiles: dict[str, dict[str, list[str]]] = data["profiles"]
    messages = tuple(_message(entry, orders, profiles) for entry in data["messages"])
    return Catalogue(
        messages=messages,
        by_slug=MappingProxyType({message.slug: message for message in messages}),
        keys=data["keys"],
        numbers=frozenset(data["numbers"]),
    )


def _message(
    entry: dict[str, Any],
    orders: dict[str, list[str]],
    profiles: dict[str, dict[str, list[str]]],
) -> Message:
    older = {
        name: (*its_orders[entry["order"]], *entry["more_keys"])
        for name, its_orders in profiles.items()
        if entry["order"] in its_orders
    }
    sample = entry.get("sample")
    keys = (*orders[entry["order"]], *entry["more_keys"])
    return Message(
        slug=entry["slug"],
        id=entry["id"],
        name=entry["name"],
        process=entry["process"],
        level=entry["level"],
        severity=entry["severity"],
        sys=entry["sys"],
        sub=entry["sub"],
        keys=keys,
        valued_keys=frozenset(keys).difference(LEADING_KEYS),
        open_keys=tuple(entry["open_keys"]),
        provenance=entry["provenance"],
        meaning=entry["meaning"],
        precedes=tuple(entry["precedes"]),
        follows=tuple(entry["follows"]),
        readings=_readings(entry["readings"]),
        sample=None if sample is None else Reading(**sample),
        distance=_readings(entry.get("distance", ())),
        absence=_readings(entry.get("absence", ())),
        older_keys=MappingProxyType(older),
    )


def _readings(entries: Iterable[Mapping[str, str]]) -> tuple[Reading, ...]:
    return tuple(Reading(**entry) for entry in entries)
