"""What confd refuses, and why.

- Each leaf carries the fields a caller needs to explain itself: the reference, the attribute,
  the users of an object. The sentence names them; the hint says what to do.
"""

from typing import ClassVar

from foundation.errors import DomainError
from foundation.webfilter.patterns import PatternRefusedError


class ConfdError(DomainError):
    """The root of everything that confd refuses."""

    code: ClassVar[str] = "confd_error"


class UnknownClassError(ConfdError):
    """There is no such class of objects."""

    code: ClassVar[str] = "unknown_class"
    hint: ClassVar[str] = "Classes are written class/type, for example http/exception."

    def __init__(self, full_type: str) -> None:
        super().__init__(f"there is no object class {full_type!r}")
        self.full_type = full_type


class AttributeRefusedError(ConfdError):
    """An attribute is unknown, missing, or has a value that its type does not allow."""

    code: ClassVar[str] = "attribute_refused"
    hint: ClassVar[str] = "The class's fields, types and words are in its definition."

    def __init__(self, full_type: str, attribute: str, problem: str) -> None:
        super().__init__(f"attribute {attribute!r} of {full_type}: {problem}")
        self.full_type = full_type
        self.attribute = attribute
        self.problem = problem


class PatternNotAcceptedError(AttributeRefusedError):
    """A field that holds patterns was given one that RE2 refuses.

    Attributes:
        pattern: The pattern as it was given.
        reason: Why RE2 refuses it.
        position: Where in it, counted from 0.
        suggestion: The pattern that was probably meant; empty when nobody can tell.
    """

    code: ClassVar[str] = "pattern_refused"
    hint: ClassVar[str] = PatternRefusedError.hint

    def __init__(self, full_type: str, attribute: str, refusal: PatternRefusedError) -> None:
        meant = f"; perhaps {refusal.suggestion} is meant" if refusal.suggestion else ""
        super().__init__(
            full_type, attribute, f"{refusal} (at character {refusal.position + 1}){meant}"
        )
        self.pattern = refusal.pattern
        self.reason = refusal.reason
        self.position = refusal.position
        self.suggestion = refusal.suggestion


class NoSuchObjectError(ConfdError):
    """No object has this reference."""

    code: ClassVar[str] = "no_such_object"
    hint: ClassVar[str] = "It may have been deleted; list the objects of its class."

    def __init__(self, ref: str) -> None:
        super().__init__(f"there is no object {ref}")
        self.ref = ref


class ReferenceRefusedError(ConfdError):
    """A reference leads to no object, or to one of a class that the field cannot hold."""

    code: ClassVar[str] = "reference_refused"
    hint: ClassVar[str] = "Create the object first, or refer to one of the class named."

    def __init__(self, holder: str, field: str, target: str, problem: str) -> None:
        super().__init__(f"{holder}, {field}: {target} {problem}")
        self.holder = holder
        self.field = field
        self.target = target


class RefTakenError(ConfdError):
    """A chosen reference belongs to another object, or is not well-formed."""

    code: ClassVar[str] = "ref_taken"
    hint: ClassVar[str] = "Leave the reference out: confd makes a unique one from the name."

    def __init__(self, ref: str, problem: str) -> None:
        super().__init__(f"reference {ref!r} {problem}")
        self.ref = ref


class ObjectLockedError(ConfdError):
    """The object is locked."""

    code: ClassVar[str] = "object_locked"
    hint: ClassVar[str] = "A user lock can be overridden, a global one never: copy the object."

    def __init__(self, ref: str, name: str, lock: str) -> None:
        super().__init__(f"{ref} ({name}) is locked ({lock})")
        self.ref = ref
        self.lock = lock


class ObjectInUseError(ConfdError):
    """The object cannot be deleted, because others refer to it."""

    code: ClassVar[str] = "object_in_use"
    hint: ClassVar[str] = "Take it out of the objects and nodes named, then delete it."

    def __init__(self, ref: str, name: str, users: tuple[str, ...]) -> None:
        super().__init__(f"{ref} ({name}) is used by {', '.join(users)}")
        self.ref = ref
        self.users = users


class UnknownNodeError(ConfdError):
    """There is no such node."""

    code: ClassVar[str] = "unknown_node"
    hint: ClassVar[str] = "Nodes are written with dots, for example epp.status.epp."

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no node {key!r}")
        self.key = key


class NodeValueRefusedError(ConfdError):
    """A node cannot hold this value."""

    code: ClassVar[str] = "node_value_refused"
    hint: ClassVar[str] = "Give a value of the node's type."

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"node {key}: {problem}")
        self.key = key
        self.problem = problem


class ChangeNotStoredError(ConfdError):
    """The disk refused a change of the configuration; everything is as it was."""

    code: ClassVar[str] = "change_not_stored"
    hint: ClassVar[str] = "Make room on the disk of the UTM's data folder and try again."
