"""Commands that a server hands out at a poll, and what an APPSPROXY command says.

* Document order is the order of work; ``seq`` is carried, never sorted by.
* One command without id, appId or body discards the whole list, so that nothing of it is
  acknowledged and the same list comes back at the next poll.
* A bad ``ttl`` counts as 10,000 s and a bad ``creationTime`` as the time of receipt.
* Fragments are pieces of one policy, joined by ascending ``seq``; their ids are content hashes.

Provenance: documented.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from foundation.errors import DomainError
from foundation.net.xml_guard import XmlRefusedError
from foundation.protocol.names import APPSPROXY, MCS, MCS_NAMESPACE
from foundation.protocol.reasons import Reason
from foundation.protocol.timestamps import (
    DEFAULT_TTL_S,
    TimestampMalformedError,
    format_timestamp,
    format_ttl,
    parse_server_timestamp,
    parse_ttl_or_default,
)
from foundation.protocol.xml_reading import Element, plain_number, read_document
from foundation.protocol.xml_writing import attribute, content, element

MAX_COMMANDS_BYTES = 100 * 1024 * 1024
_DECLARATION = '<?xml version="1.0"?>\n'


class InvalidCommandError(DomainError):
    """A list of commands, or the body of one, lacks what every client needs."""

    code: ClassVar[str] = "invalid_command"
    hint: ClassVar[str] = "Nothing of the list is acted on; correct it at the server."
    reason: ClassVar[Reason] = Reason.FIELD_MISSING


class HazardousCommandError(DomainError):
    """A command that would put real clients out of action."""

    code: ClassVar[str] = "hazardous_command"
    hint: ClassVar[str] = "Send MCS settings as a policy; an action for MCS stops real clients."


class AppsProxyBodyUnknownError(DomainError):
    """The body of an APPSPROXY command names no policies."""

    code: ClassVar[str] = "apps_proxy_body_unknown"
    hint: ClassVar[str] = "Acknowledge the command and report what it said."


@dataclass(frozen=True, slots=True)
class Command:
    """One command for one application of one endpoint."""

    id: str
    app_id: str
    body: str
    creation_time: datetime
    ttl_s: float = DEFAULT_TTL_S
    seq: int = 0


@dataclass(frozen=True, slots=True)
class PolicyAssignment:
    """Which policy an application shall fetch; the type is 0 where none is written."""

    app_id: str
    policy_type: int
    policy_id: str


@dataclass(frozen=True, slots=True)
class PolicyFragments:
    """A policy in pieces: pairs of seq and content hash, ascending."""

    app_id: str
    fragments: tuple[tuple[int, str], ...]


def refuse_hazard(command: Command) -> None:
    """Refuse what a server must never queue.

    Raises:
        HazardousCommandError: for an action to MCS, which real clients answer with an endless
            error loop.
    """
    if command.app_id == MCS:
        raise HazardousCommandError(f"Command {command.id!r} is an action for MCS.")


def encode_commands(commands: Iterable[Command]) -> bytes:
    """Return the answer to a poll; no commands give the same root without children."""
    listed = "".join(
        "<command>"
        + element("id", command.id)
        + element("seq", str(command.seq))
        + element("appId", command.app_id)
        + element("creationTime", format_timestamp(command.creation_time))
        + element("ttl", format_ttl(command.ttl_s))
        + element("body", command.body)
        + "</command>"
        for command in commands
    )
    root = f'<ns:commands xmlns:ns="{MCS_NAMESPACE}commands" schemaVersion="1.0">'
    return f"{_DECLARATION}{root}{listed}</ns:commands>".encode()


def decode_commands(data: bytes, *, received_at: datetime | None = None) -> tuple[Command, ...]:
    """Read the answer to a poll.

    Args:
        data: The document.
        received_at: Stands in for a creationTime that cannot be read.

    Raises:
        XmlRefusedError: when it is not XML, an empty body included.
        InvalidCommandError: when it is no list of commands or one of them is incomplete.
    """
    root = read_document(data, max_bytes=MAX_COMMANDS_BYTES)
    if root.name != "ns:commands":
        raise InvalidCommandError(f"The answer is a {root.name!r}, not ns:commands.")
    return tuple(_read_command(each, received_at) for each in root.all("command"))


def _read_command(node: Element, received_at: datetime | None) -> Command:
    for field in ("id", "appId", "body"):
        if not node.has(field) or (field != "body" and not node.text_at(field)):
            raise InvalidCommandError(f"A command has no {field}.")
    return Command(
        id=node.text_at("id"),
        app_id=node.text_at("appId"),
        body=node.text_at("body"),
        creation_time=_creation_time(node.text_at("creationTime"), received_at),
        ttl_s=parse_ttl_or_default(node.text_at("ttl")),
        seq=plain_number(node.text_at("seq")) or 0,
    )


def _creation_time(text: str, received_at: datetime | None) -> datetime:
    try:
        return parse_server_timestamp(text)
    except TimestampMalformedError as error:
        if received_at is None:
            raise InvalidCommandError("A command has no readable creationTime.") from error
        return received_at


def encode_assignments(assignments: Iterable[PolicyAssignment]) -> str:
    """Return the body of an APPSPROXY command that assigns policies."""
    listed = "".join(
        f'<policyAssignment><appId policyType="{assignment.policy_type}">'
        f"{content(assignment.app_id)}</appId>"
        + element("policyId", assignment.policy_id)
        + "</policyAssignment>"
        for assignment in assignments
    )
    return _apps_proxy("policyAssignments", listed)


def encode_fragments(policies: Iterable[PolicyFragments]) -> str:
    """Return the body of an APPSPROXY command that assigns policies in pieces."""
    listed = "".join(
        "<fragments>"
        + element("appId", policy.app_id)
        + "".join(
            f'<fragment seq="{seq}" id="{attribute(fragment_id)}"/>'
            for seq, fragment_id in policy.fragments
        )
        + "</fragments>"
        for policy in policies
    )
    return _apps_proxy("policyFragments", listed)


def decode_assignments(body: str) -> tuple[PolicyAssignment, ...]:
    """Read a ``policyAssignments`` body.

    Raises:
        AppsProxyBodyUnknownError: when it is something else.
        InvalidCommandError: when an assignment names no application or no policy.
    """
    return tuple(_read_assignment(each) for each in _listed(body, "policyAssignments"))


def decode_fragments(body: str) -> tuple[PolicyFragments, ...]:
    """Read a ``policyFragments`` body; the pieces come out by ascending seq.

    Raises:
        AppsProxyBodyUnknownError: when it is something else.
        InvalidCommandError: when a piece has no number or no id.
    """
    return tuple(_read_fragments(each) for each in _listed(body, "policyFragments"))


def read_apps_proxy_body(body: str) -> tuple[PolicyAssignment | PolicyFragments, ...]:
    """Read what an APPSPROXY command assigns, in either form.

    Raises:
        AppsProxyBodyUnknownError: when it assigns nothing that is known.
        InvalidCommandError: when an assignment is incomplete.
    """
    try:
        return decode_assignments(body)
    except AppsProxyBodyUnknownError:
        return decode_fragments(body)


def _apps_proxy(kind: str, listed: str) -> str:
    return (
        f'{_DECLARATION}<ns:{kind} xmlns:ns="{MCS_NAMESPACE}{kind}">'
        f'<meta protocolVersion="1.0"/>{listed}</ns:{kind}>'
    )


def _listed(body: str, kind: str) -> tuple[Element, ...]:
    try:
        root = read_document(body)
    except XmlRefusedError as error:
        raise AppsProxyBodyUnknownError(f"The body of an {APPSPROXY} command: {error}") from error
    if root.name != f"ns:{kind}":
        raise AppsProxyBodyUnknownError(f"An {APPSPROXY} command says {root.name[:60]!r}.")
    return root.all("policyAssignment" if kind == "policyAssignments" else "fragments")


def _read_assignment(node: Element) -> PolicyAssignment:
    app, policy_id = node.first("appId"), node.text_at("policyId")
    if not app.text or not policy_id:
        raise InvalidCommandError("An assignment names no application or no policy.")
    policy_type = plain_number(app.attribute("policyType")) or 0
    return PolicyAssignment(app.text, policy_type, policy_id)


def _read_fragments(node: Element) -> PolicyFragments:
    pieces = []
    for fragment in node.all("fragment"):
        seq, fragment_id = plain_number(fragment.attribute("seq")), fragment.attribute("id")
        if seq is None or not fragment_id:
            raise InvalidCommandError("A fragment has no number or no id.")
        pieces.append((seq, fragment_id))
    if not node.text_at("appId") or not pieces:
        raise InvalidCommandError("Fragments name no application or are none.")
    return PolicyFragments(node.text_at("appId"), tuple(sorted(pieces)))
