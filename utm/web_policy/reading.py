"""Following references through a snapshot while compiling, and keeping what there is to warn of.

- Every reference is followed through here, so that one that leads nowhere always gives the same
  named error, whichever part of the policy it is in.
- A warning carries the reference of the object that asks for what an endpoint cannot do.
"""

from dataclasses import dataclass, field

from utm.confd.classes import accepts, object_class
from utm.confd.objects import Object
from utm.confd.snapshot import Snapshot
from utm.web_policy.errors import ReferencedObjectGoneError


@dataclass(frozen=True, slots=True)
class CompileWarning:
    """Something in the configuration that endpoints will not do, or not do as configured."""

    ref: str
    name: str
    code: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.ref} ({self.name}): {self.sentence}"


@dataclass(frozen=True, slots=True)
class Reading:
    """One compilation's view of the configuration."""

    snapshot: Snapshot
    _warnings: dict[CompileWarning, None] = field(default_factory=dict)

    def follow(self, holder: Object, attribute: str) -> Object | None:
        """Return the object that an attribute refers to; None when it is not set.

        Raises:
            ReferencedObjectGoneError: If the reference leads nowhere or to a wrong class.
        """
        ref = holder.text(attribute)
        return self._checked(holder, attribute, ref) if ref else None

    def follow_all(self, holder: Object, attribute: str) -> tuple[Object, ...]:
        """Return the objects that a list attribute refers to, in order.

        Raises:
            ReferencedObjectGoneError: If a reference leads nowhere or to a wrong class.
        """
        return tuple(self._checked(holder, attribute, ref) for ref in holder.texts(attribute))

    def follow_node(self, key: str) -> tuple[Object, ...]:
        """Return the objects that a node lists, in order.

        Raises:
            ReferencedObjectGoneError: If a reference leads nowhere.
        """
        found = []
        for ref in self.snapshot.node(key):
            target = self.snapshot.find(ref)
            if target is None:
                raise ReferencedObjectGoneError(f"node {key}", "value", ref, "does not exist")
            found.append(target)
        return tuple(found)

    def warn(self, of: Object, code: str, sentence: str) -> None:
        """Keep a warning about an object; the same one twice counts once."""
        self._warnings[CompileWarning(of.ref, of.name, code, sentence)] = None

    def warnings(self) -> tuple[CompileWarning, ...]:
        """Return the warnings in the order of the policy."""
        return tuple(self._warnings)

    def _checked(self, holder: Object, attribute: str, ref: str) -> Object:
        target = self.snapshot.find(ref)
        place = f"{holder.ref} ({holder.name})"
        if target is None:
            raise ReferencedObjectGoneError(place, attribute, ref, "does not exist")
        targets = object_class(holder.full_type).fields[attribute].targets
        if not accepts(targets, target.full_type):
            raise ReferencedObjectGoneError(
                place, attribute, ref, f"is a {target.full_type}, not a {' or '.join(targets)}"
            )
        return target
