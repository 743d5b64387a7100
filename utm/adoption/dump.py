"""A folder of answers of a REST API, whatever the files are called.

- An array of objects, one object, a map of either; the flat map of `/api/nodes`, or the tree of
  `/api/nodes/epp`, which does not say where it stands and is found by its keys.
- A file that looks like JSON and is none stops everything and is named: half a configuration would
  decide something else.
- What is JSON and neither is passed over and named, the errors that an appliance answered with too.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Final

from foundation.errors import DomainError
from utm.adoption.report import Note
from utm.confd.nodes import all_nodes
from utm.strict_json import strict_json

MOST_BYTES: Final = 128 << 20
MANIFEST_KEY: Final = "utmlab_export"
_DEEPEST: Final = 20
_PLAIN: Final = ("bool", "int64", "string", "[]string", "[]int64", "[]interface{}")


class DumpUnreadableError(DomainError):
    """A file of a dump is no JSON, or too large; nothing was taken."""

    code: ClassVar[str] = "dump_unreadable"
    hint: ClassVar[str] = "Fetch it again, or take it out of the folder."


class NothingToAdoptError(DomainError):
    """A folder holds neither objects nor nodes."""

    code: ClassVar[str] = "nothing_to_adopt"
    hint: ClassVar[str] = "It needs answers of /api/objects/CLASS/TYPE/ or of /api/nodes."


@dataclass(frozen=True, slots=True)
class Incoming:
    """An object as it came."""

    ref: str
    full_type: str
    locked: object
    attributes: Mapping[str, Any]


@dataclass(slots=True)
class Dump:
    """What a folder holds: objects in the order of files, nodes by key, what was passed over."""

    objects: dict[str, Incoming] = field(default_factory=dict)
    nodes: dict[str, Any] = field(default_factory=dict)
    files: int = 0
    passed_over: list[Note] = field(default_factory=list)

    def take(self, value: Any, file: str) -> None:
        """Take what one file holds."""
        self.files += 1
        problem = self._take(value)
        if problem:
            self.passed_over.append(Note(file, problem))

    def _take(self, value: Any) -> str:
        if isinstance(value, list):
            return self._take_list(value)
        if isinstance(value, dict):
            return self._take_mapping(value)
        return "is a single value, which does not say of which node"

    def _take_mapping(self, value: dict[str, Any]) -> str:
        problem = ""
        if "_ref" in value:
            problem = self._take_object(value)
        elif "swagger" in value:
            problem = "is a definition"
        elif any(key in all_nodes() for key in value):
            self.nodes |= value
        elif any(_holds_objects(each) for each in value.values()):
            problem = "; ".join(filter(None, map(self._take, value.values())))
        elif value and MANIFEST_KEY not in value and set(value) != {"utm", "restd"}:
            problem = self._take_tree(value)
        return problem

    def _take_list(self, values: list[Any]) -> str:
        if values and all(isinstance(one, dict) and "msgtype" in one for one in values):
            return f"is an error that the appliance answered with: {values[0].get('name', '')}"
        problems = [
            self._take_object(one) if isinstance(one, dict) else "has an entry that is no object"
            for one in values
        ]
        return "; ".join(dict.fromkeys(filter(None, problems)))

    def _take_object(self, value: dict[str, Any]) -> str:
        ref, full_type = value.get("_ref"), value.get("_type")
        if not (isinstance(ref, str) and isinstance(full_type, str)):
            return "has an object without _ref and _type"
        attributes = {key: each for key, each in value.items() if not key.startswith("_")}
        self.objects[ref] = Incoming(ref, full_type, value.get("_locked", ""), attributes)
        return ""

    def _take_tree(self, tree: dict[str, Any]) -> str:
        fits: dict[int, list[dict[str, Any]]] = {}
        for prefix in _branches():
            flat = dict(_flattened(tree, prefix))
            fits.setdefault(sum(map(_fits, flat, flat.values())), []).append(flat)
        best = max(fits)
        if not best:
            return "holds neither objects nor nodes"
        if len(fits[best]) > 1:
            return "is a tree of nodes that could stand in several places: fetch /api/nodes"
        self.nodes |= fits[best][0]
        return ""


def read_dump(folder: Path) -> Dump:
    """Read every file of a folder and below it.

    Raises:
        DumpUnreadableError: If files are broken; all are named.
        NothingToAdoptError: If there is nothing in it.
    """
    dump, broken = Dump(), []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not path.is_file() or any(
            part.startswith(".") for part in path.parts[len(folder.parts) :]
        ):
            continue
        try:
            body = _body(path)
            if body is None:
                dump.passed_over.append(Note(name, "is no JSON"))
            else:
                dump.take(strict_json(body), name)
        except (OSError, ValueError) as error:
            broken.append(f"{name}: {_reason(error)}")
    if broken:
        raise DumpUnreadableError("; ".join(broken))
    if not (dump.objects or dump.nodes):
        why = "".join(f"; {one.where} {one.why}" for one in dump.passed_over[:5])
        raise NothingToAdoptError(f"{folder} holds no objects and no nodes{why}")
    return dump


def _body(path: Path) -> bytes | None:
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES} bytes")
    body = path.read_bytes()
    if path.suffix.lower() != ".json" and body.lstrip()[:1] not in (b"[", b"{"):
        return None
    return body


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON at line {error.lineno}, column {error.colno}: {error.msg}"
    if isinstance(error, UnicodeDecodeError | UnicodeEncodeError):
        return f"no UTF-8 at {error.start}"
    return str(error)


def _holds_objects(value: Any) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, dict) and "_ref" in first


def _flattened(tree: Mapping[str, Any], prefix: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        key = f"{prefix}{name}"
        if key in all_nodes() or not isinstance(value, dict) or depth > _DEEPEST:
            yield key, value
        else:
            yield from _flattened(value, f"{key}.", depth + 1)


def _fits(key: str, value: Any) -> bool:
    """Tell whether there is such a node, and it is no branch."""
    known = all_nodes().get(key)
    return known is not None and not (isinstance(value, dict) and known.type_name in _PLAIN)


@cache
def _branches() -> tuple[str, ...]:
    """Every place where a tree of nodes can stand, as the beginning of its keys."""
    found = {""}
    for key in all_nodes():
        parts = key.split(".")
        found |= {".".join(parts[:count]) + "." for count in range(1, len(parts))}
    return tuple(sorted(found))
