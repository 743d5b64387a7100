"""The configuration daemon's core: reading objects and nodes, and changing them atomically.

- `Confd` reads. `transaction` gives an `Edit`, which writes: everything done inside becomes one
  numbered change, or, when anything is raised, nothing at all.
- Both work on an open database and neither commits: one transaction of the UTM's writer can span
  confd and other rooms.
- Every reference leads to an object of a class that its field may hold, at any moment.
- A locked object changes and goes only with `override_lock` ("user") or not at all ("global"),
  unless another appliance's configuration comes in;
  an object that is used by anything but the list of its own class does not go.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from utm.confd import store
from utm.confd.changes import Change, read_changes
from utm.confd.classes import object_class
from utm.confd.errors import (
    NoSuchObjectError,
    ObjectInUseError,
    ObjectLockedError,
    RefTakenError,
)
from utm.confd.nodes import checked_value, listing_node, node
from utm.confd.objects import Lock, Object, completed_attributes
from utm.confd.recorder import Recorder
from utm.confd.references import check_reference, check_references_of
from utm.confd.refnames import is_well_formed, reference_for
from utm.confd.rules import SWITCH, check_patterns, check_switch_object
from utm.confd.snapshot import Snapshot, read_snapshot
from utm.confd.values import Value


@dataclass(frozen=True, slots=True)
class UsedBy:
    """Who refers to an object: keys of nodes and references of objects."""

    nodes: tuple[str, ...]
    objects: tuple[str, ...]


class Confd:
    """The configuration, to read."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @property
    def number(self) -> int:
        """The number of the newest change; 0 before the first."""
        return store.last_change_number(self._db)

    def find(self, ref: str) -> Object | None:
        """Return an object, or None."""
        return store.find_object(self._db, ref)

    def get(self, ref: str) -> Object:
        """Return an object.

        Raises:
            NoSuchObjectError: If there is none of that reference.
        """
        found = self.find(ref)
        if found is None:
            raise NoSuchObjectError(ref)
        return found

    def objects(self, class_: str, type_: str) -> tuple[Object, ...]:
        """Return the objects of one class in the order of making.

        Raises:
            UnknownClassError: If there is no such class.
        """
        object_class(f"{class_}/{type_}")
        return store.objects_of(self._db, class_, type_)

    def named(self, class_: str, type_: str, name: str) -> Object | None:
        """Return the first object of a class with that name, or None."""
        return next((each for each in self.objects(class_, type_) if each.name == name), None)

    def used_by(self, ref: str) -> UsedBy:
        """Return who refers to an object.

        Raises:
            NoSuchObjectError: If there is none of that reference.
        """
        self.get(ref)
        return UsedBy(
            store.users_of(self._db, ref, "node"), store.users_of(self._db, ref, "object")
        )

    def node(self, key: str) -> Any:
        """Return a node's value; lists are tuples.

        Raises:
            UnknownNodeError: If there is none of that key.
        """
        known = node(key)
        stored = store.find_node(self._db, key)
        return known.zero if stored is None else stored[0]

    def changes(self, *, after: int = 0, limit: int = 1000) -> tuple[Change, ...]:
        """Return the numbered changes after a number, oldest first."""
        return read_changes(self._db, after=after, limit=limit)

    def snapshot(self) -> Snapshot:
        """Return the whole configuration as it stands."""
        return read_snapshot(self._db)


class Edit(Confd):
    """The configuration inside a transaction, to change; `recorded` is the change once it ended."""

    def __init__(self, db: Database, *, is_import: bool = False) -> None:
        super().__init__(db)
        self._is_import = is_import
        self._recorder = Recorder(db)
        self.recorded: Change | None = None

    def create(
        self,
        class_: str,
        type_: str,
        attributes: Mapping[str, Value],
        *,
        ref: str | None = None,
        locked: Lock = "",
    ) -> str:
        """Make an object and return its reference; it joins the list of its class, if any.

        Raises:
            UnknownClassError: If there is no such class.
            AttributeRefusedError: If an attribute is unknown, missing or wrong.
            PatternNotAcceptedError: If RE2 refuses a pattern, unless this is an import.
            ReferenceRefusedError: If a reference leads nowhere or to a wrong class.
            RefTakenError: If the chosen reference is taken or malformed.
        """
        made = self._make(class_, type_, attributes, ref, locked)
        self._list(f"{class_}/{type_}", [made])
        return made

    def create_all(
        self, class_: str, type_: str, all_attributes: Iterable[Mapping[str, Value]]
    ) -> tuple[str, ...]:
        """Make objects of one class, as `create` does; the list of the class is written once.

        Raises:
            UnknownClassError: If there is no such class.
            AttributeRefusedError: If an attribute is unknown, missing or wrong.
            ReferenceRefusedError: If a reference leads nowhere or to a wrong class.
        """
        made = tuple(self._make(class_, type_, each, None, "") for each in all_attributes)
        self._list(f"{class_}/{type_}", made)
        return made

    def change(
        self, ref: str, attributes: Mapping[str, Value], *, override_lock: bool = False
    ) -> Object:
        """Change some attributes of an object and return it.

        Raises:
            NoSuchObjectError: If there is none of that reference.
            ObjectLockedError: If it is locked.
            AttributeRefusedError: If an attribute is unknown or wrong.
            PatternNotAcceptedError: If RE2 refuses a new pattern, unless this is an import.
            ReferenceRefusedError: If a reference leads nowhere or to a wrong class.
        """
        before = self._unlocked(ref, override_lock)
        class_ = object_class(before.full_type)
        completed = completed_attributes(
            class_, attributes, before.attributes, keeps_unknown=self._is_import
        )
        return self._store(before, completed)

    def become(self, ref: str, full_type: str, attributes: Mapping[str, Value]) -> None:
        """Make an object one of another class, in an import: a placeholder was only a guess.

        Raises:
            AttributeRefusedError: If an attribute is missing or wrong.
            ReferenceRefusedError: If who refers to it cannot hold the other class.
        """
        self.get(ref)
        class_, _, type_ = full_type.partition("/")
        completed = completed_attributes(object_class(full_type), attributes, keeps_unknown=True)
        self._save(Object(ref, class_, type_, "", completed))
        users = self.used_by(ref)
        for user in users.objects:
            check_references_of(self._db, self.get(user))
        for key in users.nodes:
            check_reference(self._db, f"node {key}", "value", ref, node(key).targets)

    def replace(
        self, ref: str, attributes: Mapping[str, Value], *, override_lock: bool = False
    ) -> Object:
        """Give an object these attributes and no others of before, and return it.

        A secret that is not given, or empty, as everybody reads it, stays.

        Raises:
            NoSuchObjectError: If there is none of that reference.
            ObjectLockedError: If it is locked.
            AttributeRefusedError: If an attribute is unknown, missing or wrong.
            PatternNotAcceptedError: If RE2 refuses a new pattern, unless this is an import.
            ReferenceRefusedError: If a reference leads nowhere or to a wrong class.
        """
        before = self._unlocked(ref, override_lock)
        class_ = object_class(before.full_type)
        kept = {
            name: value
            for name, value in before.attributes.items()
            if class_.is_secret(name) and not attributes.get(name)
        }
        return self._store(before, completed_attributes(class_, {**attributes, **kept}))

    def lock(self, ref: str, locked: Lock) -> None:
        """Lock or unlock an object; a global lock stays.

        Raises:
            NoSuchObjectError: If there is none of that reference.
            ObjectLockedError: If it is locked globally.
        """
        self._save(replace(self._unlocked(ref, override_lock=True), locked=locked))

    def delete(self, ref: str, *, override_lock: bool = False) -> None:
        """Delete an object, taking it out of the list of its class.

        Raises:
            NoSuchObjectError: If there is none of that reference.
            ObjectLockedError: If it is locked.
            ObjectInUseError: If something else refers to it; names all of them.
        """
        gone = self._unlocked(ref, override_lock)
        listing = listing_node(gone.full_type)
        listing_key = "" if listing is None else listing.key
        used_by = self.used_by(ref)
        nodes = tuple(key for key in used_by.nodes if key != listing_key)
        users = (*nodes, *(user for user in used_by.objects if user != ref))
        if listing is not None and listing.last_ref == ref:
            users = (listing_key, *users)
        if users:
            raise ObjectInUseError(ref, gone.name, users)
        if listing_key in used_by.nodes:
            rest = tuple(each for each in self.node(listing_key) if each != ref)
            self.set_node(listing_key, rest)
        self._recorder.touch_object(ref)
        store.remove_object(self._db, ref)

    def set_node(self, key: str, value: Value) -> None:
        """Set a node.

        Raises:
            UnknownNodeError: If there is none of that key.
            NodeValueRefusedError: If the value does not fit.
            ReferenceRefusedError: If a reference leads nowhere or to a wrong class.
        """
        known = node(key)
        checked = checked_value(known, value)
        before = self.node(key)
        refs = known.refs_in(checked)
        # What it held is right already: a list of a thousand computers grows one by one.
        held = known.refs_in(before)
        right = set(held)
        for target in refs:
            if target not in right:
                check_reference(self._db, f"node {key}", "value", target, known.targets)
        if checked != before:
            self._recorder.touch_node(key)
            store.save_node(self._db, key, checked, refs=refs, held=held)

    def nodes_changed(self) -> tuple[str, ...]:
        """Return the nodes that have another value than before this edit."""
        return self._recorder.nodes_changed()

    def finish(self, *, at: datetime, user: str, summary: str) -> None:
        """Record what was done as the next change; nothing, if nothing differs."""
        self.recorded = self._recorder.record(at=at, user=user, summary=summary)

    def _make(
        self,
        class_: str,
        type_: str,
        attributes: Mapping[str, Value],
        ref: str | None,
        locked: Lock,
    ) -> str:
        full_type = f"{class_}/{type_}"
        completed = completed_attributes(
            object_class(full_type), attributes, keeps_unknown=self._is_import
        )
        self._check_rules(full_type, completed)
        if ref is None:
            ref = reference_for(full_type, completed["name"], self._is_taken)
        elif not is_well_formed(ref):
            raise RefTakenError(ref, "is not well-formed")
        elif self._is_taken(ref):
            raise RefTakenError(ref, "is taken")
        self._save(Object(ref, class_, type_, locked, completed))
        return ref

    def _list(self, full_type: str, refs: Iterable[str]) -> None:
        """Put new objects into the list of their class, if it has one."""
        listing = listing_node(full_type)
        if listing is not None:
            listed = self.node(listing.key)
            for ref in refs:
                listed = listing.with_listed(listed, ref)
            self.set_node(listing.key, listed)

    def _store(self, before: Object, attributes: Mapping[str, Value]) -> Object:
        after = replace(before, attributes=attributes)
        if after != before:
            self._check_rules(before.full_type, attributes, before)
            self._save(after)
        return after

    def _save(self, stored: Object) -> None:
        check_references_of(self._db, stored)
        self._recorder.touch_object(stored.ref)
        store.save_object(self._db, stored)

    def _check_rules(
        self, full_type: str, attributes: Mapping[str, Value], before: Object | None = None
    ) -> None:
        class_ = object_class(full_type)
        if not self._is_import:
            check_patterns(class_, attributes, {} if before is None else before.attributes)
        if full_type == SWITCH:
            others = self.objects(*SWITCH.split("/"))
            check_switch_object(attributes, [each for each in others if each != before])

    def _unlocked(self, ref: str, override_lock: bool) -> Object:
        found = self.get(ref)
        if self._is_import:
            return found
        if found.locked == "global" or (found.locked == "user" and not override_lock):
            raise ObjectLockedError(ref, found.name, found.locked)
        return found

    def _is_taken(self, ref: str) -> bool:
        return self.find(ref) is not None


@contextmanager
def transaction(
    db: Database, *, at: datetime, user: str, summary: str, is_import: bool = False
) -> Iterator[Edit]:
    """Open a transaction: all of it becomes one numbered change, or none of it happens.

    Args:
        db: An open database, inside the writer's transaction or outside any.
        at: The moment that the change is stamped with.
        user: Who changes: an administrator's name, "epsecd", "system".
        summary: One line that says what for.
        is_import: Whether a configuration of another appliance comes in. Its patterns are kept
            even when RE2 refuses them: those match nothing, and the linter reports them. So are
            attributes that no class here has; locks do not count.
    """
    with db.atomic():
        edit = Edit(db, is_import=is_import)
        yield edit
        edit.finish(at=at, user=user, summary=summary)
