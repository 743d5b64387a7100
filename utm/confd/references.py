"""The check that a reference leads to an object of a class that its field may hold."""

from sqlite_utils import Database

from utm.confd.classes import accepts, object_class
from utm.confd.errors import ReferenceRefusedError
from utm.confd.objects import Object
from utm.confd.store import find_object


def check_references_of(db: Database, stored: Object) -> None:
    """Check every reference of an object that is about to be stored.

    Raises:
        ReferenceRefusedError: If one leads nowhere or to a wrong class.
    """
    fields = object_class(stored.full_type).fields
    holder = f"{stored.full_type} {stored.name!r}"
    for attribute, target in stored.references():
        targets = fields[attribute].targets
        # an object may refer to itself before it is stored
        if target != stored.ref or not accepts(targets, stored.full_type):
            check_reference(db, holder, attribute, target, targets)


def check_reference(
    db: Database, holder: str, field: str, target: str, targets: tuple[str, ...]
) -> None:
    """Check one reference.

    Raises:
        ReferenceRefusedError: If it leads nowhere or to a wrong class.
    """
    found = find_object(db, target)
    if found is None:
        raise ReferenceRefusedError(holder, field, target, "does not exist")
    if not accepts(targets, found.full_type):
        wanted = " or ".join(targets)
        raise ReferenceRefusedError(
            holder, field, target, f"is a {found.full_type}; {wanted} is needed"
        )
