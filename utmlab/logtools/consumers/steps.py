"""Reading a text step by step, so that it is known where a consumer's one long pattern fails.

A consumer's pattern is written as the steps it consists of; each is matched where the one before
ended. Steps must be linear on any text: what repeats is possessive or bounded by its delimiter.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from utmlab.logtools.consumers.outcome import Stop

PAIR: Final = re.compile(r'(?<![a-z0-9_-])([a-z0-9_-]++)="([^"]*+)"')


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is wanted there in words, and its expression with named groups."""

    wanted: str
    pattern: re.Pattern[str]


def step(wanted: str, pattern: str) -> Step:
    """Return a step of an expression."""
    return Step(wanted, re.compile(pattern, re.ASCII))


@dataclass(frozen=True, slots=True)
class Walk:
    """How far the steps went: groups that were filled, the position behind, and a stop if any."""

    groups: Mapping[str, str]
    end: int
    stop: Stop | None = None


def walk(text: str, steps: Iterable[Step], start: int = 0) -> Walk:
    """Match steps one behind the other, from a position of the text."""
    groups: dict[str, str] = {}
    position = start
    for each in steps:
        found = each.pattern.match(text, position)
        if found is None:
            return Walk(groups, position, Stop(position + 1, f"wants {each.wanted}"))
        groups.update({name: value for name, value in found.groupdict().items() if value})
        position = found.end()
    return Walk(groups, position)


def pairs(text: str, start: int = 0) -> dict[str, str]:
    """Return every `key="value"` behind a position; of a repeated key the first."""
    found: dict[str, str] = {}
    for match in PAIR.finditer(text, start):
        found.setdefault(match[1], match[2])
    return found
