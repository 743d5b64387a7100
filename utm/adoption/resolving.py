"""References of what comes in: to what comes with it, to what is here, or to a placeholder.

- A reference to what no file holds, and what is not here, becomes a placeholder, and is told each
  time: one that an earlier import left is one still.
- A reference to an object of a class that the field cannot hold is left out and told.
- An object that must have such a reference cannot be taken; then it is one that no file holds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from utm.adoption.left_out import load
from utm.adoption.report import Adopted, Note, Placeholder
from utm.confd import Edit, Object
from utm.confd.classes import Field, ObjectClass, accepts, object_class
from utm.confd.nodes import Node
from utm.confd.refnames import is_well_formed

COMMENT: Final = "placeholder: something refers to it, and the import did not hold it"


@dataclass(slots=True)
class Wanted:
    """An object that is to be stored."""

    of: ObjectClass
    locked: object
    attributes: dict[str, Any]


@dataclass(slots=True)
class Resolver:
    """Settles references before anything is stored."""

    edit: Edit
    wanted: dict[str, Wanted]
    report: Adopted
    users: dict[str, list[str]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    """Class of the placeholder for each reference to nothing."""

    def settle(self) -> None:
        """Make every reference of an object lead somewhere, or leave it out."""
        while refused := [ref for ref, one in self.wanted.items() if self._must_go(ref, one)]:
            for ref in refused:
                del self.wanted[ref]
        for ref, one in self.wanted.items():
            for name, held in one.of.fields.items():
                if held.targets and name in one.attributes:
                    one.attributes[name] = self._settled(ref, held, one.attributes[name])

    def settled_node(self, of: Node, value: Any) -> Any:
        """Return a node's value with references that lead somewhere."""
        refs = value if isinstance(value, list) else [value] if value else []
        kept = [
            ref for ref in dict.fromkeys(refs) if self._is_kept(ref, of.targets, f"node {of.key}")
        ]
        return kept if isinstance(value, list) else next(iter(kept), "")

    def placeholders(self) -> Iterator[tuple[str, ObjectClass, dict[str, Any]]]:
        """Yield what is to be made, and before it what it needs itself; tell of all."""
        made = load("placeholders")
        needed = dict(self.missing)
        for ref in self.missing:
            for text in _texts(made["attributes"].get(self.missing[ref], {})):
                if text in made["classes_of"]:
                    needed = {text: made["classes_of"][text]} | needed
        for ref, full_type in needed.items():
            used_by = tuple(self.users.get(ref, ["another placeholder"]))
            self.report.placeholders.append(Placeholder(ref, full_type, used_by))
            if self.edit.find(ref) is None:
                attributes = {"name": f"placeholder {ref}", "comment": COMMENT}
                attributes |= made["attributes"].get(full_type, {})
                yield ref, object_class(full_type), attributes

    def type_of(self, ref: str) -> str:
        """Return the class of what a reference leads to; empty when it leads nowhere yet."""
        if ref in self.wanted:
            return self.wanted[ref].of.full_type
        found = self.edit.find(ref)
        return found.full_type if found is not None and not is_placeholder(found) else ""

    def _must_go(self, ref: str, one: Wanted) -> bool:
        for name, held in one.of.fields.items():
            if not held.is_required:
                continue
            value = one.attributes.get(name)
            is_here = self.edit.find(ref) is not None
            if value is None and not is_here:
                self.report.refused.append(Note(ref, f"{one.of.full_type} needs {name}"))
                return True
            if held.targets and value and not self._could_hold(held, value):
                why = f"its {name} is {value}, which cannot stand there"
                self.report.refused.append(Note(ref, why))
                return True
        return False

    def _could_hold(self, held: Field, ref: str) -> bool:
        full_type = self.type_of(ref)
        return accepts(held.targets, full_type) if full_type else is_well_formed(ref)

    def _settled(self, ref: str, held: Field, value: Any) -> Any:
        where = f"{ref} {held.name}"
        if isinstance(value, list):
            return [one for one in value if one and self._is_kept(one, held.targets, where)]
        return value if value and self._is_kept(value, held.targets, where) else ""

    def _is_kept(self, target: str, targets: tuple[str, ...], where: str) -> bool:
        full_type = self.type_of(target)
        if not full_type:
            return self._is_missing(target, targets, where)
        if accepts(targets, full_type):
            return True
        wanted = " or ".join(targets)
        self.report.refused.append(Note(where, f"{target} is a {full_type}; {wanted} is needed"))
        return False

    def _is_missing(self, target: str, targets: tuple[str, ...], where: str) -> bool:
        """Note that a placeholder is needed; tell whether there can be one."""
        here = self.edit.find(target)
        made = here.full_type if here is not None else self.missing.get(target, "")
        full_type = made or load("placeholders")["for"].get(targets[0], targets[0])
        if not is_well_formed(target) or not accepts(targets, full_type):
            self.report.refused.append(Note(where, f"{target!r} is in no file"))
            return False
        self.missing[target] = full_type
        self.users.setdefault(target, []).append(where)
        return True


def is_placeholder(found: Object) -> bool:
    """Tell whether an object stands for one that was in no file."""
    return bool(found.attributes.get("comment") == COMMENT)


def _texts(attributes: Mapping[str, Any]) -> Iterator[str]:
    for value in attributes.values():
        yield from value if isinstance(value, list) else [value]
