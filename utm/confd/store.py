"""The tables of confd, and the rows in them.

- Attributes and node values are JSON; nodes that were never set have no row.
- `confd_references` is the used-by index: one row per reference of an object or a node. It is
  written with its holder in the same transaction, and refuses a reference to nothing.
- Objects keep the order in which they were made.
- A short row that was read before is the object that it was then: the configuration is read as a
  whole for each change, and nearly all of it is as it was.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

from sqlite_utils import Database

from foundation.durable.database import Schema
from utm.confd.objects import Object
from utm.confd.values import Value, freeze, thaw

MOST_REMEMBERED: Final = 20_000
LONGEST_REMEMBERED: Final = 2_000
"""Letters: a list of a million sites is not kept in each of its states."""
HolderKind: TypeAlias = Literal["object", "node"]

_FIRST = """
CREATE TABLE confd_objects (
    ref TEXT PRIMARY KEY,
    class TEXT NOT NULL,
    type TEXT NOT NULL,
    locked TEXT NOT NULL,
    attributes TEXT NOT NULL
);
CREATE INDEX confd_objects_by_type ON confd_objects (class, type);
CREATE TABLE confd_nodes (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE confd_references (
    kind TEXT NOT NULL,
    holder TEXT NOT NULL,
    field TEXT NOT NULL,
    target TEXT NOT NULL REFERENCES confd_objects (ref)
);
CREATE INDEX confd_references_by_target ON confd_references (target);
CREATE INDEX confd_references_by_holder ON confd_references (kind, holder);
CREATE TABLE confd_changes (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    user TEXT NOT NULL,
    summary TEXT NOT NULL,
    detail TEXT NOT NULL
)
"""


def _make_tables(db: Database) -> None:
    # Not executescript: that would commit the transaction which the migration is part of.
    for statement in _FIRST.split(";"):
        db.execute(statement)


def _switch_rest_api_on(db: Database) -> None:
    # Factory settings had nothing to say of it before there was one; what somebody chose stays.
    db.execute(
        "INSERT OR IGNORE INTO confd_nodes SELECT 'webadmin.rest_api', 'true'"
        " WHERE EXISTS (SELECT 1 FROM confd_changes)"
    )


SCHEMA = Schema("confd", (_make_tables, _switch_rest_api_on))

_COLUMNS = "ref, class, type, locked, attributes"


def find_object(db: Database, ref: str) -> Object | None:
    """Return the object of that reference, or None."""
    row = db.execute(f"SELECT {_COLUMNS} FROM confd_objects WHERE ref = ?", [ref]).fetchone()  # noqa: S608
    return None if row is None else _object(row)


def all_objects(db: Database, classes: Collection[str] = ()) -> Iterator[Object]:
    """Return every object in the order of making; of these classes only if any are named."""
    places = ",".join("?" * len(classes))
    where = f"WHERE class IN ({places}) " if classes else ""
    query = f"SELECT {_COLUMNS} FROM confd_objects {where}ORDER BY rowid"  # noqa: S608
    return map(_object, db.execute(query, list(classes)).fetchall())


def objects_of(db: Database, class_: str, type_: str) -> tuple[Object, ...]:
    """Return the objects of one class in the order of making."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM confd_objects WHERE class = ? AND type = ? ORDER BY rowid",  # noqa: S608
        [class_, type_],
    ).fetchall()
    return tuple(map(_object, rows))


def save_object(db: Database, stored: Object) -> None:
    """Write an object and its references, new or in place of its former self."""
    db.execute(
        "INSERT INTO confd_objects VALUES (?, ?, ?, ?, ?) ON CONFLICT (ref) DO UPDATE"
        " SET class = excluded.class, type = excluded.type, locked = excluded.locked,"
        " attributes = excluded.attributes",
        [stored.ref, stored.class_, stored.type_, stored.locked, _json(stored.attributes)],
    )
    _save_references(db, "object", stored.ref, stored.references())


def remove_object(db: Database, ref: str) -> None:
    """Delete an object that nothing else refers to."""
    _save_references(db, "object", ref, ())
    db.execute("DELETE FROM confd_objects WHERE ref = ?", [ref])


def find_node(db: Database, key: str) -> tuple[Value] | None:
    """Return a node's value in a tuple of one, or None if it was never set."""
    row = db.execute("SELECT value FROM confd_nodes WHERE key = ?", [key]).fetchone()
    return None if row is None else (freeze(json.loads(row[0])),)


def all_nodes_set(db: Database) -> dict[str, Value]:
    """Return the nodes that were ever set."""
    rows = db.execute("SELECT key, value FROM confd_nodes").fetchall()
    return {key: freeze(json.loads(value)) for key, value in rows}


def save_node(
    db: Database, key: str, value: Value, *, refs: Sequence[str], held: Sequence[str]
) -> None:
    """Write a node and the references in it.

    Args:
        db: The database, in a transaction.
        key: The node.
        value: What it holds from now on.
        refs: The references in that, in order.
        held: Those in what it held before.
    """
    db.execute(
        "INSERT INTO confd_nodes VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [key, _json(value)],
    )
    if refs[: len(held)] == held:
        # The list of all computers grows at its end, one by one, to thousands.
        _add_references(db, "node", key, [(key, ref) for ref in refs[len(held) :]])
    else:
        _save_references(db, "node", key, [(key, ref) for ref in refs])


def users_of(db: Database, ref: str, kind: HolderKind) -> tuple[str, ...]:
    """Return the objects or nodes that refer to an object, each once."""
    rows = db.execute(
        "SELECT holder FROM confd_references WHERE target = ? AND kind = ?"
        " GROUP BY holder ORDER BY min(rowid)",
        [ref, kind],
    ).fetchall()
    return tuple(row[0] for row in rows)


def last_change_number(db: Database) -> int:
    """Return the number of the newest change; 0 before the first."""
    number: int = db.execute("SELECT coalesce(max(number), 0) FROM confd_changes").fetchone()[0]
    return number


def _save_references(
    db: Database, kind: HolderKind, holder: str, references: Iterable[tuple[str, str]]
) -> None:
    db.execute("DELETE FROM confd_references WHERE kind = ? AND holder = ?", [kind, holder])
    _add_references(db, kind, holder, references)


def _add_references(
    db: Database, kind: HolderKind, holder: str, references: Iterable[tuple[str, str]]
) -> None:
    db.conn.executemany(
        "INSERT INTO confd_references VALUES (?, ?, ?, ?)",
        [(kind, holder, field, target) for field, target in references],
    )


def _object(row: tuple[Any, ...]) -> Object:
    return _remembered(row) if len(row[4]) <= LONGEST_REMEMBERED else _read(row)


def _read(row: tuple[Any, ...]) -> Object:
    ref, class_, type_, locked, attributes = row
    return Object(ref, class_, type_, locked, freeze(json.loads(attributes)))


_remembered = lru_cache(maxsize=MOST_REMEMBERED)(_read)


def _json(value: Value) -> str:
    return json.dumps(thaw(value), ensure_ascii=False, separators=(",", ":"))
