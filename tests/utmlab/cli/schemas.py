"""A small reader of the JSON Schemas in docs/schemas: as much of the standard as they use."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "docs" / "schemas"
UNDERSTOOD = {
    "$schema", "title", "description", "type", "required", "properties", "items", "enum", "const",
    "additionalProperties",
}  # fmt: skip
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def schema(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.schema.json").read_text())
    return content


def problems(value: Any, rule: dict[str, Any], place: str = "$") -> list[str]:
    """What of a value is not as the schema says, also fields that it does not name."""
    unknown = set(rule) - UNDERSTOOD
    found = [f"{place}: the schema uses {one}" for one in unknown]
    if "const" in rule and value != rule["const"]:
        found.append(f"{place}: {value!r} is not {rule['const']!r}")
    if "enum" in rule and value not in rule["enum"]:
        found.append(f"{place}: {value!r} is none of {rule['enum']}")
    if "type" in rule and not _is_of(value, rule["type"]):
        return [*found, f"{place}: {value!r} is no {rule['type']}"]
    if isinstance(value, list) and "items" in rule:
        for number, one in enumerate(value):
            found += problems(one, rule["items"], f"{place}[{number}]")
    if isinstance(value, dict):
        found += _of_object(value, rule, place)
    return found


def _of_object(value: dict[str, Any], rule: dict[str, Any], place: str) -> list[str]:
    named = rule.get("properties", {})
    found = [f"{place}: {key} is missing" for key in rule.get("required", []) if key not in value]
    for key, one in value.items():
        if key in named:
            found += problems(one, named[key], f"{place}.{key}")
        elif isinstance(rule.get("additionalProperties"), dict):
            found += problems(one, rule["additionalProperties"], f"{place}.{key}")
        elif rule.get("additionalProperties") is False:
            found.append(f"{place}: {key} is not allowed")
    return found


def _is_of(value: Any, wanted: str | list[str]) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, TYPES[name]) for name in names)
