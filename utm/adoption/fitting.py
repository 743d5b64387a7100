"""Values of another appliance as the classes and nodes here take them.

- 0, 1, "0" and "1" stand for false and true, digits for their number, a number for its text: the
  product's own answers differ in that between trees, maps and versions.
- An attribute that a class does not have is kept. What cannot be a value of its field is left out
  and told; the field then holds what it held, or its default.
"""

from collections.abc import Mapping
from typing import Any

from utm.adoption.left_out import is_secret_attribute
from utm.adoption.report import Adopted, Note
from utm.confd.classes import Field, ObjectClass, is_attribute_name
from utm.confd.values import freeze, problem_with_format, problem_with_type

_ANY_VALUE = ("interface{}", "struct{}")


def fitted_attributes(
    of: ObjectClass, ref: str, given: Mapping[str, Any], report: Adopted
) -> dict[str, Any]:
    """Return the attributes that can be stored."""
    fitted: dict[str, Any] = {}
    for name, value in given.items():
        field = of.fields.get(name)
        if is_secret_attribute(of.full_type, name, value):
            if value:
                report.secrets.append(f"{of.full_type}.{name}")
        elif field is None and not is_attribute_name(name):
            report.refused.append(Note(ref, f"{name[:100]!r} is no name of an attribute"))
        elif field is None:
            if not of.is_open:
                key = f"{of.full_type}.{name}"
                report.unknown_keys[key] = report.unknown_keys.get(key, 0) + 1
            fitted[name] = value
        elif value is not None or field.type_name in _ANY_VALUE:
            changed = fitted_value(field.type_name, value)
            problem = _problem(field, changed)
            if problem:
                report.refused.append(Note(f"{ref} {name}", problem))
            else:
                fitted[name] = changed
    return fitted


def fitted_value(type_name: str, value: Any) -> Any:
    """Return a value as the type writes it, where that is only a matter of spelling."""
    if type_name == "bool" and value in (0, 1, "0", "1", ""):
        return value in (1, "1")
    if type_name in ("int", "int64"):
        if value == "":
            return 0
        if isinstance(value, str) and value.lstrip("-").isdecimal() and value.isascii():
            return int(value)
    if type_name == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if type_name.startswith("[]"):
        items = value if isinstance(value, list) else [] if value in (None, "") else [value]
        return [fitted_value(type_name[2:], item) for item in items]
    return value


def _problem(field: Field, value: Any) -> str:
    frozen = freeze(value)
    problem = problem_with_type(field.type_name, frozen)
    if problem is None and field.is_required and frozen == "":
        problem = "is empty"
    if problem is None and field.words and frozen not in field.words:
        problem = f"needs one of {', '.join(field.words)}, not {value!r}"
    if problem is None and field.format_:
        problem = problem_with_format(field.format_, frozen)
    return problem or ""
