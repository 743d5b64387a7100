"""Section 2.3: what is inside the policies, the MCS policy above all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from utmlab.conformance import documents
from utmlab.conformance.outcomes import NotSeen, Violation
from utmlab.conformance.rule import Rule

if TYPE_CHECKING:
    from utmlab.conformance.literal_xml import Element
    from utmlab.conformance.subject import Document, Subject

# Policies that carry RevID on their root instead, or have none: their files have no type number.
WITHOUT_COMP = frozenset({"CORE", "CORC", "LiveQuery", "RTD", "HBT"})
TYPES = {"ALC": "1", "SAV": "2", "NTP": "24", "MCS": "25"}
ROOTS = {"ALC": "AUConfigurations", "SAV": "config", "NTP": "policy", "MCS": "policy"}
SERVER = re.compile(r"https?://[A-Za-z0-9_.-]+(:[0-9]{1,5})?(/[^/\s]+)*/?")
DIGITS = re.compile(r"[0-9]+")
LATEST = 86_400


async def fetched(subject: Subject) -> str:
    """Every assigned policy is served with 200 and parses."""
    endpoint = await subject.endpoint()
    count = 0
    for _, many in await subject.assignments(endpoint):
        for assigned in many:
            body = await subject.fetch(endpoint, assigned)
            documents.parsed(body, f"the {assigned.app} policy")
            count += 1
    return f"{count} policies"


async def one_comp(subject: Subject) -> str:
    """Exactly one csc:Comp names the revision; without it a policy has no file and no status."""
    seen = 0
    for document in await subject.policies():
        app = document.assigned.app
        if app in WITHOUT_COMP:
            continue
        comps = _root(document).all("csc:Comp")
        if len(comps) != 1:
            raise Violation(f"the {app} policy has {len(comps)} csc:Comp")
        seen += 1
    if not seen:
        raise NotSeen("no policy with csc:Comp was assigned")
    return f"{seen} policies"


async def rev_id(subject: Subject) -> str:
    """RevID and policyType are there and not empty."""
    for document in await subject.policies():
        app = document.assigned.app
        holders = [_root(document)] if app in WITHOUT_COMP else _root(document).all("csc:Comp")
        for holder in holders:
            if not holder.attributes.get("RevID"):
                raise Violation(f"the {app} policy has no RevID")
            if app not in WITHOUT_COMP and not holder.attributes.get("policyType"):
                raise Violation(f"the {app} policy has no policyType")
    return ""


async def policy_types(subject: Subject) -> str:
    """The public apps use their public numbers and roots."""
    seen = []
    for document in await subject.policies():
        app = document.assigned.app
        if app not in TYPES:
            continue
        root = _root(document)
        if root.tag != ROOTS[app]:
            raise Violation(f"the root of the {app} policy is <{root.tag}>, not <{ROOTS[app]}>")
        for comp in root.all("csc:Comp"):
            if comp.attributes.get("policyType") != TYPES[app]:
                raise Violation(
                    f"the {app} policy has policyType {comp.attributes.get('policyType')}"
                )
        seen.append(app)
    if not seen:
        raise NotSeen("no policy of a public app was assigned")
    return ", ".join(sorted(seen))


async def mcs_type(subject: Subject) -> str:
    """The MCS policy is <policy type="mcs"> with a configuration."""
    root = _root(await subject.policy_of("MCS"))
    if root.attributes.get("type") != "mcs":
        raise Violation(f"type is {root.attributes.get('type')!r}")
    await _configuration(subject)
    return ""


async def message_relays(subject: Subject) -> str:
    """Without messageRelays real clients throw and apply nothing."""
    if (await _configuration(subject)).child("messageRelays") is None:
        raise Violation("the MCS policy has no messageRelays element; an empty one is needed")
    return ""


async def servers(subject: Subject) -> str:
    """There is a server whose URL clients do not skip."""
    holder = (await _configuration(subject)).child("servers")
    urls = [child.text.strip() for child in holder.children] if holder else []
    usable = [url for url in urls if SERVER.fullmatch(url)]
    if not usable:
        raise Violation(f"no usable server among {urls}")
    return f"{len(usable)} servers"


async def push_servers(subject: Subject) -> str:
    """A push server is a base: the client appends /v2/push/device/<id>."""
    urls = await push_server_urls(subject)
    if not urls:
        raise NotSeen("the MCS policy names no push server")
    for url in urls:
        if not SERVER.fullmatch(url) or "/v2/push" in url:
            raise Violation(f"{url} is no base URL")
    return f"{len(urls)} push servers"


async def polling_delay(subject: Subject) -> str:
    """The delay is plain digits in `default`, once; else clients fall back to 20 s."""
    return await _default(subject, "commandPollingDelay", lowest=5, required=True)


async def flags_delay(subject: Subject) -> str:
    """Likewise the interval of the flags poll."""
    return await _default(subject, "flagsPollingInterval", lowest=1, required=False)


async def device_id(subject: Subject) -> str:
    """Another deviceId than the token's makes clients authenticate at every poll."""
    access = await subject.access()
    in_policy = (await _configuration(subject)).text_of("deviceId")
    if not in_policy or in_policy != access.get("device_id"):
        raise Violation("deviceId of the MCS policy is not device_id of the access token")
    return ""


async def push_server_urls(subject: Subject) -> list[str]:
    """Return the push servers that the MCS policy names."""
    holder = (await _configuration(subject)).child("pushServers")
    return [child.text.strip() for child in holder.children] if holder else []


async def relays(subject: Subject) -> list[Element]:
    """Return the message relays that the MCS policy names."""
    return (await _configuration(subject)).all("messageRelay")


async def _default(subject: Subject, name: str, *, lowest: int, required: bool) -> str:
    found = [child for child in (await _configuration(subject)).children if child.tag == name]
    if not found and not required:
        raise NotSeen(f"the MCS policy has no {name}")
    if len(found) != 1:
        raise Violation(f"{name} appears {len(found)} times")
    value = found[0].attributes.get("default", "")
    if not DIGITS.fullmatch(value):
        raise Violation(f"{name} default={value!r} is not plain digits")
    if not lowest <= int(value) <= LATEST:
        raise Violation(f"{name} is {value} s, clients use {lowest} to {LATEST}")
    return f"{value} s"


async def _configuration(subject: Subject) -> Element:
    found = _root(await subject.policy_of("MCS")).child("configuration")
    if found is None:
        raise Violation("the MCS policy has no configuration element")
    return found


def _root(document: Document) -> Element:
    return documents.parsed(document.body, f"the {document.assigned.app} policy")


RULES = (
    Rule("1.3-policy", "every assigned policy is served", fetched),
    Rule("2.3-one-comp", "exactly one csc:Comp per policy", one_comp),
    Rule("2.3-rev-id", "RevID is not empty", rev_id),
    Rule("2.3-policy-types", "public apps use their public roots and numbers", policy_types),
    Rule("2.3-mcs-policy", 'the MCS policy has type="mcs" and a configuration', mcs_type),
    Rule("2.3-message-relays", "the MCS policy has messageRelays", message_relays),
    Rule("2.3-servers", "the MCS policy names a usable server", servers),
    Rule("2.3-polling-delay", "commandPollingDelay is readable", polling_delay),
    Rule("2.3-flags-interval", "flagsPollingInterval is readable", flags_delay),
    Rule("6-device-id", "deviceId of the MCS policy is the token's device_id", device_id),
    Rule("6-push-server", "a push server is a base URL", push_servers),
)
