"""What was answered in a form made from the description of a class. Pure.

- What a form did not ask is not changed; a secret that was left empty stays as it is.
- A value that cannot be read comes back as it was typed, with the reason.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from multidict import MultiDict, MultiMapping

from utm.confd.classes import Field, ObjectClass
from utm.confd.values import Value
from utm.webadmin.forms import is_opaque

ASKED: Final = "_fields"
"""The hidden fields that name what a form asks: a switch that is off is not sent at all."""
_FORGET: Final = "_forget"
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Answers:
    """What was posted: attributes that can be stored, and what is wrong with the others."""

    attributes: Mapping[str, Value]
    problems: Mapping[str, str]


def read_answers(of: ObjectClass, form: MultiMapping[str]) -> Answers:
    """Return what a posted form says of an object of a class."""
    attributes: dict[str, Value] = {}
    problems: dict[str, str] = {}
    for name in form.getall(ASKED, []):
        one = of.fields.get(name)
        if one is None or is_opaque(one):
            continue
        try:
            if one.is_secret and not form.get(name) and not form.get(f"{_FORGET}.{name}"):
                continue
            attributes[name] = _read(one, form)
        except ValueError as error:
            attributes[name] = form.get(name, "")
            problems[name] = str(error)
    return Answers(MappingProxyType(attributes), MappingProxyType(problems))


def one_text(text: str) -> str:
    """Return a line of text without the blanks around it.

    Raises:
        ValueError: If it holds what no line can.
    """
    text = text.strip()
    if _CONTROL.search(text) or "\n" in text or "\r" in text:
        raise ValueError("must be one line without control characters")
    return text


def text_lines(text: str) -> tuple[str, ...]:
    """Return the lines of a text area that are not empty, each once.

    Raises:
        ValueError: If one holds control characters.
    """
    lines = (one_text(line) for line in text.replace("\r", "\n").split("\n"))
    return tuple(dict.fromkeys(line for line in lines if line))


def whole_number(text: str) -> int:
    """Return a whole number; nothing typed is 0.

    Raises:
        ValueError: If it is none.
    """
    text = text.strip()
    if text and _NUMBER.fullmatch(text) is None:
        raise ValueError("needs a whole number")
    return int(text or 0)


def draft_with(form: MultiMapping[str], name: str, ref: str, *, is_list: bool) -> MultiDict[str]:
    """Return a form left half-way with a new object chosen in one of its fields."""
    filled = MultiDict(form)
    if not is_list:
        filled.popall(name, None)
    filled.add(name, ref)
    return filled


def _read(one: Field, form: MultiMapping[str]) -> Value:
    if one.type_name == "bool":
        return form.get(one.name) == "1"
    if one.type_name == "int":
        return whole_number(form.get(one.name, ""))
    if one.type_name == "[]string":
        given = form.getall(one.name, [])
        if one.targets or len(given) != 1:
            return tuple(dict.fromkeys(one_text(text) for text in given if text))
        return text_lines(given[0])
    text = form.get(one.name, "")
    if one.name == "comment":
        return text.replace("\r\n", "\n").replace("\n", " ").strip()
    return text if one.is_secret else one_text(text)
