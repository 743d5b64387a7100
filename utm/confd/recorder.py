"""What a transaction touched, and how it looked before.

- The first touch keeps the value of before; the end compares it with the value of then. What was
  made and deleted again, or changed and changed back, leaves no entry.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlite_utils import Database

from utm.confd import store
from utm.confd.changes import Change, Entry, node_entry, object_entry, record_change
from utm.confd.nodes import node
from utm.confd.values import Value

if TYPE_CHECKING:
    from utm.confd.objects import Object


class Recorder:
    """The memory of one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._objects: dict[str, Object | None] = {}
        self._nodes: dict[str, Value] = {}

    def touch_object(self, ref: str) -> None:
        """Say that an object is about to be made, changed or deleted."""
        if ref not in self._objects:
            self._objects[ref] = store.find_object(self._db, ref)

    def touch_node(self, key: str) -> None:
        """Say that a node is about to be set."""
        if key not in self._nodes:
            self._nodes[key] = self._node(key)

    def nodes_changed(self) -> tuple[str, ...]:
        """Return the nodes that have another value than before."""
        return tuple(key for key, before in self._nodes.items() if self._node(key) != before)

    def record(self, *, at: datetime, user: str, summary: str) -> Change | None:
        """Write the numbered change, unless nothing differs."""
        entries = self._entries()
        if not entries:
            return None
        return record_change(self._db, at=at, user=user, summary=summary, entries=entries)

    def _entries(self) -> list[Entry]:
        objects = [
            object_entry(before, store.find_object(self._db, ref))
            for ref, before in self._objects.items()
        ]
        nodes = [node_entry(key, before, self._node(key)) for key, before in self._nodes.items()]
        return [entry for entry in (*objects, *nodes) if entry is not None]

    def _node(self, key: str) -> Value:
        stored = store.find_node(self._db, key)
        return node(key).zero if stored is None else stored[0]
