"""What a line means, key by key, and where its message stands among others: from the catalogue.

WebAdmin and the command line explain lines by the same functions. Pure.
"""

from dataclasses import dataclass
from typing import Final

from utm.logs.catalogue import Message, catalogue
from utm.logs.grammar import ParsedLine

_OPEN_KEYS: Final = {"attr_": "new value of the attribute", "oldattr_": "its value before"}


@dataclass(frozen=True, slots=True)
class ExplainedKey:
    """A key of a line; the meaning is empty when no source gives one."""

    key: str
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A message that stands before or after another one."""

    slug: str
    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a message precedes and what it follows."""

    precedes: tuple[Neighbour, ...]
    follows: tuple[Neighbour, ...]


def explained_keys(line: ParsedLine) -> tuple[ExplainedKey, ...]:
    """Return the keys of a line, in its order, with what they mean."""
    return tuple(ExplainedKey(key, value, meaning_of(key)) for key, value in line.pairs)


def surroundings(message: Message) -> Surroundings:
    """Return the neighbours of a message."""
    return Surroundings(
        precedes=tuple(map(_neighbour, message.precedes)),
        follows=tuple(map(_neighbour, message.follows)),
    )


def meaning_of(key: str) -> str:
    """Return what a key means; "" when no source says."""
    for prefix, meaning in _OPEN_KEYS.items():
        if key.startswith(prefix):
            return meaning
    return catalogue().keys.get(key, "")


def _neighbour(slug: str) -> Neighbour:
    message = catalogue().message(slug)
    return Neighbour(slug, message.id, message.name or "")
