"""What came of taking over a configuration: counts, and everything that was not simply taken."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Placeholder(NamedTuple):
    """An object that stands for one that no file holds; `used_by` are `REF attribute` or nodes."""

    ref: str
    type: str
    used_by: tuple[str, ...]


class InactivePattern(NamedTuple):
    """A pattern that is kept and matches nothing, since RE2 refuses it."""

    ref: str
    attribute: str
    pattern: str
    reason: str
    suggestion: str


class Note(NamedTuple):
    """Something that was not taken, and why."""

    where: str
    why: str


@dataclass(slots=True)
class Adopted:
    """The outcome.

    Attributes:
        created: How many objects are new.
        changed: How many were there and are changed.
        unchanged: How many were there as they came.
        nodes_set: The nodes that have another value now.
        placeholders: What was referred to and is in no file.
        inactive_patterns: Patterns that RE2 refuses.
        unknown_classes: Classes that cannot be kept, and how many objects of each came.
        unknown_keys: `class/type.key` that the class does not have, and how often: kept.
        unknown_nodes: Nodes that this version does not know: left out.
        kept_nodes: Nodes that came with another value and stay as they are here, and why.
        secrets: What was left out because it is a secret: nodes, and `class/type.attribute`.
        refused: Values and objects that could not be taken, and why.
        superseded: Built-in objects of here that gave way to one of the same name.
        unordered: Lists whose order is that of the files, for want of the node.
        warnings: What the policies made of it have to say.
    """

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    nodes_set: list[str] = field(default_factory=list)
    placeholders: list[Placeholder] = field(default_factory=list)
    inactive_patterns: list[InactivePattern] = field(default_factory=list)
    unknown_classes: dict[str, int] = field(default_factory=dict)
    unknown_keys: dict[str, int] = field(default_factory=dict)
    unknown_nodes: list[str] = field(default_factory=list)
    kept_nodes: list[Note] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    refused: list[Note] = field(default_factory=list)
    superseded: list[Note] = field(default_factory=list)
    unordered: list[str] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
