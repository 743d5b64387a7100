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
from foundation.net.xml_guard import walk_xml
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
from foundation.protocol.xml_reading import plain_number
from foundation.protocol.xml_writing import attribute, element

WebAction = Literal["allow", "block", "warn", "proceed"]

MAX_EVENTS_BYTES = 5_000_000
_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    f'<ns:events xmlns:ns="{MCS_NAMESPACE}events" schemaVersion="1.0">'
)
_WEB_CONTROL = "web-control"
_ACTIONS = frozenset(get_args(WebAction))
_EVENT_LEVEL, _FIELD_LEVEL = 2, 3
_CHILD_LEVEL, _GRANDCHILD_LEVEL = 2, 3


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
    reader = _EnvelopeReader()
    walk_xml(
        data,
        reader.enter,
        leave=reader.leave,
        text=reader.text,
        max_bytes=MAX_EVENTS_BYTES,
    )
    if reader.root != "ns:events":
        raise EventRefusedError(f"The document is a {reader.root[:60]!r}, not ns:events.")
    return tuple(_read_event(each) for each in reader.events)


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
    reader = _BodyReader()
    walk_xml(body, reader.enter)
    if reader.root != "event" or reader.of("").get("type") != _WEB_CONTROL:
        raise EventRefusedError("The body is not an event of Web Control.")
    action = reader.of("").get("action", "")
    if action not in _ACTIONS:
        raise EventRefusedError(f"Web Control knows no action {action[:40]!r}.")
    if not reader.of("request").get("url"):
        raise EventRefusedError("An event of Web Control names no URL.")
    try:
        return _read_web_control_event(reader)
    except TimestampMalformedError as error:
        raise EventRefusedError(f"An event of Web Control: {error}") from error


class _EnvelopeReader:
    """Collects the events of a document: of each its direct children's first texts, by name."""

    def __init__(self) -> None:
        self.root = ""
        self.events: list[dict[str, str]] = []
        self._is_in_event = False
        self._field: str | None = None
        self._pieces: list[str] = []

    def enter(self, level: int, name: str, _attributes: dict[str, str]) -> None:
        if level == _FIELD_LEVEL:
            is_first = self._is_in_event and name not in self.events[-1]
            self._field = name if is_first else None
        elif level == _EVENT_LEVEL:
            self._is_in_event = name == "event"
            if self._is_in_event:
                self.events.append({})
        elif level == 1:
            self.root = name

    def leave(self, level: int) -> None:
        if level == _FIELD_LEVEL and self._field is not None:
            self.events[-1][self._field] = "".join(self._pieces).strip()
            self._pieces.clear()
            self._field = None

    def text(self, level: int, piece: str) -> None:
        if level == _FIELD_LEVEL and self._field is not None:
            self._pieces.append(piece)


class _BodyReader:
    """Collects the attributes of an event's root and of its first children, by name."""

    def __init__(self) -> None:
        self.root = ""
        self.exceptions: list[str] = []
        self._found: dict[str, dict[str, str]] = {}
        self._is_in_exceptions = False

    def of(self, name: str) -> dict[str, str]:
        """Return the attributes of an element; none when it is not there."""
        return self._found.get(name, {})

    def enter(self, level: int, name: str, attributes: dict[str, str]) -> None:
        if level == 1:
            self.root = name
            self._found[""] = attributes
        elif level == _CHILD_LEVEL:
            is_first = name not in self._found
            self._is_in_exceptions = is_first and name == "exceptions"
            if is_first:
                self._found[name] = attributes
        elif level == _GRANDCHILD_LEVEL and self._is_in_exceptions and name == "exception":
            self.exceptions.append(attributes.get("name", ""))


def _read_web_control_event(reader: _BodyReader) -> WebControlEvent:
    root, client, request, response, category, rule = map(
        reader.of, ("", "client", "request", "response", "category", "rule")
    )
    return WebControlEvent(
        at=parse_timestamp(root.get("ts", "")),
        user=client.get("user", ""),
        url=request.get("url", ""),
        method=request.get("method", ""),
        action=cast("WebAction", root.get("action")),
        reason=root.get("reason", ""),
        category_ids=tuple(map(_number, category.get("ids", "").split())),
        category_name=category.get("name", ""),
        reputation=category.get("reputation", ""),
        filter_action_ref=rule.get("filterAction", ""),
        filter_action_name=rule.get("filterActionName", ""),
        profile_ref=rule.get("profile", ""),
        profile_name=rule.get("profileName", ""),
        rule_ref=rule.get("ref", ""),
        exceptions=tuple(reader.exceptions),
        client_ip=client.get("ip", ""),
        size=_number(response.get("size") or "0"),
        status_code=_number(response.get("status") or "0"),
        referer=request.get("referer", ""),
        user_agent=client.get("agent", ""),
        content_type=response.get("contentType", ""),
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


def _read_event(fields: dict[str, str]) -> Event:
    for field in ("appId", "body", "id"):
        if not fields.get(field):
            raise EventRefusedError(f"An event has no {field}.")
    refuse_scripts(fields["body"])
    try:
        creation_time = parse_timestamp(fields.get("creationTime", ""))
    except TimestampMalformedError as error:
        raise EventRefusedError(f"Event {fields['id'][:40]!r}: {error}") from error
    return Event(
        app_id=fields["appId"],
        creation_time=creation_time,
        ttl_s=parse_ttl_or_default(fields.get("ttl", "")),
        body=fields["body"],
        seq=plain_number(fields.get("seq", "")) or 0,
        id=fields["id"],
    )


def _refuse_size(document: bytes) -> None:
    if len(document) > MAX_EVENTS_BYTES:
        raise DocumentTooLargeError(
            f"The events have {len(document)} bytes; at most {MAX_EVENTS_BYTES} are accepted."
        )
