"""Values of attributes and nodes: JSON outside, frozen inside.

- A stored value is text, a number, a boolean, nothing, or a list or mapping of such.
- In memory lists are tuples and mappings are read-only, so that a snapshot cannot change.
- Types are those of the public class and node data; checks are strict: `True` is no number.
"""

import ipaddress
from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Any, Final, TypeAlias

Value: TypeAlias = Any
"""A frozen value: str, int, bool, None, tuple of values, read-only mapping of values."""

ZERO: Final[Mapping[str, Value]] = MappingProxyType(
    {
        "string": "",
        "int": 0,
        "int64": 0,
        "bool": False,
        "[]string": (),
        "[]int64": (),
        "[]interface{}": (),
        "map[string]string": MappingProxyType({}),
        "interface{}": None,
        "struct{}": None,
    }
)
"""What a field or node of each type holds when the data names no default.

`struct{}` stands where the public data was generated from a null: any value is accepted there.
"""


def freeze(value: Value) -> Value:
    """Return the value with tuples for lists and read-only mappings for dicts."""
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    if isinstance(value, Mapping):
        return MappingProxyType({str(key): freeze(item) for key, item in value.items()})
    return value


def thaw(value: Value) -> Value:
    """Return the value as JSON has it: lists and dicts."""
    if isinstance(value, tuple):
        return [thaw(item) for item in value]
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    return value


def problem_with_type(type_name: str, value: Value) -> str | None:
    """Return why a frozen value is not of the type, or None when it is."""
    expected = {
        "string": "text",
        "int": "a whole number",
        "int64": "a whole number",
        "bool": "true or false",
        "[]string": "a list of texts",
        "[]int64": "a list of whole numbers",
        "[]interface{}": "a list",
        "map[string]string": "a mapping of texts",
    }.get(type_name)
    if expected is None or _is_of_type(type_name, value):
        return None
    return f"needs {expected}, not {thaw(value)!r}"


def _is_of_type(type_name: str, value: Value) -> bool:
    if type_name.startswith("[]"):
        if not isinstance(value, tuple):
            return False
        return type_name == "[]interface{}" or all(
            _is_of_type(type_name[2:], item) for item in value
        )
    if type_name == "map[string]string":
        return isinstance(value, Mapping) and all(isinstance(item, str) for item in value.values())
    if type_name == "bool":
        return isinstance(value, bool)
    if type_name in ("int", "int64"):
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63
    return isinstance(value, str)


def problem_with_format(format_: str, value: str) -> str | None:
    """Return why a text does not have the documented format, or None; empty means unset.

    The data names the formats TIME, DATE and IPADDR; their spelling (HH:MM or HH:MM:SS,
    YYYY-MM-DD, any IPv4 or IPv6 address) is ours.
    """
    if value == "":
        return None
    try:
        if format_ == "TIME":
            if time.fromisoformat(value).tzinfo is not None:
                return f"needs a time without zone, not {value!r}"
        elif format_ == "DATE":
            date.fromisoformat(value)
        elif format_ == "IPADDR":
            ipaddress.ip_address(value)
    except ValueError:
        return f"needs {format_.lower()}, not {value!r}"
    return None
