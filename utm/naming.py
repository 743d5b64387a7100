"""What an administrator's words mean: groups and computers by name, reference or id.

- Names of computers are not unique: a name that fits two is refused, never guessed.
"""

from typing import ClassVar

from sqlite_utils import Database

from foundation.errors import DomainError
from utm.confd import Confd
from utm.epsecd import endpoints


class NoSuchGroupError(DomainError):
    """No endpoint group has this name or reference."""

    code: ClassVar[str] = "no_such_group"
    hint: ClassVar[str] = "`utmlab group list` names them."


class GroupExistsError(DomainError):
    """There is an endpoint group of this name."""

    code: ClassVar[str] = "group_exists"
    hint: ClassVar[str] = "Choose another name: groups are told apart by theirs."


class NoSuchEndpointError(DomainError):
    """No computer has this name, id or reference."""

    code: ClassVar[str] = "no_such_endpoint"
    hint: ClassVar[str] = "`utmlab endpoint list` names them."


class EndpointNameAmbiguousError(DomainError):
    """Several computers have this name."""

    code: ClassVar[str] = "endpoint_name_ambiguous"
    hint: ClassVar[str] = "Name it by its id; `utmlab endpoint list` shows them."


def group_ref(confd: Confd, group: str) -> str:
    """Return the reference of an endpoint group.

    Raises:
        NoSuchGroupError: If there is none.
    """
    for one in confd.objects("epp", "endpoints_group"):
        if group in (one.ref, one.name):
            return one.ref
    raise NoSuchGroupError(f"there is no endpoint group {group!r}")


def endpoint_ref(confd: Confd, endpoint: str) -> str:
    """Return the reference of a computer.

    Raises:
        NoSuchEndpointError: If there is none.
        EndpointNameAmbiguousError: If the name fits several.
    """
    named = []
    for one in confd.objects("epp", "endpoint"):
        if endpoint in (one.ref, one.text("mcs_id")):
            return one.ref
        if endpoint == one.name:
            named.append(one)
    if not named:
        raise NoSuchEndpointError(f"there is no computer {endpoint!r}")
    if len(named) > 1:
        ids = ", ".join(sorted(one.text("mcs_id") for one in named))
        raise EndpointNameAmbiguousError(f"{len(named)} computers are called {endpoint!r}: {ids}")
    return named[0].ref


def endpoint_id(db: Database, endpoint: str) -> str:
    """Return the id that LiveConnect gave a computer.

    Raises:
        NoSuchEndpointError: If there is none, or it has not enrolled.
        EndpointNameAmbiguousError: If the name fits several.
    """
    ref = endpoint_ref(Confd(db), endpoint)
    for one in endpoints.all_endpoints(db):
        if one.ref == ref:
            return one.endpoint_id
    raise NoSuchEndpointError(f"computer {endpoint!r} has not enrolled")
