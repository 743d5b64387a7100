"""The configuration at one change number, to read and compile from.

- Immutable: objects are frozen, and later changes make new snapshots.
- Everything that is a function of the configuration (policies, memberships) takes a snapshot and
  nothing else, so that all of it is of one moment.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlite_utils import Database

from utm.confd import store
from utm.confd.errors import NoSuchObjectError
from utm.confd.nodes import node
from utm.confd.objects import Object
from utm.confd.values import Value


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All objects, in the order of making, and all nodes that were set."""

    number: int
    objects: Mapping[str, Object]
    nodes: Mapping[str, Value]

    def get(self, ref: str) -> Object:
        """Return an object.

        Raises:
            NoSuchObjectError: If there is none of that reference.
        """
        found = self.objects.get(ref)
        if found is None:
            raise NoSuchObjectError(ref)
        return found

    def find(self, ref: str) -> Object | None:
        """Return an object, or None."""
        return self.objects.get(ref)

    def of_class(self, class_: str, type_: str) -> tuple[Object, ...]:
        """Return the objects of one class."""
        full_type = f"{class_}/{type_}"
        return tuple(each for each in self.objects.values() if each.full_type == full_type)

    def node(self, key: str) -> Any:
        """Return a node's value.

        Raises:
            UnknownNodeError: If there is none of that key.
        """
        known = node(key)
        return self.nodes.get(key, known.zero)

    @property
    def default_group_ref(self) -> str:
        """The endpoint group of computers that are in no other."""
        ref: str = self.node("epp.default_endpoints_group")
        return ref

    def endpoint_groups(self) -> tuple[Object, ...]:
        """Return every endpoint group."""
        return self.of_class("epp", "endpoints_group")

    def group_of(self, endpoint_ref: str) -> str:
        """Return the group that an endpoint belongs to: one that lists it, else the default."""
        for group in self.endpoint_groups():
            if endpoint_ref in group.texts("endpoints"):
                return group.ref
        return self.default_group_ref

    def listed_endpoints(self) -> dict[str, Object]:
        """Return the ref of each endpoint that a group lists to that group, as `group_of` does."""
        groups = reversed(self.endpoint_groups())
        return {ref: group for group in groups for ref in group.texts("endpoints")}


def read_snapshot(db: Database, classes: Collection[str] = ()) -> Snapshot:
    """Read the configuration as it stands in this database transaction.

    Args:
        db: The open database.
        classes: What to read of the objects, for who reads often and needs few of them; by
            default everything.
    """
    objects = {each.ref: each for each in store.all_objects(db, classes)}
    return Snapshot(
        store.last_change_number(db),
        MappingProxyType(objects),
        MappingProxyType(store.all_nodes_set(db)),
    )
