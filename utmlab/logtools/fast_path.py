"""Accepting well-formed lines quickly: one compiled expression per message of the catalogue.

* A line that is accepted has no finding that depends on the line alone; what depends on the lines
  before it (stamps, stories) is looked at by the caller, or makes the line a suspect.
* Accepted is a subset of what the rules pass: every doubt goes to the rules, so the fast path can
  only make lint faster, never quieter. A test holds it to that.
* Expressions work on bytes; every repetition is possessive, so that a hostile line costs no more
  than its length.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from utm.logs.catalogue import Catalogue, Message, catalogue
from utmlab.logtools.record_rules import ADDRESSES

HEADER: Final = re.compile(
    rb"(?P<date>\d{4}:\d\d:\d\d)-(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d "
    rb"[0-9A-Za-z][0-9A-Za-z-]{0,62}+(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62}+)*+ "
    rb"(?P<process>[a-z][a-z-]{0,30})\[(?:0|[1-9]\d{0,9})\]: "
    rb'(?=(?:[A-Z] )?id="(?P<id>[0-9a-z]{4})")'
)
STORED: Final = re.compile(
    rb"(?P<received>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d):\d\d \S++ (?P<year>\d{4}:) "
    rb"(?=(?P<stamp>\d\d:\d\d-\d\d:\d\d):)"
)
"""A line as a receiver rewrote it, up to the minute of both clocks."""
_NEVER: Final = frozenset({"object_changed", "endpoint_web_proceeded"})
"""Messages whose values are always looked at."""
_REFUSALS: Final = frozenset({"4281", "4289"})
_OPTIONAL_TWICE: Final = "country"
_LATE: Final = "eventtime"
_VALUE: Final = '[^"\\r]*+'


@dataclass(frozen=True, slots=True)
class Form:
    """What a good body of one message looks like in one version.

    Attributes:
        accept: Matches the rest of the line behind the header, to its end.
        has_lists: Whether it has the groups `category` and `categoryname`.
        has_group: Whether web lines of this form have the key `group`; None for other lines.
        story_id: The id, when what it tells depends on the lines before.
    """

    accept: re.Pattern[bytes]
    has_lists: bool
    has_group: bool | None
    story_id: str


@cache
def forms() -> dict[tuple[bytes, bytes], tuple[Form, ...]]:
    """Return the forms by process and id."""
    made: dict[tuple[bytes, bytes], tuple[Form, ...]] = {}
    for message in catalogue().messages:
        if message.slug in _NEVER or message.id in _REFUSALS:
            continue
        own = tuple(_forms_of(message, catalogue()))
        key = message.process.encode(), message.id.encode()
        made[key] = (*made.get(key, ()), *own)
    return made


def _forms_of(message: Message, known: Catalogue) -> Iterator[Form]:
    orders = {message.keys, *message.older_keys.values()}
    for keys in sorted(orders, key=len, reverse=True):
        is_web = "filteraction" in keys
        yield Form(
            accept=_expression(message, keys, known),
            has_lists="category" in keys,
            has_group=("group" in keys) if is_web else None,
            story_id=message.id if message.process == "epsecd" else "",
        )


def _expression(message: Message, keys: tuple[str, ...], known: Catalogue) -> re.Pattern[bytes]:
    parts = [f'{message.level} id="{message.id}"' if message.level else f'id="{message.id}"']
    parts.append(f' severity="{message.severity}" sys="{message.sys}" sub="{message.sub}"')
    if message.name is not None:
        parts.append(f' name="{re.escape(message.name)}"')
    parts += [
        _key(key, message, known)
        for key in keys
        if key not in {"id", "severity", "sys", "sub", "name", _LATE}
    ]
    if _OPTIONAL_TWICE in keys:
        parts.append(f'(?(country)|(?: country="{_VALUE}")?+)')
    return re.compile("".join(parts).encode())


def _key(key: str, message: Message, known: Catalogue) -> str:
    value = _VALUE
    if key in known.numbers:
        value = r"\d++"
    elif key in ADDRESSES:
        value = '[^"\\r]++'
    elif key == "reason" and message.process == "eplog":
        value = f'(?!quota"){_VALUE}'
    elif key == "proto" and message.slug == "packet_accepted":
        value = f'(?!17"[^\\r]* dstport="443"){_VALUE}'
    if key in {"category", "categoryname"}:
        return f' {key}="(?P<{key}>{value})"'
    if key == "group" and "filteraction" in message.keys:
        return f' {key}="{value}"'
    if key == _OPTIONAL_TWICE:
        return f'(?P<country> {key}="{value}")?+'
    return f'(?: {key}="{value}")?+'
