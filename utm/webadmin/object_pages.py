"""The pages of a class of objects: list, new, edit, copy, delete, and order where it matters.

- Made from the description of the class, refined by a `FormPlan` and columns.
- A refused value comes back in its form with the reason at the field; nothing is lost.
- "New" beside a reference keeps the form half-way, makes the object, and comes back with it chosen.
- A locked object is shown and cannot be changed; one that is in use says by what.

Example:
    ObjectPages("epp/av_policy", "/endpoint-protection/antivirus/policies", "antivirus policy")
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiDict, MultiMapping

from foundation.errors import DomainError
from utm.confd import Confd, Edit, NoSuchObjectError, Object, Snapshot
from utm.confd.classes import ObjectClass, object_class
from utm.confd.nodes import Node, listing_node
from utm.confd.values import Value
from utm.webadmin.answers import Answers, draft_with, read_answers
from utm.webadmin.errors import problems_of
from utm.webadmin.forms import FormPart, FormPlan, default_attributes, form_parts
from utm.webadmin.gate import local_path
from utm.webadmin.keys import OBJECT_PATHS
from utm.webadmin.listing import listing
from utm.webadmin.ordering import reordered
from utm.webadmin.visit import Visit, visit_of

CREATE: Final = "_create"
"""The button "New" beside a reference: `FIELD:class/type`."""
Cell = Callable[[Object, Snapshot], Any]
AlsoDo = Callable[[Edit, str, Mapping[str, Value]], None]
Read = Callable[[ObjectClass, MultiMapping[str]], Answers]
Judge = Callable[[Mapping[str, Value], Object | None], Mapping[str, str]]
More = Callable[[Visit, Object | None, Mapping[str, Value], Snapshot], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list: its title, and what stands in it (text is escaped)."""

    title: str
    cell: Cell


def _nothing_else(_edit: Edit, _ref: str, _attributes: Mapping[str, Value]) -> None:
    """Nothing beside the object itself."""


def _no_objection(_attributes: Mapping[str, Value], _found: Object | None) -> Mapping[str, str]:
    """Nothing but what confd refuses."""
    return {}


async def _nothing_more(
    _visit: Visit, _found: Object | None, _values: Mapping[str, Value], _snapshot: Snapshot
) -> dict[str, Any]:
    """Nothing beside the form."""
    return {}


@dataclass(frozen=True, slots=True)
class ObjectPages:
    """The pages of one class.

    Attributes:
        full_type: Such as http/exception.
        path: Where they are.
        title: What one object is called in a sentence, in small letters.
        plan: How it is asked for.
        columns: Of the list, after the name.
        badge: What stands beside the name in the list.
        intro: A sentence above the list.
        is_ordered: Whether the order in the list of the class is the order of matching.
        shown: Which objects the list shows.
        template: Of the form; extends objects/form.html.
        after_save: Done in the same change, with the reference and what was saved.
        is_made_here: Whether an administrator makes and deletes such objects.
        read: Takes the attributes out of a posted form.
        judge: What is wrong with answers beyond what confd would refuse first, by field; it may
            take long and runs beside the loop.
        more: What the form's template is given beside the form.
    """

    full_type: str
    path: str
    title: str
    plan: FormPlan = field(default_factory=FormPlan)
    columns: tuple[Column, ...] = ()
    badge: Cell = lambda _object, _snapshot: ""
    intro: str = ""
    is_ordered: bool = False
    shown: Callable[[Object, Snapshot], bool] = lambda _object, _snapshot: True
    template: str = "objects/form.html"
    after_save: AlsoDo = _nothing_else
    is_made_here: bool = True
    read: Read = read_answers
    judge: Judge = _no_objection
    more: More = _nothing_more

    @property
    def class_(self) -> ObjectClass:
        """The class as it is described."""
        return object_class(self.full_type)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the pages."""
        one = f"{self.path}/{{ref:REF_[A-Za-z0-9_]+}}"
        always = [
            web.get(self.path, self._list),
            web.post(f"{self.path}/order", self._order),
            web.get(one, self._show),
            web.post(one, self._change),
        ]
        if not self.is_made_here:
            return always
        return [
            *always,
            web.get(f"{self.path}/new", self.show_new),
            web.post(f"{self.path}/new", self.create),
            web.get(f"{one}/copy", self._copy),
            web.get(f"{one}/delete", self._ask_to_delete),
            web.post(f"{one}/delete", self._delete),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        visit = visit_of(request)
        snapshot = await visit.snapshot()
        objects = [one for one in _in_order(self, snapshot) if self.shown(one, snapshot)]
        found = listing(objects, visit.query, text_of=_searched)
        return visit.page(
            "objects/list.html",
            pages=self,
            listing=found,
            snapshot=snapshot,
            last_ref=_last_ref(self),
            can_order=self.is_ordered and visit.may_edit and found.found == len(objects),
        )

    async def _order(self, request: web.Request) -> web.Response:
        visit = visit_of(request)
        node = _order_node(self)

        def order(edit: Edit) -> None:
            wanted = reordered(edit.node(node.key), visit.form)
            if node.last_ref:
                wanted = (*(ref for ref in wanted if ref != node.last_ref), node.last_ref)
            edit.set_node(node.key, wanted)

        await visit.edit(f"order of {node.key} changed", order)
        return visit.go(self.path)

    async def show_new(self, request: web.Request) -> web.Response:
        """Answer with the form of a new object."""
        visit = visit_of(request)
        values = default_attributes(self.class_, self.plan)
        return await self._form(visit, None, values)

    async def _copy(self, request: web.Request) -> web.Response:
        visit = visit_of(request)
        found = await self._find(visit)
        values = {**found.attributes, "name": f"Copy of {found.name}"}
        values |= {one.name: "" for one in self.class_.fields.values() if one.is_secret}
        return await self._form(visit, None, values)

    async def create(self, request: web.Request) -> web.Response:
        """Make the object that a form asks for."""
        visit = visit_of(request)
        if visit.form.get(CREATE):
            return self._make_first(visit)

        def create(edit: Edit, attributes: Mapping[str, Value]) -> str:
            class_, _, type_ = self.full_type.partition("/")
            return edit.create(class_, type_, attributes)

        return await self._save(visit, None, "created", create)

    async def _show(self, request: web.Request) -> web.Response:
        visit = visit_of(request)
        found = await self._find(visit)
        return await self._form(visit, found, dict(found.attributes))

    async def _change(self, request: web.Request) -> web.Response:
        visit = visit_of(request)
        found = await self._find(visit)
        if visit.form.get(CREATE):
            return self._make_first(visit)

        def change(edit: Edit, attributes: Mapping[str, Value]) -> str:
            return edit.change(found.ref, attributes).ref

        return await self._save(visit, found, "changed", change)

    async def _ask_to_delete(self, request: web.Request) -> web.Response:
        return await self._deletion(visit_of(request))

    async def _delete(self, request: web.Request) -> web.Response:
        visit = visit_of(request)
        found = await self._find(visit)
        try:
            await visit.edit(
                f"{self.title} {found.name} deleted", lambda edit: edit.delete(found.ref)
            )
        except DomainError as error:
            return await self._deletion(visit, error)
        return visit.go(self.path)

    async def _deletion(self, visit: Visit, error: DomainError | None = None) -> web.Response:
        found = await self._find(visit)
        users = await visit.read(lambda db: Confd(db).used_by(found.ref))
        node = listing_node(self.full_type)
        snapshot = await visit.snapshot()
        return visit.page(
            "objects/delete.html",
            http_status=200 if error is None else 409,
            pages=self,
            object=found,
            error=error,
            nodes=[key for key in users.nodes if node is None or key != node.key],
            objects=[snapshot.get(ref) for ref in users.objects if ref != found.ref],
        )

    async def _find(self, visit: Visit) -> Object:
        ref = visit.request.match_info["ref"]
        found = await visit.read(lambda db: Confd(db).find(ref))
        if found is None or found.full_type != self.full_type:
            raise NoSuchObjectError(ref)
        return found

    async def _save(
        self,
        visit: Visit,
        found: Object | None,
        word: str,
        store: Callable[[Edit, Mapping[str, Value]], str],
    ) -> web.Response:
        answers = self.read(self.class_, visit.form)
        problems = answers.problems or await asyncio.get_running_loop().run_in_executor(
            None, self.judge, answers.attributes, found
        )
        if not problems:
            try:
                edited = await visit.edit(
                    f"{self.title} {answers.attributes.get('name', '')} {word}".replace("  ", " "),
                    lambda edit: _stored(edit, answers.attributes, store, self.after_save),
                )
            except DomainError as error:
                problems = problems_of(error)
            else:
                return _back(visit, self.path, edited.result)
        values = default_attributes(self.class_, self.plan) if found is None else found.attributes
        return await self._form(visit, found, {**values, **answers.attributes}, problems)

    async def _form(
        self,
        visit: Visit,
        found: Object | None,
        values: Mapping[str, Value],
        problems: Mapping[str, str] | None = None,
    ) -> web.Response:
        snapshot = await visit.snapshot()
        if problems is None:
            values = {**values, **_draft(visit, self)}
        parts = form_parts(self.class_, self.plan, values, snapshot, problems=problems)
        context: dict[str, Any] = {
            "pages": self,
            "object": found,
            "parts": parts,
            "snapshot": snapshot,
            "problems": _without_field(problems or {}, parts),
            "is_locked": found is not None and bool(found.locked),
            "last_ref": _last_ref(self),
            "action": visit.request.path
            if found is not None
            else f"{self.path}/new?{visit.request.query_string}".rstrip("?"),
        }
        context |= await self.more(visit, found, values, snapshot)
        return visit.page(self.template, http_status=422 if problems else 200, **context)

    def _make_first(self, visit: Visit) -> web.Response:
        """Keep the form and go and make what it needs."""
        name, _, full_type = visit.form[CREATE].partition(":")
        paths = visit.request.app[OBJECT_PATHS]
        if full_type not in paths or name not in self.class_.fields:
            raise web.HTTPBadRequest
        here = visit.request.path_qs
        visit.session.keep_draft(here, MultiDict(visit.form))
        query = urlencode({"back": here, "field": name})
        return visit.go(f"{paths[full_type]}/new?{query}")


def _stored(
    edit: Edit,
    attributes: Mapping[str, Value],
    store: Callable[[Edit, Mapping[str, Value]], str],
    after_save: AlsoDo,
) -> str:
    ref = store(edit, attributes)
    after_save(edit, ref, attributes)
    return ref


def _back(visit: Visit, path: str, ref: str) -> web.Response:
    """Go to the list, or to the form that waits for what was just made."""
    back = local_path(visit.query.get("back", ""))
    draft = visit.session.drafts.get(back)
    if draft is None:
        return visit.go(path)
    name = visit.query.get("field", "")
    is_list = len(draft.getall(name, [])) > 1 or f"{name}.many" in draft
    visit.session.keep_draft(back, draft_with(draft, name, ref, is_list=is_list))
    return visit.go(back)


def _draft(visit: Visit, pages: ObjectPages) -> Mapping[str, Value]:
    """Return what was left half-way on this page, once."""
    kept = visit.session.drafts.pop(visit.request.path_qs, None)
    return {} if kept is None else pages.read(pages.class_, kept).attributes


def _without_field(problems: Mapping[str, str], parts: Sequence[FormPart]) -> list[str]:
    asked = {one.name for part in parts for one in part.fields}
    return [
        sentence if not name else f"{name}: {sentence}"
        for name, sentence in problems.items()
        if name not in asked
    ]


def _in_order(pages: ObjectPages, snapshot: Snapshot) -> list[Object]:
    class_, _, type_ = pages.full_type.partition("/")
    objects = snapshot.of_class(class_, type_)
    node = listing_node(pages.full_type)
    if node is None:
        return sorted(objects, key=lambda one: (one.name.casefold(), one.ref))
    places = {ref: place for place, ref in enumerate(snapshot.node(node.key))}
    return sorted(objects, key=lambda one: places.get(one.ref, len(places)))


def _last_ref(pages: ObjectPages) -> str:
    node = listing_node(pages.full_type)
    return node.last_ref if node is not None else ""


def _order_node(pages: ObjectPages) -> Node:
    node = listing_node(pages.full_type)
    if node is None or not pages.is_ordered:
        raise web.HTTPNotFound
    return node


def _searched(one: Object) -> str:
    texts: list[str] = [one.ref]
    for value in one.attributes.values():
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, tuple):
            texts += [item for item in value if isinstance(item, str)]
    return " ".join(texts)
