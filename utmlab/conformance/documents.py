"""The documents an endpoint sends, written as text, and the two it reads from commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from utmlab.conformance.literal_xml import Element, XmlFault, parse
from utmlab.conformance.outcomes import Violation

if TYPE_CHECKING:
    from datetime import datetime

MCS = "http://www.sophos.com/xml/mcs"


def stamp(at: datetime, *, microseconds: int | None = None) -> str:
    """Return a client's timestamp, whose microseconds are not padded with zeros."""
    value = at.microsecond if microseconds is None else microseconds
    return f"{at:%Y-%m-%dT%H:%M:%S}.{value}Z"


def computer_status(name: str, at: datetime, *, doctype: str = "") -> str:
    """Return the status of a computer, as sent with a registration (2.1)."""
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{doctype}'
        f'<ns:computerStatus xmlns:ns="{MCS}/computerstatus">\n'
        f'<meta protocolVersion="1.0" timestamp="{stamp(at)}" softwareVersion="1.2.3.4" />'
        "<commonComputerStatus><domainName>UNKNOWN</domainName>"
        f"<computerName>{escape(name)}</computerName><computerDescription></computerDescription>"
        "<isServer>true</isServer><operatingSystem>linux</operatingSystem>"
        f"<lastLoggedOnUser>root@{escape(name)}</lastLoggedOnUser>"
        f"<ipv4>192.0.2.2</ipv4><ipv6>2001:db8::2</ipv6><fqdn>{escape(name)}</fqdn>"
        "<processorArchitecture>x86_64</processorArchitecture></commonComputerStatus>"
        "<posixPlatformDetails><productType>sspl</productType><platform>linux</platform>"
        "<vendor>debian</vendor><isServer>1</isServer><osName>Debian</osName>"
        "<kernelVersion>6.1</kernelVersion><osMajorVersion>12</osMajorVersion>"
        "<osMinorVersion>0</osMinorVersion></posixPlatformDetails></ns:computerStatus>"
    )


def statuses(items: list[tuple[str, str]], created: str, *, doctype: str = "") -> str:
    """Return a statuses document of (app id, body) pairs (2.4)."""
    inner = "".join(
        f"<status><appId>{app}</appId><creationTime>{created}</creationTime>"
        f"<ttl>PT10000S</ttl><body>{escape(body)}</body></status>"
        for app, body in items
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{doctype}'
        f'<ns:statuses xmlns:ns="{MCS}/statuses" schemaVersion="1.0">{inner}</ns:statuses>'
    )


def events(items: list[tuple[str, str, str]], created: str) -> str:
    """Return an events document of (app id, event id, body) triples (2.5)."""
    inner = "".join(
        f"<event><appId>{app}</appId><creationTime>{created}</creationTime><ttl>PT10000S</ttl>"
        f"<body>{escape(body)}</body><seq>{seq}</seq><id>{event_id}</id></event>"
        for seq, (app, event_id, body) in enumerate(items)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<ns:events xmlns:ns="{MCS}/events" schemaVersion="1.0">{inner}</ns:events>'
    )


def wrapped(inner: str) -> str:
    """Return an inner status as generic apps send it; the statuses document escapes it again."""
    return (
        f"<StatusAndConfig><status>{escape(inner)}</status><configuration></configuration>"
        "</StatusAndConfig>"
    )


def mcs_status(res: str, rev_id: str) -> str:
    """Return the inner status of the MCS app."""
    return (
        f'<ns:mcsStatus xmlns:ns="{MCS}/mcs/status"><csc:CompRes xmlns:csc="com.sophos\\msys\\csc" '
        f'Res="{res}" RevID="{rev_id}" policyType="25"/>'
        '<meta protocolVersion="1.0" timestamp="0"/><data><![CDATA[<mcs '
        f'xmlns="{MCS}/mcs/status" agentVersion="1.0"/>]]></data><messageRelay/></ns:mcsStatus>'
    )


def registered_applications(apps: list[str]) -> str:
    """Return the status of the app APPSPROXY: which apps are there."""
    inner = "".join(f'<application name="{app}"/>' for app in apps)
    return (
        f'<ns:registeredApplicationsStatus xmlns:ns="{MCS}/registeredApplicationsStatus">'
        f'<meta protocolVersion="1.0" timestamp=""/>{inner}</ns:registeredApplicationsStatus>'
    )


def update_event(at: datetime) -> str:
    """Return the body of an update's success, the simplest public event."""
    return (
        '<event xmlns="http://www.sophos.com/EE/AUEvent" type="sophos.mgt.entityAppEvent">'
        f"<timestamp>{at:%Y%m%d %H%M%S}</timestamp><appInfo><number>0</number>"
        "<updateSource>Sophos</updateSource></appInfo>"
        '<entityInfo xmlns="http://www.sophos.com/EntityInfo">AGENT:WIN:1.0.0</entityInfo></event>'
    )


@dataclass(frozen=True, slots=True)
class Command:
    """One command as it stood in the document."""

    command_id: str
    app: str
    body: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Assigned:
    """One assigned policy: by id, or in fragments of (seq, id)."""

    app: str
    policy_type: str
    policy_id: str = ""
    fragments: tuple[tuple[int, str], ...] = ()


def read_commands(document: bytes) -> list[Command]:
    """Read a commands document by its literal names.

    Raises:
        Violation: If a client would not find the commands in it.
    """
    root = parsed(document, "the commands document")
    if root.tag != "ns:commands":
        raise Violation(f"the root of the commands document is <{root.tag}>, not <ns:commands>")
    strangers = {child.tag for child in root.children} - {"command"}
    if strangers:
        raise Violation(f"<{strangers.pop()}> among the commands; clients look for <command>")
    return [
        Command(
            element.text_of("id"),
            element.text_of("appId"),
            element.text_of("body"),
            {child.tag: child.text.strip() for child in element.children},
        )
        for element in root.children
    ]


def read_assignments(body: str) -> list[Assigned]:
    """Read the body of an APPSPROXY command; actions give nothing.

    Raises:
        Violation: If a client would not find the assignments in it.
    """
    root = parsed(body, "the body of an APPSPROXY command")
    if root.tag == "ns:policyAssignments":
        return [_assignment(element) for element in root.all("policyAssignment")]
    if root.tag == "ns:policyFragments":
        return [_fragments(element) for element in root.all("fragments")]
    if root.tag.rpartition(":")[2] in ("policyAssignments", "policyFragments"):
        raise Violation(f"the root of the assignment is <{root.tag}>, its prefix has to be ns:")
    return []


def _assignment(element: Element) -> Assigned:
    app = element.child("appId")
    policy_id = element.text_of("policyId")
    if app is None or not app.text.strip() or not policy_id:
        raise Violation("a policyAssignment without appId or policyId")
    return Assigned(app.text.strip(), app.attributes.get("policyType", ""), policy_id)


def _fragments(element: Element) -> Assigned:
    app = element.child("appId")
    pieces = [
        (piece.attributes.get("seq", ""), piece.attributes.get("id", ""))
        for piece in element.children
        if piece.tag == "fragment"
    ]
    if app is None or not app.text.strip() or not pieces:
        raise Violation("policy fragments without appId or fragment")
    if not all(seq.isdigit() and fragment_id for seq, fragment_id in pieces):
        raise Violation("a fragment without a numeric seq or an id")
    ordered = tuple(sorted((int(seq), fragment_id) for seq, fragment_id in pieces))
    return Assigned(app.text.strip(), app.attributes.get("policyType", ""), fragments=ordered)


def parsed(document: bytes | str, what: str) -> Element:
    """Parse a document of the server.

    Raises:
        Violation: If a client would refuse it.
    """
    try:
        return parse(document)
    except XmlFault as fault:
        raise Violation(f"{what}: {fault}") from fault
