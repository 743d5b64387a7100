"""Taking over a configuration: everything inside is one edit, so one numbered change or none.

- Objects keep their references, so that scripts and old logs still name them. What is here
  already, built-in or from an earlier import, is brought to what came; nothing is deleted but a
  built-in that the other appliance has under the same name and another reference.
- The order of lists such as http.profiles is that of the nodes, or that of the files without them;
  what was listed here and did not come stays behind it, and the base profile is last.
- Patterns that RE2 refuses are kept and match nothing; each is told.
- The policies are compiled before it ends: what cannot be compiled is not taken.
- Doing it again with the same files changes nothing.

Provenance: ours.
"""

from collections.abc import Iterator
from typing import Any

from foundation.webfilter.patterns import PatternRefusedError, compile_pattern
from utm.adoption.dump import Dump, Incoming
from utm.adoption.fitting import fitted_attributes, fitted_value
from utm.adoption.left_out import is_secret_node, reason_to_keep
from utm.adoption.report import Adopted, InactivePattern, Note
from utm.adoption.resolving import Resolver, Wanted, is_placeholder
from utm.adoption.superseding import supersede
from utm.confd import ConfdError, Edit, Object, UnknownClassError
from utm.confd.classes import object_class
from utm.confd.nodes import Node, all_nodes
from utm.confd.objects import Lock
from utm.confd.refnames import is_well_formed
from utm.confd.values import freeze
from utm.web_policy import compile_gateway, compile_group


def adopt(edit: Edit, dump: Dump) -> Adopted:
    """Bring a configuration to what a dump holds; the edit has to be an import.

    Raises:
        WebPolicyError: If no policy can be made of it.
    """
    return _Adoption(edit, dump).run()


class _Adoption:
    def __init__(self, edit: Edit, dump: Dump) -> None:
        self._edit = edit
        self._dump = dump
        self._report = Adopted()
        self._before: dict[str, Object | None] = {}
        self._wanted: dict[str, Wanted] = {}
        self._resolver = Resolver(edit, self._wanted, self._report)
        listing = [one for one in all_nodes().values() if one.listed_class]
        self._listed: dict[str, tuple[str, ...]] = {one.key: edit.node(one.key) for one in listing}

    def run(self) -> Adopted:
        for one in self._dump.objects.values():
            self._want(one)
        self._resolver.settle()
        nodes = self._wanted_nodes()
        for ref, of, attributes in self._resolver.placeholders():
            self._create(ref, Wanted(of, "", attributes))
        self._store()
        for key, value in nodes.items():
            self._set_node(key, value)
        for key in self._listed:
            self._order(all_nodes()[key])
        supersede(self._edit, set(self._wanted), self._report)
        self._count()
        self._compile()
        return self._report

    def _want(self, one: Incoming) -> None:
        try:
            of = object_class(one.full_type)
        except UnknownClassError:
            known = self._report.unknown_classes
            known[one.full_type] = known.get(one.full_type, 0) + 1
            return
        here = self._edit.find(one.ref)
        if not is_well_formed(one.ref):
            self._report.refused.append(Note(one.ref, "is no reference"))
        elif here is not None and here.full_type != of.full_type and not is_placeholder(here):
            self._report.refused.append(Note(one.ref, f"is a {here.full_type} here"))
        else:
            self._before[one.ref] = here
            fitted = fitted_attributes(of, one.ref, one.attributes, self._report)
            self._wanted[one.ref] = Wanted(of, one.locked, fitted)

    def _store(self) -> None:
        """Make what is new, each after what it refers to, then bring everything to what came."""
        for ref, one in self._wanted.items():
            here = self._edit.find(ref)
            if here is not None and here.full_type != one.of.full_type:
                self._edit.become(ref, one.of.full_type, one.attributes)
        waiting = [ref for ref in self._wanted if self._edit.find(ref) is None]
        while waiting:
            ready = [ref for ref in waiting if not self._lacks(ref)] or waiting[:1]
            for ref in ready:
                self._create(ref, self._wanted[ref])
            waiting = [ref for ref in waiting if self._edit.find(ref) is None]
        for ref, one in self._wanted.items():
            here = self._edit.change(ref, one.attributes)
            wanted = _lock(one.locked)
            if here.locked != wanted and (self._before[ref] is None or here.locked != "global"):
                self._edit.lock(ref, wanted)
            self._tell_patterns(here, one)

    def _lacks(self, ref: str) -> bool:
        """Tell whether an object refers to what is still to be made, other than itself."""
        targets = set(_targets(self._wanted[ref])) - {ref}
        return any(self._edit.find(target) is None for target in targets)

    def _create(self, ref: str, one: Wanted) -> None:
        """Make an object; a reference that goes round in a circle follows when all are there."""
        class_, _, type_ = one.of.full_type.partition("/")
        attributes = dict(one.attributes)
        for name, held in one.of.fields.items():
            value = attributes.get(name)
            if held.targets and isinstance(value, list):
                attributes[name] = [each for each in value if self._edit.find(each) is not None]
            elif held.targets and value and self._edit.find(value) is None:
                del attributes[name]
        self._edit.create(class_, type_, attributes, ref=ref)

    def _tell_patterns(self, stored: Object, one: Wanted) -> None:
        for name, held in one.of.fields.items():
            for text in stored.texts(name) if held.is_pattern else ():
                try:
                    compile_pattern(text)
                except PatternRefusedError as error:
                    self._report.inactive_patterns.append(
                        InactivePattern(stored.ref, name, text, error.reason, error.suggestion)
                    )

    def _wanted_nodes(self) -> dict[str, Any]:
        wanted: dict[str, Any] = {}
        for key, value in self._dump.nodes.items():
            known = all_nodes().get(key)
            if is_secret_node(key, value):
                if value:
                    self._report.secrets.append(key)
            elif known is None:
                self._report.unknown_nodes.append(key)
            elif reason := reason_to_keep(key):
                if freeze(fitted_value(known.type_name, value)) != self._edit.node(key):
                    self._report.kept_nodes.append(Note(key, reason))
            elif known.listed_class:
                wanted[key] = fitted_value(known.type_name, value)
            else:
                fitted = fitted_value(known.type_name, value)
                wanted[key] = (
                    self._resolver.settled_node(known, fitted) if known.targets else fitted
                )
        return wanted

    def _set_node(self, key: str, value: Any) -> None:
        if key in self._listed:
            return
        try:
            self._edit.set_node(key, value)
        except ConfdError as error:
            if value:
                self._report.refused.append(Note(f"node {key}", str(error)))

    def _order(self, known: Node) -> None:
        came = [ref for ref, one in self._wanted.items() if one.of.full_type == known.listed_class]
        wanted = self._dump.nodes.get(known.key)
        if isinstance(wanted, list):
            for ref in wanted:
                if self._resolver.type_of(ref) != known.listed_class:
                    self._report.refused.append(Note(f"node {known.key}", f"{ref} is in no file"))
            first = [ref for ref in wanted if self._resolver.type_of(ref) == known.listed_class]
        elif came:
            first = came
            if known.last_ref:  # of the others the order decides nothing
                self._report.unordered.append(known.key)
        else:
            return
        theirs = {*first, *came}
        others = [ref for ref in self._listed[known.key] if ref not in theirs]
        order = dict.fromkeys((*first, *others))
        if known.last_ref:
            order.pop(known.last_ref, None)
            order[known.last_ref] = None
        self._edit.set_node(known.key, tuple(order))

    def _count(self) -> None:
        for ref, before in self._before.items():
            if ref in self._wanted:
                after = self._edit.find(ref)
                self._report.created += before is None
                self._report.changed += before is not None and after != before
                self._report.unchanged += after == before
        self._report.nodes_set = list(self._edit.nodes_changed())
        self._report.secrets = sorted(set(self._report.secrets))

    def _compile(self) -> None:
        snapshot = self._edit.snapshot()
        compile_gateway(snapshot)
        warnings = dict.fromkeys(
            warning
            for group in snapshot.endpoint_groups()
            for warning in compile_group(snapshot, group.ref)[1]
        )
        self._report.warnings = [Note(one.ref, one.sentence) for one in warnings]


def _targets(one: Wanted) -> Iterator[str]:
    for name, held in one.of.fields.items():
        value = one.attributes.get(name)
        if held.targets and value:
            yield from value if isinstance(value, list) else [value]


def _lock(came: object) -> Lock:
    """Return a lock; older versions wrote true and false."""
    if came == "global":
        return "global"
    return "user" if came in ("user", True) else ""
