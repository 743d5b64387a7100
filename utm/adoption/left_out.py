"""What neither an export nor an import takes: secrets, by a named list (data/left_out.json)."""

import json
from functools import cache
from importlib import resources
from typing import Any

from utm.confd.classes import object_class
from utm.confd.errors import UnknownClassError


@cache
def load(name: str) -> dict[str, Any]:
    """Return one of this room's data files, parsed."""
    text = (resources.files(__package__) / f"data/{name}.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def is_secret_node(key: str, value: Any = "") -> bool:
    """Tell whether a node is left out; what is true or false, or a number, is no secret."""
    listed = load("left_out")
    if isinstance(value, int):
        return False
    return key in listed["nodes"] or key.endswith(tuple(listed["endings"]))


def is_secret_attribute(full_type: str, name: str, value: Any = "") -> bool:
    """Tell whether an attribute of an object is left out."""
    listed = load("left_out")
    if isinstance(value, int):
        return False
    if name in listed["attributes"].get(full_type, ()) or name.endswith(tuple(listed["endings"])):
        return True
    try:
        return object_class(full_type).is_secret(name)
    except UnknownClassError:
        return False


def reason_to_keep(key: str) -> str:
    """Return why a node stays as it is here; empty when it is taken over."""
    nodes: dict[str, str] = load("own_nodes")["nodes"]
    for known, reason in nodes.items():
        if key == known or (known.endswith(".") and key.startswith(known)):
            return reason
    return ""
