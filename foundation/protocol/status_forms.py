"""The document inside an adapter's status, in the form of its application.

* MCS, ALC and SAV keep their documented elements; details that have a place there go there.
* Every other detail goes into ``details`` of our own namespace at the end, which readers that do
  not know it pass over. So any detail survives the way, whatever the application.
* SWC, TPROT and DEVCTL, and applications nobody knows, have the form of ALC's without its parts.

Provenance: documented for MCS, ALC, SAV; ours for the rest and for ``details``.
"""

from collections.abc import Mapping
from contextlib import suppress

from foundation.net.xml_guard import XmlRefusedError
from foundation.protocol.names import (
    ALC,
    COMPLIANCE_NAMESPACE,
    DEVCTL,
    MCS,
    MCS_NAMESPACE,
    SAV,
    STATUS_NAMESPACE,
    SWC,
    TPROT,
)
from foundation.protocol.xml_reading import Element, read_document
from foundation.protocol.xml_writing import attribute, element

DETAILS_NAMESPACE = "urn:utmlab:status-details:1"

STATUS_TYPES = {SWC: "web-control", TPROT: "tamper-protection", DEVCTL: "device-control"}
_UPDATE_NAMESPACE = "http://www.sophos.com/xml/mansys/AutoUpdateStatus.xsd"
_SAV_NAMESPACE = "http://www.sophos.com/EE/EESavStatus"
_DATA = f'<mcs xmlns="{MCS_NAMESPACE}status" agentVersion="%s"/>'

# Details that have a documented place, per application.
_PLACED = {
    MCS: ("agent_version", "relay_id", "relay_last_used"),
    ALC: ("endpoint_id",),
    SAV: ("up_to_date", "engine_version", "data_version", "on_access", "product_version"),
}


def inner_document(
    app_id: str, policy_type: int, res: str, rev_id: str, details: Mapping[str, str]
) -> str:
    """Return the unescaped document of an adapter."""
    result = f'Res="{res}" RevID="{attribute(rev_id)}" policyType="{policy_type}"/>'
    prefixed = f'<csc:CompRes xmlns:csc="{COMPLIANCE_NAMESPACE}" {result}'
    rest = _details({k: v for k, v in details.items() if k not in _PLACED.get(app_id, ())})
    if app_id == MCS:
        return _mcs(prefixed, details, rest)
    if app_id == SAV:
        return _sav(prefixed, details, rest)
    unprefixed = f'<CompRes xmlns="{COMPLIANCE_NAMESPACE}" {result}'
    if app_id == ALC:
        return _alc(unprefixed, details, rest)
    kind = STATUS_TYPES.get(app_id, app_id.lower())
    return (
        f'<status xmlns="{STATUS_NAMESPACE}" type="{attribute(kind)}">{unprefixed}{rest}</status>'
    )


def inner_details(app_id: str, root: Element) -> dict[str, str]:
    """Return the details that an adapter's document carries."""
    readers = {MCS: _mcs_details, ALC: _alc_details, SAV: _sav_details}
    placed = readers[app_id](root) if app_id in readers else {}
    rest = {
        name: each.attribute("value")
        for each in root.first("utm:details").all("utm:detail")
        if (name := each.attribute("name"))
    }
    return {name: value for name, value in placed.items() if value} | rest


def _details(details: Mapping[str, str]) -> str:
    if not details:
        return ""
    listed = "".join(
        f'<utm:detail name="{attribute(name)}" value="{attribute(value)}"/>'
        for name, value in details.items()
    )
    return f'<utm:details xmlns:utm="{DETAILS_NAMESPACE}">{listed}</utm:details>'


def _mcs(result: str, details: Mapping[str, str], rest: str) -> str:
    # The version is escaped as an attribute, so it cannot end the CDATA section.
    data = _DATA % attribute(details.get("agent_version") or "1.0")
    relay = "".join(
        f' {name}="{attribute(details[key])}"'
        for name, key in (("lastUsed", "relay_last_used"), ("endpointId", "relay_id"))
        if details.get(key)
    )
    return (
        f'<ns:mcsStatus xmlns:ns="{MCS_NAMESPACE}status">{result}'
        f'<meta protocolVersion="1.0" timestamp="0"/><data><![CDATA[{data}]]></data>'
        f"<messageRelay{relay}/>{rest}</ns:mcsStatus>"
    )


def _mcs_details(root: Element) -> dict[str, str]:
    relay, agent_version = root.first("messageRelay"), ""
    # An unreadable data block says nothing about compliance: it costs the version only.
    with suppress(XmlRefusedError):
        agent_version = read_document(root.text_at("data")).attribute("agentVersion")
    return {
        "agent_version": agent_version,
        "relay_id": relay.attribute("endpointId"),
        "relay_last_used": relay.attribute("lastUsed"),
    }


def _alc(result: str, details: Mapping[str, str], rest: str) -> str:
    return (
        f'<status xmlns="{STATUS_NAMESPACE}" type="sau">{result}'
        f'<autoUpdate xmlns="{_UPDATE_NAMESPACE}" version="1">'
        f'<endpoint id="{attribute(details.get("endpoint_id", ""))}"/></autoUpdate>'
        f"<subscriptions/><products/>{rest}</status>"
    )


def _alc_details(root: Element) -> dict[str, str]:
    return {"endpoint_id": root.first("autoUpdate").first("endpoint").attribute("id")}


def _sav(result: str, details: Mapping[str, str], rest: str) -> str:
    versions = element("virus-engine-version", details.get("engine_version", "")) + element(
        "virus-data-version", details.get("data_version", "")
    )
    entity = (
        element("productId", SAV)
        + element("product-version", details.get("product_version", ""))
        + element("entityInfo", SAV)
    )
    return (
        f'<status xmlns="{_SAV_NAMESPACE}">{result}'
        + element("upToDateState", details.get("up_to_date", "1"))
        + f"<vdl-info>{versions}</vdl-info>"
        + element("on-access", details.get("on_access", "true"))
        + f"<entity>{entity}</entity>{rest}</status>"
    )


def _sav_details(root: Element) -> dict[str, str]:
    return {
        "up_to_date": root.text_at("upToDateState"),
        "engine_version": root.text_at("vdl-info", "virus-engine-version"),
        "data_version": root.text_at("vdl-info", "virus-data-version"),
        "on_access": root.text_at("on-access"),
        "product_version": root.text_at("entity", "product-version"),
    }
