"""The MCS policy: where servers are, how often to ask them, how to reach them.

* ``<messageRelays/>`` is always written: a real client without it throws and applies nothing.
* A number that is not plain digits, or stands there twice, counts as its default.
* A server URL that a client would not accept is skipped, not refused.
* ``utm:trustedCa`` is ours: the certificates to trust, once LiveConnect's CA was rotated. A real
  client passes over it.
* ``encode`` leaves RevID blank; whoever serves the policy seals it.

Provenance: documented.
"""

import re
from dataclasses import dataclass, field
from typing import TypeVar

from foundation.protocol.names import MCS, POLICY_NAMESPACE, POLICY_TYPES
from foundation.protocol.policies import (
    COMPLIANCE_XMLNS,
    PolicyRefusedError,
    compliance_element,
    compliance_of,
    read_policy,
)
from foundation.protocol.xml_reading import Element, is_true, plain_number
from foundation.protocol.xml_writing import attribute, content, element, truth

DEFAULT_POLL_INTERVAL_S = 20
DEFAULT_FLAGS_INTERVAL_S = 14_400
DEFAULT_PUSH_PING_TIMEOUT_S = 90
SHORTEST_POLL_INTERVAL_S = 5
LONGEST_POLL_INTERVAL_S = 14_400
LONGEST_INTERVAL_S = 86_400
DEFAULT_RELAY_PORT = 8190
_OWN_NAMESPACE = "urn:utmlab:mcs:1"

DefaultT = TypeVar("DefaultT", int, None)

_CONFIGURATION = (
    '<configuration xmlns="http://www.sophos.com/xml/msys/mcspolicy.xsd" '
    f'xmlns:auto-ns1="{POLICY_NAMESPACE}">'
)
_SERVER_URL = re.compile(r"https?://[A-Za-z0-9_.-]+(?::\d{1,5})?(?:/(?!/).*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class MessageRelay:
    """A machine that passes MCS on; lower priorities are tried first."""

    address: str
    port: int = DEFAULT_RELAY_PORT
    priority: int = 0
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class McsPolicy:
    """The settings of the MCS Client; ``rev_id`` is read, never written."""

    device_id: str = ""
    tenant_id: str = ""
    customer_id: str = ""
    registration_token: str = field(default="", repr=False)
    servers: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    proxy_credentials: tuple[str, ...] = field(default=(), repr=False)
    message_relays: tuple[MessageRelay, ...] = ()
    use_system_proxy: bool = True
    use_automatic_proxy: bool = True
    use_direct: bool = True
    random_skew_factor: int = 1
    poll_interval_s: int = DEFAULT_POLL_INTERVAL_S
    flags_interval_s: int = DEFAULT_FLAGS_INTERVAL_S
    push_servers: tuple[str, ...] = ()
    push_ping_timeout_s: int = DEFAULT_PUSH_PING_TIMEOUT_S
    push_fallback_poll_s: int | None = None
    presigned_url: str = ""
    presigned_credentials: str = field(default="", repr=False)
    trusted_ca: str = ""
    rev_id: str = field(default="", compare=False)

    @property
    def effective_poll_interval_s(self) -> float:
        """The poll interval within the bounds that clients keep."""
        return float(
            min(max(self.poll_interval_s, SHORTEST_POLL_INTERVAL_S), LONGEST_POLL_INTERVAL_S)
        )

    @property
    def effective_push_fallback_poll_s(self) -> float:
        """The interval while the push channel is up."""
        if self.push_fallback_poll_s is None:
            return self.effective_poll_interval_s
        return float(min(self.push_fallback_poll_s, LONGEST_INTERVAL_S))

    def encode(self) -> bytes:
        """Return the document with a blank RevID."""
        inside = _identity(self) + _routes(self) + _timing(self) + _push(self) + _trust(self)
        return (
            f'<?xml version="1.0"?>\n<policy {COMPLIANCE_XMLNS} type="mcs">'
            f'<meta protocolVersion="1.1"/>{compliance_element(POLICY_TYPES[MCS])}'
            f"{_CONFIGURATION}{inside}</configuration></policy>"
        ).encode()


def decode_mcs_policy(document: bytes) -> McsPolicy:
    """Read an MCS policy.

    Raises:
        PolicyRefusedError: malformed, not one csc:Comp, or without ``configuration``.
    """
    root = read_policy(document)
    compliance = compliance_of(root)
    if root.name != "policy" or not root.has("configuration"):
        raise PolicyRefusedError("The document is not an MCS policy with a configuration.")
    settings = root.first("configuration")
    presigned = settings.first("presignedUrlService")
    return McsPolicy(
        device_id=settings.text_at("deviceId"),
        tenant_id=settings.text_at("tenantId"),
        customer_id=settings.text_at("customerId"),
        registration_token=settings.text_at("registrationToken"),
        servers=_urls(settings.first("servers").texts("server")),
        proxies=settings.first("proxies").texts("proxy"),
        proxy_credentials=settings.first("proxyCredentials").texts("credentials"),
        message_relays=_relays(settings.first("messageRelays")),
        use_system_proxy=is_true(settings.text_at("useSystemProxy", default="true")),
        use_automatic_proxy=is_true(settings.text_at("useAutomaticProxy", default="true")),
        use_direct=is_true(settings.text_at("useDirect", default="true")),
        random_skew_factor=_number(settings, "randomSkewFactor", 1),
        poll_interval_s=_default_of(settings, "commandPollingDelay", DEFAULT_POLL_INTERVAL_S),
        flags_interval_s=_default_of(settings, "flagsPollingInterval", DEFAULT_FLAGS_INTERVAL_S),
        push_servers=_urls(settings.first("pushServers").texts("pushServer")),
        push_ping_timeout_s=_number(settings, "pushPingTimeout", DEFAULT_PUSH_PING_TIMEOUT_S),
        push_fallback_poll_s=_number(settings, "pushFallbackPollInterval", None),
        presigned_url=presigned.text_at("url"),
        presigned_credentials=presigned.text_at("credentials"),
        trusted_ca=settings.text_at("utm:trustedCa"),
        rev_id=compliance.rev_id,
    )


def is_server_url(url: str) -> bool:
    """Whether clients accept a URL as that of a server."""
    return _SERVER_URL.fullmatch(url) is not None


def _urls(urls: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(url for url in urls if is_server_url(url))


def _number(settings: Element, name: str, default: DefaultT) -> int | DefaultT:
    found = settings.all(name)
    number = plain_number(found[0].text) if len(found) == 1 else None
    return default if number is None else number


def _default_of(settings: Element, name: str, default: int) -> int:
    found = settings.all(name)
    number = plain_number(found[0].attribute("default")) if len(found) == 1 else None
    return default if number is None else number


def _relays(node: Element) -> tuple[MessageRelay, ...]:
    return tuple(
        MessageRelay(
            address=each.attribute("address"),
            port=plain_number(each.attribute("port")) or DEFAULT_RELAY_PORT,
            priority=plain_number(each.attribute("priority")) or 0,
            id=each.attribute("id"),
        )
        for each in node.all("messageRelay")
        if each.attribute("address")
    )


def _identity(policy: McsPolicy) -> str:
    device = element("deviceId", policy.device_id) if policy.device_id else ""
    tenant = element("tenantId", policy.tenant_id) if policy.tenant_id else ""
    return (
        device
        + tenant
        + element("customerId", policy.customer_id)
        + element("registrationToken", policy.registration_token)
        + _listed("servers", "server", policy.servers)
    )


def _routes(policy: McsPolicy) -> str:
    relays = "".join(
        f'<messageRelay priority="{relay.priority}" port="{relay.port}" '
        f'address="{attribute(relay.address)}" id="{attribute(relay.id)}"/>'
        for relay in policy.message_relays
    )
    return (
        _listed("proxies", "proxy", policy.proxies)
        + _listed("proxyCredentials", "credentials", policy.proxy_credentials)
        + (f"<messageRelays>{relays}</messageRelays>" if relays else "<messageRelays/>")
        + element("useSystemProxy", truth(policy.use_system_proxy))
        + element("useAutomaticProxy", truth(policy.use_automatic_proxy))
        + element("useDirect", truth(policy.use_direct))
    )


def _timing(policy: McsPolicy) -> str:
    return (
        element("randomSkewFactor", str(policy.random_skew_factor))
        + f'<commandPollingDelay default="{policy.poll_interval_s}"/>'
        + f'<flagsPollingInterval default="{policy.flags_interval_s}"/>'
        + element("diagnosticTrailEnabled", "true")
        + "<policyChangeServers/>"
    )


def _push(policy: McsPolicy) -> str:
    fallback = policy.push_fallback_poll_s
    service = element("url", policy.presigned_url)
    if policy.presigned_credentials:
        service += element("credentials", policy.presigned_credentials)
    return (
        _listed("pushServers", "pushServer", policy.push_servers)
        + element("pushPingTimeout", str(policy.push_ping_timeout_s))
        + ("" if fallback is None else element("pushFallbackPollInterval", str(fallback)))
        + (f"<presignedUrlService>{service}</presignedUrlService>" if policy.presigned_url else "")
    )


def _trust(policy: McsPolicy) -> str:
    if not policy.trusted_ca:
        return ""
    inside = content(policy.trusted_ca)
    return f'<utm:trustedCa xmlns:utm="{_OWN_NAMESPACE}">{inside}</utm:trustedCa>'


def _listed(name: str, item: str, values: tuple[str, ...]) -> str:
    """Return a list element; an empty list is left out, which clients read the same way."""
    inside = "".join(f"<{item}>{content(value)}</{item}>" for value in values)
    return f"<{name}>{inside}</{name}>" if inside else ""
