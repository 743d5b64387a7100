"""The statuses document, and what an adapter says about the policy it was given.

* A body is escaped once in the envelope. Adapters wrap their own document in ``StatusAndConfig``,
  so that it is escaped twice on the wire; an unwrapped document is accepted too.
* Documents over 262,144 characters and bodies with scripts are refused in both directions.
* ``Res`` says ``Same`` (in force), ``Diff`` (something else is in force) or ``NoRef`` (no policy).

Provenance: documented.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, cast, get_args

from foundation.errors import DomainError
from foundation.protocol.bodies import DocumentTooLargeError, refuse_scripts
from foundation.protocol.names import MCS_NAMESPACE
from foundation.protocol.reasons import Reason
from foundation.protocol.status_forms import inner_details, inner_document
from foundation.protocol.timestamps import (
    DEFAULT_TTL_S,
    TimestampMalformedError,
    format_timestamp,
    format_ttl,
    parse_timestamp,
    parse_ttl_or_default,
)
from foundation.protocol.xml_reading import Element, plain_number, read_document
from foundation.protocol.xml_writing import attribute, element

Res = Literal["Same", "Diff", "NoRef"]

MAX_STATUSES_CHARACTERS = 262_144
_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    f'<ns:statuses xmlns:ns="{MCS_NAMESPACE}statuses" schemaVersion="1.0">'
)
_REGISTERED = "registeredApplicationsStatus"


class StatusRefusedError(DomainError):
    """A statuses document, or one status in it, lacks what the server needs."""

    code: ClassVar[str] = "status_refused"
    hint: ClassVar[str] = "Send ns:statuses; every status needs appId, creationTime and body."
    reason: ClassVar[Reason] = Reason.FIELD_MISSING


@dataclass(frozen=True, slots=True)
class Status:
    """One status as it stands in the envelope; the body is unescaped once."""

    app_id: str
    creation_time: datetime
    ttl_s: float
    body: str


@dataclass(frozen=True, slots=True)
class AdapterStatus:
    """Which policy an adapter has in force, and what else it says about itself."""

    app_id: str
    policy_type: int
    res: Res
    rev_id: str
    details: dict[str, str] = field(default_factory=dict)


def encode_statuses(statuses: Iterable[Status]) -> bytes:
    """Return the document that a client PUTs.

    Raises:
        DocumentTooLargeError: over 262,144 characters.
        ScriptRefusedError: when a body carries a script.
    """
    listed = "".join(_encode_status(status) for status in statuses)
    document = f"{_HEAD}{listed}</ns:statuses>"
    _refuse_size(document)
    return document.encode()


def decode_statuses(data: bytes) -> tuple[Status, ...]:
    """Read what a client PUT; unpadded microseconds and a bad ttl are tolerated.

    Raises:
        XmlRefusedError: when it is not XML that is read here.
        DocumentTooLargeError: over 262,144 characters.
        ScriptRefusedError: when a body carries a script.
        StatusRefusedError: another document, or a status without appId, creationTime or body.
    """
    if len(data) > MAX_STATUSES_CHARACTERS:
        _refuse_size(data.decode("utf-8", "replace"))
    root = read_document(data, max_bytes=4 * MAX_STATUSES_CHARACTERS)
    if root.name != "ns:statuses":
        raise StatusRefusedError(f"The document is a {root.name[:60]!r}, not ns:statuses.")
    return tuple(_read_status(each) for each in root.all("status"))


def encode_adapter_status(status: AdapterStatus) -> str:
    """Return the body for a status of an adapter: its document inside ``StatusAndConfig``.

    MCS, ALC and SAV have their documented form; other applications one of ours.
    """
    inner = inner_document(
        status.app_id, status.policy_type, status.res, status.rev_id, status.details
    )
    return (
        f"<StatusAndConfig>{element('status', inner)}<configuration></configuration>"
        "</StatusAndConfig>"
    )


def decode_adapter_status(app_id: str, body: str) -> AdapterStatus:
    """Read the body of an adapter's status, wrapped or plain.

    Raises:
        XmlRefusedError: when it, or the document inside it, is not XML that is read here.
        ScriptRefusedError: when the document inside carries a script.
        StatusRefusedError: without a ``CompRes``, or with a Res that is none of the three.
    """
    refuse_scripts(body)
    root = read_document(body)
    if root.name == "StatusAndConfig":
        inner = root.text_at("status")
        refuse_scripts(inner)
        root = read_document(inner)
    results = tuple(root.descendants("CompRes"))
    if len(results) != 1:
        raise StatusRefusedError(f"The status of {app_id} has {len(results)} CompRes, not one.")
    res = results[0].attribute("Res")
    if res not in get_args(Res):
        raise StatusRefusedError(f"The status of {app_id} has no Res of the three.")
    return AdapterStatus(
        app_id=app_id,
        policy_type=plain_number(results[0].attribute("policyType")) or 0,
        res=cast("Res", res),
        rev_id=results[0].attribute("RevID"),
        details=inner_details(app_id, root),
    )


def encode_registered_applications(app_ids: Iterable[str]) -> str:
    """Return the body of an APPSPROXY status: all applications but AGENT and APPSPROXY."""
    listed = "".join(f'<application name="{attribute(app_id)}"/>' for app_id in app_ids)
    return (
        f'<ns:{_REGISTERED} xmlns:ns="{MCS_NAMESPACE}{_REGISTERED}">'
        f'<meta protocolVersion="1.0" timestamp=""/>{listed}</ns:{_REGISTERED}>'
    )


def decode_registered_applications(body: str) -> tuple[str, ...]:
    """Read the body of an APPSPROXY status.

    Raises:
        XmlRefusedError: when it is not XML that is read here.
        StatusRefusedError: when it is another document.
    """
    root = read_document(body)
    if root.name != f"ns:{_REGISTERED}":
        raise StatusRefusedError(f"The document is a {root.name[:60]!r}, not ns:{_REGISTERED}.")
    return tuple(name for each in root.all("application") if (name := each.attribute("name")))


def _encode_status(status: Status) -> str:
    refuse_scripts(status.body)
    return (
        "<status>"
        + element("appId", status.app_id)
        + element("creationTime", format_timestamp(status.creation_time))
        + element("ttl", format_ttl(status.ttl_s))
        + element("body", status.body)
        + "</status>"
    )


def _read_status(node: Element) -> Status:
    app_id, body = node.text_at("appId"), node.text_at("body")
    if not app_id or not body:
        raise StatusRefusedError("A status has no appId or no body.")
    refuse_scripts(body)
    try:
        creation_time = parse_timestamp(node.text_at("creationTime"))
    except TimestampMalformedError as error:
        raise StatusRefusedError(f"The status of {app_id}: {error}") from error
    ttl = node.text_at("ttl")
    return Status(app_id, creation_time, parse_ttl_or_default(ttl) if ttl else DEFAULT_TTL_S, body)


def _refuse_size(document: str) -> None:
    if len(document) > MAX_STATUSES_CHARACTERS:
        raise DocumentTooLargeError(
            f"The statuses have {len(document)} characters; "
            f"at most {MAX_STATUSES_CHARACTERS} are accepted."
        )
