"""Numbered changes: what one transaction did, with the values before and after.

- Numbers rise by one and are never reused; a transaction that changes nothing has no number.
- An entry tells the net effect on one object or node and holds only the attributes that differ.
- Of the node that lists all computers an entry tells what joined and what left, once it holds more
  than `LONGEST_LIST_TOLD`: whole, twice for each enrolment, it would outgrow everything else.
- Values of secret attributes and nodes are replaced by a mark: the record is shown to people.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlite_utils import Database

from utm.confd.classes import object_class
from utm.confd.nodes import node
from utm.confd.objects import Object
from utm.confd.store import last_change_number
from utm.confd.values import Value, thaw

HIDDEN: Final = "[redacted]"
LONGEST_LIST_TOLD: Final = 100
COMPUTERS: Final = ("epp/endpoint",)
Effect = Literal["created", "changed", "deleted"]


@dataclass(frozen=True, slots=True)
class Entry:
    """The effect on one object (`key` is its reference) or node (`key` is its key)."""

    kind: Literal["object", "node"]
    key: str
    full_type: str
    name: str
    effect: Effect
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One transaction as it was recorded."""

    number: int
    at: datetime
    user: str
    summary: str
    entries: tuple[Entry, ...]


def object_entry(before: Object | None, after: Object | None) -> Entry | None:
    """Return the net effect on an object, or None if there is none."""
    shown = after or before
    if before == after or shown is None:
        return None
    old, new = _shown_attributes(before), _shown_attributes(after)
    differing = [name for name in {**old, **new} if _raw(before, name) != _raw(after, name)]
    return Entry(
        kind="object",
        key=shown.ref,
        full_type=shown.full_type,
        name=shown.name,
        effect="created" if before is None else "deleted" if after is None else "changed",
        before={name: old[name] for name in differing if name in old},
        after={name: new[name] for name in differing if name in new},
    )


def node_entry(key: str, before: Value, after: Value) -> Entry | None:
    """Return the effect on a node, or None if there is none."""
    if before == after:
        return None
    known = node(key)
    old, new = (HIDDEN, HIDDEN) if known.is_secret else (thaw(before), thaw(after))
    if known.targets == COMPUTERS:
        old, new = _as_told(list(old), list(new))
    return Entry("node", key, "", key, "changed", {key: old}, {key: new})


def record_change(
    db: Database, *, at: datetime, user: str, summary: str, entries: Sequence[Entry]
) -> Change:
    """Write the next numbered change."""
    change = Change(last_change_number(db) + 1, at, user, summary, tuple(entries))
    detail = json.dumps([asdict(entry) for entry in entries], ensure_ascii=False)
    db.execute(
        "INSERT INTO confd_changes VALUES (?, ?, ?, ?, ?)",
        [change.number, at.isoformat(), user, summary, detail],
    )
    return change


def read_changes(db: Database, *, after: int = 0, limit: int = 1000) -> tuple[Change, ...]:
    """Return the changes with a higher number, oldest first."""
    rows = db.execute(
        "SELECT number, at, user, summary, detail FROM confd_changes"
        " WHERE number > ? ORDER BY number LIMIT ?",
        [after, limit],
    ).fetchall()
    return tuple(_change(*row) for row in rows)


def _as_told(old: list[Any], new: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return what left a long list and what joined it; both whole if it is short or only moved."""
    if max(len(old), len(new)) <= LONGEST_LIST_TOLD:
        return old, new
    had, has = frozenset(old), frozenset(new)
    left = [each for each in old if each not in has]
    joined = [each for each in new if each not in had]
    return (left, joined) if left or joined else (old, new)


def _change(number: int, at: str, user: str, summary: str, detail: str) -> Change:
    entries = tuple(Entry(**entry) for entry in json.loads(detail))
    return Change(number, datetime.fromisoformat(at), user, summary, entries)


def _raw(of: Object | None, name: str) -> Value:
    if of is None:
        return None
    return of.locked if name == "_locked" else of.attributes.get(name)


def _shown_attributes(of: Object | None) -> dict[str, Any]:
    if of is None:
        return {}
    class_ = object_class(of.full_type)
    shown = {
        name: HIDDEN if value and class_.is_secret(name) else thaw(value)
        for name, value in of.attributes.items()
    }
    return {"_locked": of.locked, **shown}
