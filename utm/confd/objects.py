"""One object of the configuration, and the check of its attributes.

- An object has every attribute of its class: what was not given has the class's default. One of an
  open class has the others that were given as well.
- Attributes are frozen; the envelope (`_ref`, `_type`, `_locked`) is kept apart from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from utm.confd.classes import Field, ObjectClass, object_class
from utm.confd.errors import AttributeRefusedError
from utm.confd.values import Value, freeze, problem_with_format, problem_with_type, thaw

Lock = Literal["", "user", "global"]


@dataclass(frozen=True, slots=True)
class Object:
    """A configured object; `locked` is empty, "user" (can be overridden) or "global" (never)."""

    ref: str
    class_: str
    type_: str
    locked: Lock
    attributes: Mapping[str, Value]

    @property
    def full_type(self) -> str:
        """The class as the envelope spells it, such as http/exception."""
        return f"{self.class_}/{self.type_}"

    @property
    def name(self) -> str:
        """The name that people gave it."""
        return self.text("name")

    def text(self, attribute: str) -> str:
        """Return an attribute that holds text."""
        value: str = self.attributes[attribute]
        return value

    def number(self, attribute: str) -> int:
        """Return an attribute that holds a whole number."""
        value: int = self.attributes[attribute]
        return value

    def is_on(self, attribute: str) -> bool:
        """Return an attribute that is true or false."""
        value: bool = self.attributes[attribute]
        return value

    def texts(self, attribute: str) -> tuple[str, ...]:
        """Return an attribute that holds a list of texts."""
        value: tuple[str, ...] = self.attributes[attribute]
        return value

    def document(self) -> dict[str, Any]:
        """Return the object as everybody may see it: secrets are empty texts."""
        class_ = object_class(self.full_type)
        envelope = {"_locked": self.locked, "_ref": self.ref, "_type": self.full_type}
        return envelope | {
            key: "" if value and class_.is_secret(key) else thaw(value)
            for key, value in self.attributes.items()
        }

    def references(self) -> tuple[tuple[str, str], ...]:
        """Return (attribute, reference) of every object that this one refers to, in order."""
        return tuple(
            (field.name, ref)
            for field in object_class(self.full_type).fields.values()
            for ref in field.refs_in(self.attributes[field.name])
        )


def completed_attributes(
    of: ObjectClass,
    given: Mapping[str, Value],
    base: Mapping[str, Value] | None = None,
    *,
    keeps_unknown: bool = False,
) -> Mapping[str, Value]:
    """Return all attributes of a class: the given ones over `base`, or over the defaults.

    Args:
        of: The class.
        given: Attributes.
        base: What the object holds.
        keeps_unknown: Whether attributes that the class does not have are kept.

    Raises:
        AttributeRefusedError: If one is unknown, missing or has a value it cannot have.
    """
    for name in given:
        if not (keeps_unknown or of.takes(name)):
            raise AttributeRefusedError(of.full_type, name, "there is no such attribute")
    attributes: dict[str, Value] = {}
    for field in of.fields.values():
        if field.name in given:
            attributes[field.name] = _checked(of, field, freeze(given[field.name]))
        elif base is not None and field.name in base:
            attributes[field.name] = base[field.name]
        elif field.is_required:
            raise AttributeRefusedError(of.full_type, field.name, "is required")
        else:
            attributes[field.name] = field.default
    others = {**(base or {}), **given}
    attributes |= {name: freeze(value) for name, value in others.items() if name not in of.fields}
    return MappingProxyType(attributes)


def _checked(of: ObjectClass, field: Field, value: Value) -> Value:
    problem = problem_with_type(field.type_name, value)
    if problem is None and field.is_required and value == "":
        problem = "must not be empty"
    if problem is None and field.words and value not in field.words:
        problem = f"needs one of {', '.join(field.words)}, not {value!r}"
    if problem is None and field.format_:
        problem = problem_with_format(field.format_, value)
    if problem is not None:
        if field.is_secret:
            problem = problem.partition(", not ")[0]
        raise AttributeRefusedError(of.full_type, field.name, problem)
    return value
