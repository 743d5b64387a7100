"""The nodes: the appliance's settings outside objects, each with a type.

- Keys and types are the 1,231 of `data/utm_rest_nodes.json` (documented). The only defaults known
  are in `data/builtins.json`; every other node starts as the zero of its type.
- Some nodes list the objects of a class, and their order is the order of matching. Creating an
  object puts it into its list, deleting it takes it out (ours); in `http.profiles` a new one comes
  first, as the product does for policies, and the base profile is always last (documented).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from utm.confd.classes import load_data
from utm.confd.errors import NodeValueRefusedError, UnknownNodeError
from utm.confd.values import ZERO, Value, freeze, problem_with_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node; `listed_class` is the class whose objects it lists, `is_port` one we listen on."""

    key: str
    type_name: str
    targets: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    listed_class: str = ""
    is_new_first: bool = False
    last_ref: str = ""
    is_secret: bool = False
    is_port: bool = False

    @property
    def zero(self) -> Value:
        """What the node holds before anybody sets it."""
        return ZERO[self.type_name]

    def refs_in(self, value: Value) -> tuple[str, ...]:
        """Return the references in a value of this node, in order; none if it holds no refs."""
        if not self.targets:
            return ()
        texts = value if isinstance(value, tuple) else (value,)
        return tuple(text for text in texts if text)

    def with_listed(self, value: tuple[str, ...], ref: str) -> tuple[str, ...]:
        """Return the list with a new object in its place."""
        if ref == self.last_ref:
            return (*value, ref)
        if self.is_new_first:
            return (ref, *value)
        return (*value, ref)


def node(key: str) -> Node:
    """Return the node.

    Raises:
        UnknownNodeError: If there is none of that key.
    """
    found = all_nodes().get(key)
    if found is None:
        raise UnknownNodeError(key)
    return found


def listing_node(full_type: str) -> Node | None:
    """Return the node that lists the objects of a class, or None."""
    return _listing_nodes().get(full_type)


def checked_value(of: Node, value: Value) -> Value:
    """Return the value frozen, once it fits the node.

    Raises:
        NodeValueRefusedError: If it has another type, an unknown word, or a wrong order.
    """
    frozen = freeze(value)
    problem = problem_with_type(of.type_name, frozen) or _problem_with_content(of, frozen)
    if problem is not None:
        shown = problem.partition(", not ")[0] if of.is_secret else problem
        raise NodeValueRefusedError(of.key, shown)
    return frozen


def _problem_with_content(of: Node, value: Value) -> str | None:
    if of.words and value not in of.words:
        return f"needs one of {', '.join(of.words)}, not {value!r}"
    if of.is_port and not 0 <= value < 1 << 16:
        return f"needs a port, 0 to 65535, not {value!r}"
    if of.targets and isinstance(value, tuple):
        if not all(isinstance(item, str) for item in value):
            return "needs references"
        if len(set(value)) != len(value):
            return "names an object twice"
        if of.last_ref and value[-1:] != (of.last_ref,):
            return f"must end with {of.last_ref}"
    return None


@cache
def all_nodes() -> Mapping[str, Node]:
    """Return every node by key, in the order of the public data."""
    annotations = load_data("annotations")
    endings = tuple(annotations["secret_node_endings"])
    return MappingProxyType(
        {
            key: _read_node(key, type_name, annotations["nodes"].get(key, {}), endings)
            for key, type_name in load_data("utm_rest_nodes").items()
        }
    )


@cache
def _listing_nodes() -> Mapping[str, Node]:
    return {each.listed_class: each for each in all_nodes().values() if each.listed_class}


def _read_node(key: str, type_name: str, raw: dict[str, Any], endings: tuple[str, ...]) -> Node:
    return Node(
        key=key,
        type_name=type_name,
        targets=tuple(raw.get("refs", ())),
        words=tuple(raw.get("enum", ())),
        listed_class=raw.get("lists", ""),
        is_new_first=raw.get("new_first", False),
        last_ref=raw.get("last", ""),
        is_port=raw.get("port", False),
        is_secret=type_name != "bool" and key.endswith(endings),
    )
