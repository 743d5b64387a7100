"""The web policies that a person can name: a computer's, a group's, the gateway's, and so on.

- `endpoint:PC-01`, `group:Default`, `gateway`, `gateway:Default` (as it is for the computers of
  that group), `changeset:4/Default`, `file:policy.xml`; without a kind the word is looked for among
  computers, groups and files, and one that could be two things is refused.
- A group's policy is compiled now from stored state; a changeset's is the document that was sent;
  a computer's is the one that its Web Control enforces. Nothing needs to run.

Provenance: ours.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Final

from foundation.errors import DomainError
from foundation.protocol.names import SWC
from foundation.protocol.policies import read_compliance
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.policy_xml import decode_web_policy
from utm.verbs import NoSuchGroupError
from utm.web_policy import compile_gateway, compile_group
from utmlab.cli.stored_names import archive_of
from utmlab.errors import (
    NoPolicyInForceError,
    NoSuchChangesetError,
    NothingStoredError,
)
from utmlab.places import Places
from utmlab.stored import group_named, open_utm

KINDS: Final = ("endpoint", "group", "gateway", "changeset", "file")
GATEWAY: Final = "gateway"


class PolicyNotNamedError(DomainError):
    """A word names no policy, or more than one."""

    code: ClassVar[str] = "policy_not_named"
    hint: ClassVar[str] = (
        "Write endpoint:NAME, group:NAME, gateway, changeset:NUMBER/GROUP, or the path of a file."
    )


class PolicyFileUnreadableError(DomainError):
    """A file that should hold a policy cannot be read."""

    code: ClassVar[str] = "policy_file_unreadable"
    hint: ClassVar[str] = "`utmlab policy show GROUP --xml` writes one."


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy, where it is from, and its revision where it has one."""

    kind: str
    name: str
    policy: WebPolicy
    revision: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()

    def with_switches(self, switches: tuple[tuple[str, str], ...]) -> "NamedPolicy":
        """Return the policy under other readings of doubtful rules."""
        if not switches:
            return self
        names = {name for name, _ in switches}
        kept = tuple(one for one in self.policy.switches if one[0] not in names)
        return replace(self, policy=replace(self.policy, switches=(*kept, *switches)))


def endpoint_policy(places: Places, name: str) -> NamedPolicy:
    """Return what a computer enforces.

    Raises:
        NoSuchComputerError: If the lab has none of that name.
        NoPolicyInForceError: If it has no web policy yet.
    """
    enforced = archive_of(places, name).web_policy
    if enforced is None:
        raise NoPolicyInForceError(f"{name} has no web policy, so it allows everything")
    return NamedPolicy("endpoint", name, enforced.policy, enforced.rev_id)


def group_policy(places: Places, name: str) -> NamedPolicy:
    """Return what a group's policy would be if it were sent now.

    Raises:
        NothingStoredError: If the data folder holds no lab.
        NoSuchGroupError: If there is no such group.
    """
    with closing(open_utm(places)) as utm:
        snapshot, ref = utm.snapshot(), group_named(utm, name)
    policy, _warnings = compile_group(snapshot, ref)
    return NamedPolicy("group", policy.group_name or ref, policy)


def gateway_policy(places: Places, group: str = "") -> NamedPolicy:
    """Return what the gateway's own filter decides by.

    Args:
        places: The lab's folders.
        group: The clients are computers of this endpoint group; else of none.

    Raises:
        NothingStoredError: If the data folder holds no lab.
        NoSuchGroupError: If there is no such group.
    """
    with closing(open_utm(places)) as utm:
        snapshot, ref = utm.snapshot(), group_named(utm, group) if group else ""
    return NamedPolicy(GATEWAY, group, compile_gateway(snapshot, ref))


def changeset_policy(places: Places, name: str) -> NamedPolicy:
    """Return what a changeset said of a group: `4/Default`, or `4` for the default group.

    Raises:
        NothingStoredError: If the data folder holds no lab.
        NoSuchChangesetError: If there is no changeset of that number.
        NoSuchGroupError: If it has no such group.
    """
    number, _, group = name.partition("/")
    with closing(open_utm(places)) as utm:
        changeset = utm.changeset_document(int(number)) if number.isdecimal() else None
    if changeset is None:
        raise NoSuchChangesetError(f"there is no changeset {number!r}")
    for one in changeset.groups:
        if group in {one.name, one.ref} or (not group and one.ref == changeset.default_group):
            sent = next((each for each in one.policies if each.app_id == SWC), None)
            if sent is not None:
                policy = decode_web_policy(sent.body)
                return NamedPolicy("changeset", f"{number}/{one.name}", policy, sent.revision)
    raise NoSuchGroupError(f"changeset {number} has no endpoint group {group!r}")


def file_policy(path: Path) -> NamedPolicy:
    """Return the policy of a document, such as an endpoint's SWC-190_policy.xml.

    Raises:
        PolicyFileUnreadableError: If the file cannot be opened.
        PolicyRefusedError: If it holds no web policy.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise PolicyFileUnreadableError(f"{path}: {error.strerror}") from error
    return NamedPolicy("file", str(path), decode_web_policy(body), read_compliance(body).rev_id)


def named_policy(places: Places, word: str) -> NamedPolicy:
    """Return the policy that a word names.

    Raises:
        PolicyNotNamedError: If it names none, or could be two.
    """
    kind, colon, name = word.partition(":")
    if kind == GATEWAY or (colon and kind in KINDS):
        return _BY_KIND[kind](places, name)
    meant = []
    if word in places.host_names():
        meant.append("endpoint")
    if word in _groups(places):
        meant.append("group")
    if Path(word).is_file():
        meant.append("file")
    if not meant:
        raise PolicyNotNamedError(f"{word!r} is no computer, no endpoint group and no policy file")
    if len(meant) > 1:
        raise PolicyNotNamedError(f"{word!r} could be {' or '.join(meant)}")
    return _BY_KIND[meant[0]](places, word)


def _groups(places: Places) -> set[str]:
    try:
        with closing(open_utm(places)) as utm:
            return {name for one in utm.groups() for name in (one["name"], one["ref"])}
    except NothingStoredError:
        return set()  # a policy file needs no lab


_BY_KIND: Final[dict[str, Callable[[Places, str], NamedPolicy]]] = {
    "endpoint": endpoint_policy,
    "group": group_policy,
    GATEWAY: gateway_policy,
    "changeset": changeset_policy,
    "file": lambda _places, name: file_policy(Path(name)),
}
