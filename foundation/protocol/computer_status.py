"""How a computer describes itself: when it registers, and as the status of AGENT.

* Nothing stands between elements but a newline after the declaration and after the root.
* ``deviceId`` and ``tenantId`` are absent until the server has given them out.
* The platform block has the element name of its platform; only the POSIX one is documented.

Provenance: documented; ``windowsPlatformDetails`` is inferred.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from foundation.errors import DomainError
from foundation.protocol.names import MCS_NAMESPACE
from foundation.protocol.reasons import Reason
from foundation.protocol.timestamps import (
    TimestampMalformedError,
    format_timestamp,
    parse_timestamp,
)
from foundation.protocol.xml_reading import Element, is_true, read_document
from foundation.protocol.xml_writing import attribute, content, element, truth

POSIX_PLATFORM = "posixPlatformDetails"
WINDOWS_PLATFORM = "windowsPlatformDetails"
_CLOUDS = ("aws", "google", "azure", "oracle")
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    f'<ns:computerStatus xmlns:ns="{MCS_NAMESPACE}computerstatus">\n'
)
# What real clients write as policy-status/@latest: they take the minimum and start from zero.
_LATEST = "1970-01-01T00:00:00.0Z"


class ComputerStatusRefusedError(DomainError):
    """A document that does not describe a computer."""

    code: ClassVar[str] = "computer_status_refused"
    hint: ClassVar[str] = "Send ns:computerStatus with a computerName and a timestamp."
    reason: ClassVar[Reason] = Reason.FIELD_MISSING


@dataclass(frozen=True, slots=True)
class Facts:
    """A named block of facts: of a platform or of the cloud a computer runs in."""

    element: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputerStatus:
    """What a computer says about itself."""

    computer_name: str
    timestamp: datetime
    domain_name: str = "UNKNOWN"
    fqdn: str = ""
    computer_description: str = ""
    operating_system: str = "windows"
    is_server: bool = False
    last_logged_on_user: str = ""
    ipv4: str = ""
    ipv6: str = ""
    processor_architecture: str = "x86_64"
    software_version: str = "0"
    device_group: str = ""
    device_id: str = ""
    tenant_id: str = ""
    products: tuple[str, ...] = ()
    products_to_install: tuple[str, ...] = ()
    all_ipv4: tuple[str, ...] = ()
    all_ipv6: tuple[str, ...] = ()
    mac_addresses: tuple[str, ...] = ()
    cloud: Facts | None = None
    platform: Facts | None = None
    policy_status: tuple[tuple[str, datetime], ...] = ()

    def encode(self) -> bytes:
        """Return the document as bytes."""
        blocks = "".join(_facts(block) for block in (self.cloud, self.platform) if block)
        return (
            f'{_HEAD}<meta protocolVersion="1.0" timestamp="{format_timestamp(self.timestamp)}" '
            f'softwareVersion="{attribute(self.software_version)}" />'
            f"<commonComputerStatus>{_identity(self)}{_optional(self)}</commonComputerStatus>"
            f"{blocks}{_policy_status(self.policy_status)}</ns:computerStatus>"
        ).encode()


def decode_computer_status(data: bytes | str) -> ComputerStatus:
    """Read a computer's description of itself.

    Raises:
        XmlRefusedError: when it is not XML that is read here.
        ComputerStatusRefusedError: when it is another document, or has no name or timestamp.
    """
    root = read_document(data)
    common = root.first("commonComputerStatus")
    if root.name != "ns:computerStatus" or not common.text_at("computerName"):
        raise ComputerStatusRefusedError("The document does not name a computer.")
    try:
        return _read(root, common)
    except TimestampMalformedError as error:
        raise ComputerStatusRefusedError(f"The description of the computer: {error}") from error


def _read(root: Element, common: Element) -> ComputerStatus:
    meta, addresses = root.first("meta"), common.first("ipAddresses")
    return ComputerStatus(
        computer_name=common.text_at("computerName"),
        timestamp=parse_timestamp(meta.attribute("timestamp")),
        domain_name=common.text_at("domainName"),
        fqdn=common.text_at("fqdn"),
        computer_description=common.text_at("computerDescription"),
        operating_system=common.text_at("operatingSystem"),
        is_server=is_true(common.text_at("isServer")),
        last_logged_on_user=common.text_at("lastLoggedOnUser"),
        ipv4=common.text_at("ipv4"),
        ipv6=common.text_at("ipv6"),
        processor_architecture=common.text_at("processorArchitecture"),
        software_version=meta.attribute("softwareVersion", "0"),
        device_group=common.text_at("deviceGroup"),
        device_id=common.text_at("deviceId"),
        tenant_id=common.text_at("tenantId"),
        products=common.first("products").texts("product"),
        products_to_install=common.first("productsToInstall").texts("product"),
        all_ipv4=addresses.texts("ipv4"),
        all_ipv6=addresses.texts("ipv6"),
        mac_addresses=common.first("macAddresses").texts("macAddress"),
        cloud=next((_read_facts(each) for each in root.children() if each.name in _CLOUDS), None),
        platform=next(
            (
                _read_facts(each)
                for each in root.children()
                if each.name.endswith("PlatformDetails")
            ),
            None,
        ),
        policy_status=tuple(_read_policy_status(root.first("policy-status"))),
    )


def _read_policy_status(node: Element) -> Iterator[tuple[str, datetime]]:
    for each in node.all("policy"):
        # An unreadable date of one policy is no reason to refuse a computer.
        with suppress(TimestampMalformedError):
            yield each.attribute("app"), parse_timestamp(each.attribute("latest"))


def _read_facts(node: Element) -> Facts:
    return Facts(node.name, tuple((each.name, each.text) for each in node.children()))


def _facts(block: Facts) -> str:
    inside = "".join(element(name, value) for name, value in block.facts)
    return f"<{block.element}>{inside}</{block.element}>"


def _identity(status: ComputerStatus) -> str:
    fields = (
        ("domainName", status.domain_name),
        ("computerName", status.computer_name),
        ("computerDescription", status.computer_description),
        ("isServer", truth(status.is_server)),
        ("operatingSystem", status.operating_system),
        ("lastLoggedOnUser", status.last_logged_on_user),
        ("ipv4", status.ipv4),
        ("ipv6", status.ipv6),
        ("fqdn", status.fqdn),
        ("processorArchitecture", status.processor_architecture),
    )
    return "".join(element(name, value) for name, value in fields)


def _optional(status: ComputerStatus) -> str:
    single = (
        ("deviceGroup", status.device_group),
        ("deviceId", status.device_id),
        ("tenantId", status.tenant_id),
    )
    addresses = _repeated("ipv4", status.all_ipv4) + _repeated("ipv6", status.all_ipv6)
    lists = (
        ("products", _repeated("product", status.products)),
        ("ipAddresses", addresses),
        ("productsToInstall", _repeated("product", status.products_to_install)),
        ("macAddresses", _repeated("macAddress", status.mac_addresses)),
    )
    return "".join(element(name, value) for name, value in single if value) + "".join(
        f"<{name}>{inside}</{name}>" for name, inside in lists if inside
    )


def _repeated(name: str, values: tuple[str, ...]) -> str:
    return "".join(f"<{name}>{content(value)}</{name}>" for value in values)


def _policy_status(policies: tuple[tuple[str, datetime], ...]) -> str:
    if not policies:
        return ""
    listed = "".join(
        f'<policy app="{attribute(app)}" latest="{format_timestamp(latest)}" />'
        for app, latest in policies
    )
    return f'<policy-status latest="{_LATEST}">{listed}</policy-status>'
