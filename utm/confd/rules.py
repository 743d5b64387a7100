"""What the values of some classes must fulfil beyond their types.

- A field that holds patterns takes only those that RE2 runs; the refusal tells the reason, where
  it is and what was probably meant. What an object held before is not asked again, so that one
  inactive pattern of an import does not lock the rest of its object.
- A switch is one of those that the filter knows, set once. The class `lab/switch` is ours.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from foundation.webfilter.patterns import PatternRefusedError, compile_pattern
from foundation.webfilter.switches import UnknownSwitchError, check_switch
from utm.confd.classes import Field, ObjectClass
from utm.confd.errors import AttributeRefusedError, PatternNotAcceptedError
from utm.confd.objects import Object
from utm.confd.values import Value

SWITCH: Final = "lab/switch"
"""Our own class: how one doubtful rule of the filter is to be read."""


def check_patterns(
    of: ObjectClass, attributes: Mapping[str, Value], held: Mapping[str, Value]
) -> None:
    """Refuse a new pattern that RE2 does not run.

    Raises:
        PatternNotAcceptedError: If there is one.
    """
    for field in of.fields.values():
        if field.is_pattern:
            known = set(_texts(field, held))
            for text in _texts(field, attributes):
                if text not in known:
                    _check_pattern(of, field, text)


def _texts(field: Field, attributes: Mapping[str, Value]) -> tuple[str, ...]:
    value = attributes.get(field.name, ())
    return value if isinstance(value, tuple) else (value,)


def _check_pattern(of: ObjectClass, field: Field, text: str) -> None:
    try:
        compile_pattern(text)
    except PatternRefusedError as error:
        raise PatternNotAcceptedError(of.full_type, field.name, error) from error


def check_switch_object(attributes: Mapping[str, Value], others: Sequence[Object]) -> None:
    """Refuse a switch that does not exist, or a second object for one.

    Raises:
        AttributeRefusedError: If it does not fit.
    """
    name, value = attributes["name"], attributes["value"]
    try:
        check_switch(name, value)
    except UnknownSwitchError as error:
        raise AttributeRefusedError(SWITCH, "value", str(error)) from error
    for other in others:
        if other.name == name:
            raise AttributeRefusedError(SWITCH, "name", f"{other.ref} sets {name} already")
