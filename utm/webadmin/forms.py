"""Forms made from the description of a class: what to ask. Pure; what was answered: `answers`.

- A field's control follows from its type: a switch, a number, one of a few words, a reference,
  several references, lines of text, a secret. A `FormPlan` refines it: order, titles, help.
- Values that were refused are shown again as they were typed, with the reason at the field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from utm.confd import Snapshot
from utm.confd.classes import Field, ObjectClass, accepts, object_class, object_classes
from utm.confd.values import Value

Kind = Literal[
    "text", "area", "lines", "number", "switch", "choice", "one", "many", "secret", "time", "date"
]
NOT_MADE_HERE: Final = frozenset(
    {"epp/endpoint", "http/sp_subcat", "network/any", "network/interface_address"}
)
"""What no form makes: computers enrol, and some objects are the appliance's own."""
_ACRONYMS: Final = {"av": "AV", "dc": "DC", "os": "OS", "ip": "IP", "id": "ID", "url": "URL"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One control with its label and what is wrong with it.

    Attributes:
        value: Text; for `many` a tuple of texts, for `switch` a boolean.
        creates: Classes of which one can be made on the way: (class/type, title).
    """

    name: str
    label: str
    kind: Kind
    value: Any = ""
    choices: tuple[Choice, ...] = ()
    creates: tuple[tuple[str, str], ...] = ()
    help: str = ""
    error: str = ""
    is_required: bool = False
    is_set: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id of the control in the page."""
        return f"f-{self.name}"


@dataclass(frozen=True, slots=True)
class Fieldset:
    """A titled part of a form."""

    title: str
    names: tuple[str, ...]
    help: str = ""
    is_folded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPlan:
    """How a class is asked for; what it does not say follows from the class.

    Attributes:
        fieldsets: In order. Fields in none come last, folded; those in `hidden` not at all.
        labels: Titles of fields.
        help: A sentence below a field.
        kinds: Another control than the type's.
        words: Titles of the words of a choice; for a list of texts, the words it may hold.
        defaults: What a new object starts with, over the class's defaults.
    """

    fieldsets: tuple[Fieldset, ...] = ()
    hidden: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)
    help: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    defaults: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FormPart:
    """A fieldset ready to be shown."""

    title: str
    help: str
    fields: tuple[FormField, ...]
    is_folded: bool

    @property
    def has_error(self) -> bool:
        """Whether a field of it was refused."""
        return any(one.error for one in self.fields)


def humanized(name: str) -> str:
    """Return a title for the name of an attribute."""
    words = [_ACRONYMS.get(word, word) for word in name.split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def default_attributes(of: ObjectClass, plan: FormPlan) -> dict[str, Value]:
    """Return what the form of a new object starts with."""
    return {name: one.default for name, one in of.fields.items()} | dict(plan.defaults)


def form_parts(
    of: ObjectClass,
    plan: FormPlan,
    values: Mapping[str, Value],
    snapshot: Snapshot,
    *,
    problems: Mapping[str, str] | None = None,
) -> tuple[FormPart, ...]:
    """Return the form of an object with these attributes.

    Args:
        of: Its class.
        plan: How it is asked for.
        values: Attribute values; a refused number may be the text that was typed.
        snapshot: Where the objects to choose from are.
        problems: What to say at which field.
    """
    made = {
        name: _form_field(one, plan, values[name], snapshot, (problems or {}).get(name, ""))
        for name, one in of.fields.items()
        if name not in plan.hidden and not is_opaque(one)
    }
    planned = [name for part in plan.fieldsets for name in part.names]
    rest = [name for name in made if name not in planned]
    fieldsets = list(plan.fieldsets) or [Fieldset("", tuple(_in_front(rest)))]
    if plan.fieldsets and rest:
        fieldsets.append(Fieldset("More", tuple(rest), is_folded=True))
    return tuple(
        FormPart(part.title, part.help, tuple(made[name] for name in part.names), part.is_folded)
        for part in fieldsets
    )


def choices_of(targets: Sequence[str], snapshot: Snapshot) -> tuple[Choice, ...]:
    """Return the objects that a reference may lead to, by name."""
    found = [one for one in snapshot.objects.values() if accepts(tuple(targets), one.full_type)]
    has_kinds = len({one.full_type for one in found}) > 1
    return tuple(
        Choice(one.ref, one.name, object_class(one.full_type).title if has_kinds else "")
        for one in sorted(found, key=lambda one: (one.name.casefold(), one.ref))
    )


def _in_front(names: Sequence[str]) -> list[str]:
    first = [name for name in ("name", "comment") if name in names]
    return first + [name for name in names if name not in first]


def is_opaque(one: Field) -> bool:
    """Whether no form asks for a field, since its values have no form of text."""
    return one.type_name not in ("string", "int", "bool", "[]string")


def kind_of(one: Field, plan: FormPlan) -> Kind:
    """Return the control that asks for a field."""
    if one.is_secret:
        return "secret"
    kinds: dict[str, Kind] = {
        "bool": "switch",
        "int": "number",
        "[]string": "many" if one.targets or one.name in plan.words else "lines",
        "string": _kind_of_text(one),
    }
    return plan.kinds.get(one.name, kinds[one.type_name])


def _kind_of_text(one: Field) -> Kind:
    if one.targets:
        return "one"
    if one.words:
        return "choice"
    formats: dict[str, Kind] = {"TIME": "time", "DATE": "date"}
    return formats.get(one.format_, "area" if one.name == "comment" else "text")


def _form_field(
    one: Field, plan: FormPlan, value: Value, snapshot: Snapshot, problem: str
) -> FormField:
    kind = kind_of(one, plan)
    choices: tuple[Choice, ...] = ()
    if one.targets and kind in ("one", "many"):
        choices = choices_of(one.targets, snapshot)
        if kind == "many":
            choices = _chosen_first(choices, value)
    elif one.words or one.name in plan.words:
        titles = plan.words.get(one.name, {})
        words = one.words or tuple(titles)
        if isinstance(value, tuple):  # what came by REST is not lost by saving
            words = tuple(dict.fromkeys((*words, *value)))
        choices = tuple(Choice(word, titles.get(word, humanized(word))) for word in words)
    if kind == "lines":
        value = value if isinstance(value, str) else "\n".join(value)
    return FormField(
        name=one.name,
        label=plan.labels.get(one.name, humanized(one.name)),
        kind=kind,
        value="" if kind == "secret" else value,
        choices=choices,
        creates=_creates(one),
        help=plan.help.get(one.name, ""),
        error=problem,
        is_required=one.is_required,
        is_set=bool(value),
    )


def _chosen_first(choices: tuple[Choice, ...], value: Sequence[str]) -> tuple[Choice, ...]:
    """Keep the stored order in front: for some lists it is the order of trying."""
    by_ref = {one.value: one for one in choices}
    chosen = [by_ref[ref] for ref in value if ref in by_ref]
    return (*chosen, *(one for one in choices if one.value not in value))


def _creates(one: Field) -> tuple[tuple[str, str], ...]:
    return tuple(
        (full_type, class_.title)
        for full_type, class_ in object_classes().items()
        if accepts(one.targets, full_type) and full_type not in NOT_MADE_HERE
    )
