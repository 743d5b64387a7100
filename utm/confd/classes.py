"""The classes of objects and their fields, from the public class data and a few of ours.

- `data/utm_rest_classes.json` is the public data (types, enums, defaults), copied unchanged.
- `data/own_classes.json` adds, minimal and ours, the classes that its fields refer to.
- `data/annotations.json`, ours, says which classes a list of references may hold, and which fields
  hold patterns.
- A field without a default is required when it has no neutral value: a name, an enum, a single
  reference. Everything else starts as the zero of its type.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from utm.confd.errors import UnknownClassError
from utm.confd.values import ZERO, Value, freeze

_REF: Final = re.compile(r"REF\(([^)]+)\)")
_FORMATS: Final = ("TIME", "DATE", "IPADDR")
_ENVELOPE: Final = frozenset({"_ref", "_type", "_locked"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One attribute of a class; `targets` are the classes that a reference may lead to."""

    name: str
    type_name: str
    default: Value
    is_required: bool = False
    is_secret: bool = False
    is_pattern: bool = False
    words: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    format_: str = ""

    def refs_in(self, value: Value) -> tuple[str, ...]:
        """Return the references in a value of this field, in order; none if it holds no refs."""
        if not self.targets:
            return ()
        texts = value if isinstance(value, tuple) else (value,)
        return tuple(text for text in texts if text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectClass:
    """One class of objects, such as http/exception."""

    full_type: str
    title: str
    standing: str
    fields: Mapping[str, Field]


def accepts(targets: tuple[str, ...], full_type: str) -> bool:
    """Tell whether an object of that class may stand where the targets are allowed."""
    class_ = full_type.partition("/")[0]
    return any(target in (full_type, f"{class_}/*") for target in targets)


def object_class(full_type: str) -> ObjectClass:
    """Return the class.

    Raises:
        UnknownClassError: If there is none of that name.
    """
    found = object_classes().get(full_type)
    if found is None:
        raise UnknownClassError(full_type)
    return found


@cache
def object_classes() -> Mapping[str, ObjectClass]:
    """Return every class by its name class/type."""
    classes = [
        _read_class(raw, standing)
        for file_name, standing in (("utm_rest_classes", "documented"), ("own_classes", "ours"))
        for raw in load_data(file_name).values()
    ]
    return MappingProxyType({class_.full_type: class_ for class_ in classes})


@cache
def load_data(name: str) -> dict[str, Any]:
    """Return one of this room's data files, parsed."""
    text = (resources.files(__package__) / f"data/{name}.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _read_class(raw: dict[str, Any], standing: str) -> ObjectClass:
    full_type = raw["path"].removeprefix("/api/objects/").strip("/")
    annotations = load_data("annotations")
    lists = annotations["lists"].get(full_type, {})
    required = annotations["required"].get(full_type, ())
    secret = annotations["secret_fields"].get(full_type, ())
    patterns = annotations["patterns"].get(full_type, ())
    fields = {
        name: _read_field(
            name,
            field,
            lists.get(name, ()),
            is_required=name in required,
            is_secret=name in secret,
            is_pattern=name in patterns,
        )
        for name, field in raw["fields"].items()
        if name not in _ENVELOPE
    }
    return ObjectClass(
        full_type=full_type,
        title=raw["title"],
        standing=standing,
        fields=MappingProxyType(fields),
    )


def _read_field(
    name: str,
    raw: dict[str, Any],
    in_list: list[str],
    *,
    is_required: bool,
    is_secret: bool,
    is_pattern: bool,
) -> Field:
    description = raw.get("description", "")
    targets = tuple(_REF.findall(description)) or tuple(in_list)
    words = tuple(raw.get("enum", ()))
    has_no_neutral = name == "name" or bool(words) or (raw["type"] == "string" and bool(targets))
    return Field(
        name=name,
        type_name=raw["type"],
        default=freeze(raw.get("default", ZERO[raw["type"]])),
        is_required=is_required or ("default" not in raw and has_no_neutral),
        is_secret=is_secret,
        is_pattern=is_pattern,
        words=words,
        targets=targets,
        format_=next((known for known in _FORMATS if f"({known})" in description), ""),
    )
