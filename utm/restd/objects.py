"""Objects: `/api/objects/CLASS/TYPE/`, `.../REF` and `.../REF/usedby`.

- Each request that changes something is one numbered change.
- A reference of another class than the path names does not exist there.

Provenance: envelope, statuses and Location are public.
"""

from collections.abc import Callable
from typing import TypeVar

from utm.confd import Confd, Edit, NoSuchObjectError, Object
from utm.confd.classes import object_class
from utm.restd.bodies import parsed_object
from utm.restd.calls import Answer, Call
from utm.restd.deleting import delete
from utm.restd.errors import UNPROCESSABLE, refusal
from utm.restd.inserting import insert
from utm.restd.posted import Posted, read_posted

T = TypeVar("T")


async def list_objects(call: Call, class_: str, type_: str) -> Answer:
    """Return every object of a class."""
    found = await call.utm.writer.read(lambda db: Confd(db).objects(class_, type_))
    return Answer(value=[one.document() for one in found])


async def read_object(call: Call, class_: str, type_: str, ref: str) -> Answer:
    """Return one object."""
    found = await call.utm.writer.read(lambda db: _found(Confd(db), class_, type_, ref))
    return Answer(value=found.document())


async def read_users(call: Call, class_: str, type_: str, ref: str) -> Answer:
    """Return who refers to an object."""

    def read(confd: Confd) -> Answer:
        _found(confd, class_, type_, ref)
        users = confd.used_by(ref)
        return Answer(value={"nodes": list(users.nodes), "objects": list(users.objects)})

    return await call.utm.writer.read(lambda db: read(Confd(db)))


async def create_object(call: Call, class_: str, type_: str) -> Answer:
    """Make an object at a reference of its own, or at the one that the body chooses."""
    posted = _posted(call, f"{class_}/{type_}")

    def create(edit: Edit) -> Object:
        return _create(edit, call, posted, posted.chosen_ref)

    made = await _edited(call, f"{posted.of.full_type} created", create)
    return _created(posted, made)


async def put_object(call: Call, class_: str, type_: str, ref: str) -> Answer:
    """Replace an object, or make it at that reference."""
    posted = _posted(call, f"{class_}/{type_}")
    if posted.chosen_ref not in {None, ref}:
        raise refusal(UNPROCESSABLE, "OBJECT_REF", "The body names another reference.")

    def put(edit: Edit) -> tuple[Object, bool]:
        if edit.find(ref) is None:
            return _create(edit, call, posted, ref), True
        _found(edit, class_, type_, ref)
        edit.replace(ref, posted.attributes, override_lock=call.options.override_lock)
        return _settled(edit, call, posted, ref), False

    put_there, is_new = await _edited(call, f"{posted.of.full_type} {ref} put", put)
    if is_new:
        return _created(posted, put_there)
    return Answer(value=posted.echoed_with(put_there))


async def patch_object(call: Call, class_: str, type_: str, ref: str) -> Answer:
    """Change some attributes of an object."""
    posted = _posted(call, f"{class_}/{type_}")

    def change(edit: Edit) -> Object:
        _found(edit, class_, type_, ref)
        edit.change(ref, posted.attributes, override_lock=call.options.override_lock)
        return _settled(edit, call, posted, ref)

    changed = await _edited(call, f"{posted.of.full_type} {ref} changed", change)
    return Answer(value=changed.document())


async def delete_object(call: Call, class_: str, type_: str, ref: str) -> Answer:
    """Delete an object; what refers to it lets go of it when that is acknowledged."""

    def work(edit: Edit) -> None:
        _found(edit, class_, type_, ref)
        delete(edit, ref, call.options)

    await _edited(call, f"{class_}/{type_} {ref} deleted", work)
    return Answer(status=204)


def _create(edit: Edit, call: Call, posted: Posted, ref: str | None) -> Object:
    class_, _, type_ = posted.of.full_type.partition("/")
    made = edit.create(class_, type_, posted.attributes, ref=ref)
    return _settled(edit, call, posted, made)


def _created(posted: Posted, made: Object) -> Answer:
    location = {"Location": f"/api/objects/{made.full_type}/{made.ref}"}
    return Answer(status=201, value=posted.echoed_with(made), headers=location)


def _settled(edit: Edit, call: Call, posted: Posted, ref: str) -> Object:
    """Give an object its lock and its places in lists, and return it."""
    wanted = posted.lock
    if wanted is not None and wanted != edit.get(ref).locked:
        edit.lock(ref, wanted)
    insert(edit, ref, call.options.inserts)
    return edit.get(ref)


def _posted(call: Call, full_type: str) -> Posted:
    return read_posted(object_class(full_type), parsed_object(call.body))


async def _edited(call: Call, summary: str, work: Callable[[Edit], T]) -> T:
    edited = await call.utm.edit(summary, work, caller=call.caller)
    return edited.result


def _found(confd: Confd, class_: str, type_: str, ref: str) -> Object:
    """Return an object, which has to be of the class that the path names.

    Raises:
        UnknownClassError: If there is no such class.
        NoSuchObjectError: If there is none of that reference in it.
    """
    full_type = object_class(f"{class_}/{type_}").full_type
    found = confd.get(ref)
    if found.full_type != full_type:
        raise NoSuchObjectError(ref)
    return found
