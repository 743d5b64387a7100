"""The classes of objects and their fields, from the public class data and a few of ours.

- `data/utm_rest_classes.json` is the public data (types, enums, defaults), copied unchanged.
- `data/own_classes.json` adds, minimal and ours, the classes that its fields refer to.
- `data/annotations.json`, ours, says which classes a list of references may hold, and which fields
  hold patterns.
- A class that the public data does not describe is open: beside the name and the comment it keeps
  whatever attributes come, unchecked. Ours that stand in for such classes are open too. Where the
  data describes the class (the part before the slash) whole, a type that it lacks does not exist.
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
_FULL_TYPE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}/[a-z0-9][a-z0-9_]{0,63}")
_DESCRIBED_WHOLE: Final = frozenset({"epp", "http", "lab", "remote_syslog", "reporting", "time"})
_OPEN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


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
    """One class of objects, such as http/exception; an open one keeps other attributes too."""

    full_type: str
    title: str
    standing: str
    fields: Mapping[str, Field]
    is_open: bool = False

    def takes(self, attribute: str) -> bool:
        """Whether objects of the class may have that attribute."""
        if attribute in self.fields:
            return True
        return self.is_open and is_attribute_name(attribute)

    def is_secret(self, attribute: str) -> bool:
        """Whether nobody may read that attribute."""
        field = self.fields.get(attribute)
        if field is not None:
            return field.is_secret
        annotations = load_data("annotations")
        named = annotations["open_secrets"].get(self.full_type, ())
        return attribute in named or attribute.endswith(tuple(annotations["secret_node_endings"]))


def is_attribute_name(text: str) -> bool:
    """Tell whether an attribute that no class describes could be called so."""
    return _OPEN_NAME.fullmatch(text) is not None


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
    if found is not None:
        return found
    is_described = full_type.partition("/")[0] in _DESCRIBED_WHOLE
    if is_described or _FULL_TYPE.fullmatch(full_type) is None:
        raise UnknownClassError(full_type)
    return ObjectClass(
        full_type=full_type,
        title=full_type.partition("/")[2].replace("_", " "),
        standing="ours",
        fields=_OPEN_FIELDS,
        is_open=True,
    )


@cache
def object_classes() -> Mapping[str, ObjectClass]:
    """Return every class that is described, by its name class/type."""
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
        is_open=raw.get("open", False),
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


# Clients are known that send null for a comment, and compare it with what they read.
_OPEN_FIELDS: Final = MappingProxyType(
    {
        "comment": Field(name="comment", type_name="interface{}", default=""),
        "name": Field(name="name", type_name="string", default="", is_required=True),
    }
)
