"""Built-in objects that the other appliance has under the same name and another reference.

- The public references of built-ins are few; for the default endpoint group, super-categories and
  categories ours are our own. Theirs takes the place of ours wherever that was referred to.
"""

from typing import Final

from utm.adoption.report import Adopted, Note
from utm.confd import DEFAULT_GROUP, Edit, Object
from utm.confd.classes import load_data

_CATEGORY: Final = "http/sp_subcat"


def supersede(edit: Edit, came: set[str], report: Adopted) -> None:
    """Let each built-in give way that has a twin among what came."""
    ours = {
        DEFAULT_GROUP,
        *(one["ref"] for one in load_data("super_categories")["super_categories"]),
    }
    for class_, type_ in (
        ("epp", "endpoints_group"),
        ("http", "sp_category"),
        ("http", "sp_subcat"),
    ):
        objects = edit.objects(class_, type_)
        theirs = {one.name: one.ref for one in objects if one.ref in came}
        for one in objects:
            is_ours = one.ref in ours or (one.full_type == _CATEGORY and one.locked == "global")
            if one.ref not in came and is_ours and one.name in theirs:
                _give_way(edit, one, theirs[one.name])
                report.superseded.append(Note(one.ref, f"gave way to {theirs[one.name]}"))


def _give_way(edit: Edit, ours: Object, theirs: str) -> None:
    users = edit.used_by(ours.ref)
    for key in users.nodes:
        edit.set_node(key, _replaced(edit.node(key), ours.ref, theirs))
    for ref in users.objects:
        holder = edit.get(ref)
        names = {name for name, target in holder.references() if target == ours.ref}
        edit.change(
            ref, {name: _replaced(holder.attributes[name], ours.ref, theirs) for name in names}
        )
    edit.delete(ours.ref)


def _replaced(value: object, old: str, new: str) -> object:
    if isinstance(value, tuple):
        return tuple(dict.fromkeys(new if one == old else one for one in value))
    return new
