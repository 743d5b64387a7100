"""What a consumer makes of a text: its fields, or the character where it stops and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Value = str | int | tuple[str, ...]
Reach = Literal["message", "header", "nothing"]


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a consumer stops: a column from 1, and what it wanted there."""

    column: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one consumer gets.

    Attributes:
        reach: How far it came: the message's own keys, the header alone, or nothing.
        fields: By the consumer's own names.
        stop: Why it came no further; None when it took all it is meant to take.
        notes: What goes wrong without being refused.
    """

    reach: Reach
    fields: Mapping[str, Value] = field(default_factory=dict)
    stop: Stop | None = None
    notes: tuple[str, ...] = ()


def nothing(column: int, reason: str) -> Outcome:
    """Return the outcome of a consumer that refuses the text; column from 1."""
    return Outcome(reach="nothing", stop=Stop(column, reason))


def header_only(fields: Mapping[str, Value], column: int, reason: str) -> Outcome:
    """Return the outcome of a consumer that has the header and stops behind it."""
    return Outcome(reach="header", fields=fields, stop=Stop(column, reason))
