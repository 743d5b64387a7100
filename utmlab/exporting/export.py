"""Writing the configuration of another appliance into a folder, whole or not at all.

- Written into a folder beside, which takes the place of the wanted one when everything is there: an
  export that is interrupted leaves what was there before, and the next begins anew.
- A folder that holds anything but an export is left alone.
- Secrets are left out before anything is written, by the list in utm/adoption/data/left_out.json.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar, Final

from foundation.durable.files import write_atomic
from foundation.errors import DomainError
from utm.adoption import is_secret_attribute, is_secret_node
from utm.adoption.dump import MANIFEST_KEY
from utmlab.exporting.source import Source, SourceRefusedError

MANIFEST: Final = "export.json"
_TYPE_PATH: Final = re.compile(r".*/?objects/([a-z0-9_]+)/([a-z0-9_]+)/?")

Progress = Callable[[int, int, str], None]
"""Told how many of how many requests are answered, and what the next one is."""


class FolderNotOursError(DomainError):
    """The folder to write holds something that is no export."""

    code: ClassVar[str] = "folder_not_ours"
    hint: ClassVar[str] = "Name a folder that is empty, new, or an earlier export."


@dataclass(slots=True)
class Exported:
    """What was fetched: objects per class and type, nodes, and what was left out as a secret."""

    objects: dict[str, int] = field(default_factory=dict)
    nodes: int = 0
    left_out: set[str] = field(default_factory=set)
    version: dict[str, Any] = field(default_factory=dict)


async def export(
    source: Source,
    folder: Path,
    *,
    now: Callable[[], datetime],
    progress: Progress = lambda _done, _all, _next: None,
) -> Exported:
    """Fetch the configuration and write it.

    Raises:
        FolderNotOursError: If the folder holds something else.
        SourceUnreachableError: If the appliance cannot be reached.
        SourceRefusedError: If it refuses.
    """
    _check(folder)
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    beside.mkdir(parents=True)
    try:
        exported = await _fetch(source, beside, progress)
        manifest = {
            MANIFEST_KEY: 1,
            "source": source.url,
            "at": now().isoformat(),
            "version": exported.version,
            "objects": exported.objects,
            "nodes": exported.nodes,
            "left_out": sorted(exported.left_out),
        }
        _write(beside / MANIFEST, manifest)
        _put_in_place(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return exported


async def _fetch(source: Source, folder: Path, progress: Progress) -> Exported:
    exported = Exported()
    async with source:
        exported.version = _mapping(await source.get("/status/version"), "/status/version")
        types = await _types(source)
        paths = [f"/objects/{one}/" for one in types]
        for done, (full_type, path) in enumerate(zip(types, paths, strict=True)):
            progress(done, len(paths) + 1, path)
            objects = await source.get(path)
            if objects:
                _write(folder / "objects" / f"{full_type}.json", _open(exported, objects, path))
                exported.objects[full_type] = len(objects)
        progress(len(paths), len(paths) + 1, "/nodes")
        nodes = _mapping(await source.get("/nodes"), "/nodes")
        kept = {key: value for key, value in nodes.items() if not is_secret_node(key, value)}
        exported.left_out |= {key for key in nodes if key not in kept and nodes[key]}
        _write(folder / "nodes.json", kept)
        exported.nodes = len(kept)
        progress(len(paths) + 1, len(paths) + 1, "")
    return exported


async def _types(source: Source) -> list[str]:
    found: dict[str, None] = {}
    for class_, known in _known_types().items():
        definition = await source.get(f"/definitions/{class_}")
        paths = definition.get("paths", {}) if isinstance(definition, dict) else {}
        named = [match for path in paths if (match := _TYPE_PATH.fullmatch(path))]
        found |= {f"{class_}/{match[2]}": None for match in named if match[1] == class_}
        found |= {f"{class_}/{type_}": None for type_ in known}
    return list(found)


def _open(exported: Exported, objects: Any, path: str) -> list[dict[str, Any]]:
    """Return objects without their secrets."""
    if not isinstance(objects, list) or not all(isinstance(one, dict) for one in objects):
        raise SourceRefusedError(f"{path} is answered with what is no array of objects")
    kept = []
    for one in objects:
        full_type = str(one.get("_type", ""))
        hidden = {
            name for name, value in one.items() if is_secret_attribute(full_type, name, value)
        }
        exported.left_out |= {f"{full_type}.{name}" for name in hidden if one[name]}
        kept.append({name: value for name, value in one.items() if name not in hidden})
    return kept


def _mapping(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SourceRefusedError(f"{path} is answered with what is no map")
    return value


def _check(folder: Path) -> None:
    if not folder.exists():
        return
    is_ours = folder.is_dir() and (not any(folder.iterdir()) or (folder / MANIFEST).is_file())
    if not is_ours:
        raise FolderNotOursError(f"{folder} holds something that is no export")


def _put_in_place(beside: Path, folder: Path) -> None:
    before = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        folder.replace(before)
    beside.replace(folder)
    shutil.rmtree(before, ignore_errors=True)


def _write(path: Path, value: Any) -> None:
    content = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    write_atomic(path, content.encode("utf-8", "surrogatepass"), mode=0o600, sync=False)


@cache
def _known_types() -> Mapping[str, list[str]]:
    text = (resources.files(__package__) / "data/known_types.json").read_text("utf-8")
    classes: dict[str, list[str]] = json.loads(text)["classes"]
    return classes
