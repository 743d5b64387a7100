"""The events document, and the event of Web Control.

* ``id`` is the identity of an event: what arrives twice is one event. ``seq`` counts from 0 in
  each batch and says nothing else.
* Documents over 5,000,000 bytes and bodies with scripts are refused in both directions.

Provenance: the envelope is documented. The body of a Web Control event is ours: no public source
shows one; its fields are those that the appliance's web log needs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Literal, cast, get_args

from foundation.errors import DomainError
from foundation.protocol.bodies import DocumentTooLargeError, refuse_scripts
from foundation.protocol.names import MCS_NAMESPACE, WEB_CONTROL_NAMESPACE
from foundation.protocol.reasons import Reason
from foundation.protocol.timestamps import (
    TimestampMalformedError,
    format_timestamp,
    format_ttl,
    parse_timestamp,
    parse_ttl_or_default,
)
from foundation.protocol.xml_reading import Element, plain_number, read_document
from foundation.protocol.xml_writing import attribute, element

WebAction = Literal["allow", "block", "warn", "proceed"]

MAX_EVENTS_BYTES = 5_000_000
_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    f'<ns:events xmlns:ns="{MCS_NAMESPACE}events" schemaVersion="1.0">'
)
_WEB_CONTROL = "web-control"


class EventRefusedError(DomainError):
    """An events document, or one event in it, lacks what the server needs."""

    code: ClassVar[str] = "event_refused"
    hint: ClassVar[str] = "Send ns:events; every event needs appId, creationTime, body and id."
    reason: ClassVar[Reason] = Reason.FIELD_MISSING


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it stands in the envelope; the body is unescaped once."""

    app_id: str
    creation_time: datetime
    ttl_s: float
    body: str
    seq: int
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebControlEvent:
    """One request that Web Control decided.

    Attributes:
        at: When it was decided, by the endpoint's clock.
        action: What was done; ``proceed`` is a warning that the user went past.
        reason: The reason code of the verdict.
        exceptions: What exceptions made the filter skip.
    """

    at: datetime
    user: str
    url: str
    method: str
    action: WebAction
    reason: str
    category_ids: tuple[int, ...] = ()
    category_name: str = ""
    reputation: str = ""
    filter_action_ref: str = ""
    filter_action_name: str = ""
    profile_ref: str = ""
    profile_name: str = ""
    rule_ref: str = ""
    exceptions: tuple[str, ...] = ()
    client_ip: str = ""
    size: int = 0
    status_code: int = 0
    referer: str = ""
    user_agent: str = ""
    content_type: str = ""

    def encode(self) -> str:
        """Return the body of the event."""
        return encode_web_control_event(self)


def event_id(at: datetime, counter: int) -> str:
    """Return an id as clients make it: fourteen digits of time and four hex digits of a counter."""
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S}{counter & 0xFFFF:04x}"


def encode_events(events: Iterable[Event]) -> bytes:
    """Return the document that a client POSTs.

    Raises:
        DocumentTooLargeError: over 5,000,000 bytes.
        ScriptRefusedError: when a body carries a script.
    """
    listed = "".join(_encode_event(event) for event in events)
    document = f"{_HEAD}{listed}</ns:events>".encode()
    _refuse_size(document)
    return document


def decode_events(data: bytes) -> tuple[Event, ...]:
    """Read what a client POSTed; unpadded microseconds and a bad ttl are tolerated.

    Raises:
        XmlRefusedError: when it is not XML that is read here.
        DocumentTooLargeError: over 5,000,000 bytes.
        ScriptRefusedError: when a body carries a script.
        EventRefusedError: another document, or an event without one of its parts.
    """
    _refuse_size(data)
    root = read_document(data, max_bytes=MAX_EVENTS_BYTES)
    if root.name != "ns:events":
        raise EventRefusedError(f"The document is a {root.name[:60]!r}, not ns:events.")
    return tuple(_read_event(each) for each in root.all("event"))


def encode_web_control_event(event: WebControlEvent) -> str:
    """Return the body of an SWC event."""
    exceptions = "".join(f'<exception name="{attribute(name)}"/>' for name in event.exceptions)
    return (
        f'<event xmlns="{WEB_CONTROL_NAMESPACE}" type="{_WEB_CONTROL}" '
        f'ts="{format_timestamp(event.at)}" action="{event.action}" '
        f'reason="{attribute(event.reason)}"><client user="{attribute(event.user)}" '
        f'ip="{attribute(event.client_ip)}" agent="{attribute(event.user_agent)}"/>'
        f'<request method="{attribute(event.method)}" url="{attribute(event.url)}" '
        f'referer="{attribute(event.referer)}"/><response status="{event.status_code}" '
        f'size="{event.size}" contentType="{attribute(event.content_type)}"/>'
        f'<category ids="{" ".join(map(str, event.category_ids))}" '
        f'name="{attribute(event.category_name)}" reputation="{attribute(event.reputation)}"/>'
        f'<rule ref="{attribute(event.rule_ref)}" profile="{attribute(event.profile_ref)}" '
        f'profileName="{attribute(event.profile_name)}" '
        f'filterAction="{attribute(event.filter_action_ref)}" '
        f'filterActionName="{attribute(event.filter_action_name)}"/>'
        f"<exceptions>{exceptions}</exceptions></event>"
    )


def decode_web_control_event(body: str) -> WebControlEvent:
    """Read the body of an SWC event.

    Raises:
        XmlRefusedError: when it is not XML that is read here.
        EventRefusedError: another document, or without url, time or one of the four actions.
    """
    root = read_document(body)
    if root.name != "event" or root.attribute("type") != _WEB_CONTROL:
        raise EventRefusedError("The body is not an event of Web Control.")
    if root.attribute("action") not in get_args(WebAction):
        raise EventRefusedError(f"Web Control knows no action {root.attribute('action')[:40]!r}.")
    if not root.first("request").attribute("url"):
        raise EventRefusedError("An event of Web Control names no URL.")
    try:
        return _read_web_control_event(root)
    except TimestampMalformedError as error:
        raise EventRefusedError(f"An event of Web Control: {error}") from error


def _read_web_control_event(root: Element) -> WebControlEvent:
    client, request = root.first("client"), root.first("request")
    response, category, rule = (root.first(each) for each in ("response", "category", "rule"))
    return WebControlEvent(
        at=parse_timestamp(root.attribute("ts")),
        user=client.attribute("user"),
        url=request.attribute("url"),
        method=request.attribute("method"),
        action=cast("WebAction", root.attribute("action")),
        reason=root.attribute("reason"),
        category_ids=tuple(_number(each) for each in category.attribute("ids").split()),
        category_name=category.attribute("name"),
        reputation=category.attribute("reputation"),
        filter_action_ref=rule.attribute("filterAction"),
        filter_action_name=rule.attribute("filterActionName"),
        profile_ref=rule.attribute("profile"),
        profile_name=rule.attribute("profileName"),
        rule_ref=rule.attribute("ref"),
        exceptions=tuple(
            each.attribute("name") for each in root.first("exceptions").all("exception")
        ),
        client_ip=client.attribute("ip"),
        size=_number(response.attribute("size") or "0"),
        status_code=_number(response.attribute("status") or "0"),
        referer=request.attribute("referer"),
        user_agent=client.attribute("agent"),
        content_type=response.attribute("contentType"),
    )


def _number(text: str) -> int:
    number = plain_number(text)
    if number is None:
        raise EventRefusedError(f"{text[:40]!r} in an event of Web Control is not a number.")
    return number


def _encode_event(event: Event) -> str:
    refuse_scripts(event.body)
    return (
        "<event>"
        + element("appId", event.app_id)
        + element("creationTime", format_timestamp(event.creation_time))
        + element("ttl", format_ttl(event.ttl_s))
        + element("body", event.body)
        + element("seq", str(event.seq))
        + element("id", event.id)
        + "</event>"
    )


def _read_event(node: Element) -> Event:
    for field in ("appId", "body", "id"):
        if not node.text_at(field):
            raise EventRefusedError(f"An event has no {field}.")
    refuse_scripts(node.text_at("body"))
    try:
        creation_time = parse_timestamp(node.text_at("creationTime"))
    except TimestampMalformedError as error:
        raise EventRefusedError(f"Event {node.text_at('id')[:40]!r}: {error}") from error
    return Event(
        app_id=node.text_at("appId"),
        creation_time=creation_time,
        ttl_s=parse_ttl_or_default(node.text_at("ttl")),
        body=node.text_at("body"),
        seq=plain_number(node.text_at("seq")) or 0,
        id=node.text_at("id"),
    )


def _refuse_size(document: bytes) -> None:
    if len(document) > MAX_EVENTS_BYTES:
        raise DocumentTooLargeError(
            f"The events have {len(document)} bytes; at most {MAX_EVENTS_BYTES} are accepted."
        )
