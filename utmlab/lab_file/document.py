"""What a lab file says: settings, the UTM's configuration, the computers. Pure.

- JSON, `"schema": 1`; every part may be missing, and what is missing stays as it is in the lab.
- Secrets, identities and ports are not in it: the same file makes many labs.
- A file that is wrong in one place is refused whole, and the place is named.

Provenance: ours; objects and nodes are in the form of the REST API.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, get_args

from endpoint.network import Location
from foundation.errors import DomainError
from utm.logs.catalogue import EPLOG_PROCESSES, LOG_PROFILES
from utm.strict_json import strict_json

SCHEMA: Final = 1
_SETTINGS: Final[Mapping[str, tuple[Any, ...]]] = {
    "timezone": (),
    "strict": (True, False),
    "log_profile": LOG_PROFILES,
    "eplog_process": EPLOG_PROCESSES,
}
"""Name to the values that it may have; empty for any text."""
_PARTS: Final = ("schema", "settings", "endpoint_protection", "configuration", "computers")


class LabFileRefusedError(DomainError):
    """A lab file that cannot be applied; nothing has changed."""

    code: ClassVar[str] = "lab_file_refused"
    hint: ClassVar[str] = "`utmlab export` writes one; docs/schemas/lab.schema.json describes it."


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputerWanted:
    """A computer of a lab file; an empty group or location leaves it where it is."""

    name: str
    group: str = ""
    location: str = ""
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabDocument:
    """A lab file.

    Attributes:
        settings: How the lab runs, from its next start on.
        endpoint_protection: Whether it is on; None leaves it.
        objects: Objects of the UTM, as its REST API writes them.
        nodes: Nodes of the UTM.
        computers: The computers that are to be there.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    endpoint_protection: bool | None = None
    objects: tuple[Mapping[str, Any], ...] = ()
    nodes: Mapping[str, Any] = field(default_factory=dict)
    computers: tuple[ComputerWanted, ...] = ()

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "schema": SCHEMA,
            "settings": dict(self.settings),
            "endpoint_protection": self.endpoint_protection,
            "configuration": {
                "objects": [dict(one) for one in self.objects],
                "nodes": dict(self.nodes),
            },
            "computers": [
                {
                    "name": one.name,
                    "group": one.group,
                    "location": one.location,
                    "products": list(one.products),
                }
                for one in self.computers
            ],
        }


def read_lab(body: bytes) -> LabDocument:
    """Read a lab file.

    Raises:
        LabFileRefusedError: If it is none; the sentence names the place.
    """
    try:
        content = strict_json(body)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise LabFileRefusedError(f"no JSON at {where}: {error.msg}") from error
    except ValueError as error:
        raise LabFileRefusedError(f"no JSON: {error}") from error
    top = _mapping(content, "the file")
    _known(top, _PARTS, "the file")
    if top.get("schema") != SCHEMA:
        raise LabFileRefusedError(f"schema is {top.get('schema')!r}; this version reads {SCHEMA}")
    configuration = _mapping(top.get("configuration", {}), "configuration")
    _known(configuration, ("objects", "nodes"), "configuration")
    return LabDocument(
        settings=_settings(_mapping(top.get("settings", {}), "settings")),
        endpoint_protection=_switch(top.get("endpoint_protection")),
        objects=_objects(configuration.get("objects", [])),
        nodes=_mapping(configuration.get("nodes", {}), "configuration.nodes"),
        computers=_computers(top.get("computers", [])),
    )


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    _known(given, _SETTINGS, "settings")
    for name, value in given.items():
        allowed = _SETTINGS[name]
        if allowed and value not in allowed:
            raise LabFileRefusedError(f"settings.{name} is {value!r}, none of {allowed}")
        if not allowed and not isinstance(value, str):
            raise LabFileRefusedError(f"settings.{name} is no text")
    return dict(given)


def _switch(value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise LabFileRefusedError("endpoint_protection is neither true nor false")
    return value


def _objects(given: Any) -> tuple[Mapping[str, Any], ...]:
    objects = [_mapping(one, f"configuration.objects[{at}]") for at, one in enumerate(_list(given))]
    for at, one in enumerate(objects):
        if not (isinstance(one.get("_ref"), str) and isinstance(one.get("_type"), str)):
            raise LabFileRefusedError(f"configuration.objects[{at}] has no _ref or no _type")
    return tuple(objects)


def _computers(given: Any) -> tuple[ComputerWanted, ...]:
    wanted: dict[str, ComputerWanted] = {}
    for at, one in enumerate(_list(given)):
        where = f"computers[{at}]"
        record = _mapping(one, where)
        _known(record, ("name", "group", "location", "products"), where)
        name, products = record.get("name"), record.get("products", [])
        if not isinstance(name, str) or not name or "/" in name or name.startswith("."):
            raise LabFileRefusedError(f"{where}.name is no name of a computer: {name!r}")
        if name in wanted:
            raise LabFileRefusedError(f"{where}.name is {name}, which came before")
        location, group = record.get("location", ""), record.get("group", "")
        if location not in ("", *get_args(Location)):
            raise LabFileRefusedError(f"{where}.location is {location!r}")
        if not isinstance(group, str):
            raise LabFileRefusedError(f"{where}.group is no text")
        if not all(isinstance(each, str) and each for each in _list(products)):
            raise LabFileRefusedError(f"{where}.products holds something that is no name")
        wanted[name] = ComputerWanted(
            name=name, group=group, location=location, products=tuple(products)
        )
    return tuple(wanted.values())


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise LabFileRefusedError(f"{where} is no object of JSON")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise LabFileRefusedError(f"{str(value)[:40]!r} stands where a list is wanted")
    return value


def _known(given: Mapping[str, Any], names: Any, where: str) -> None:
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise LabFileRefusedError(f"{where} has {unknown[0]!r}, which is none of {list(names)}")
