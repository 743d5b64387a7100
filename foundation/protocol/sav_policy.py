"""The anti-virus policy (SAV), with the settings of the appliance's antivirus policy.

* Settings with a documented element stand there; the others of ``epp/av_policy`` have no public
  place and stand in ``switches`` of our own namespace at the end.
* The field names are those of ``epp/av_policy``, so that compiling is naming, not translating.
* ``encode`` leaves RevID blank; whoever serves the policy seals it.

Provenance: documented skeleton; ``switches`` is ours.
"""

from dataclasses import dataclass, field

from foundation.protocol.names import POLICY_TYPES, SAV
from foundation.protocol.policies import (
    COMPLIANCE_XMLNS,
    PolicyRefusedError,
    compliance_element,
    compliance_of,
    read_policy,
)
from foundation.protocol.xml_reading import Element, is_true
from foundation.protocol.xml_writing import content, element, truth

SWITCHES_NAMESPACE = "urn:utmlab:anti-virus:1"
_NAMESPACE = "http://www.sophos.com/EE/EESavConfiguration"

# Fields with a documented element: the path below onAccessScan.
_PLACES = {
    "on_access_scanning": ("enabled",),
    "scan_inside_archive": ("scanBehaviour", "archives"),
    "scan_for_pua": ("scanBehaviour", "pua"),
    "on_read": ("onAccess", "fileRead"),
    "on_write": ("onAccess", "fileWrite"),
    "on_rename": ("onAccess", "fileRename"),
}
_SWITCHES = (
    "alert_only",
    "auto_cleanup",
    "block_malicious_sites",
    "detect_buffer_overflow",
    "detect_malicious_files",
    "detect_suspicious_behaviour",
    "download_scanning",
    "hips",
    "low_priority_scan",
    "root_kit_scan",
    "scan_for_suspicious_files",
    "scan_system_memory",
    "send_sample_file",
    "sophos_live_protection",
    "web_protection",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavSchedule:
    """When the scheduled scan runs: names of days, times as HH:MM:SS."""

    name: str = "Scheduled scan"
    days: tuple[str, ...] = ()
    times: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SavPolicy:
    """The settings of anti-virus; ``rev_id`` is read, never written."""

    on_access_scanning: bool = False
    on_read: bool = False
    on_write: bool = False
    on_rename: bool = False
    scan_inside_archive: bool = False
    scan_for_pua: bool = False
    alert_only: bool = False
    auto_cleanup: bool = False
    block_malicious_sites: bool = False
    detect_buffer_overflow: bool = False
    detect_malicious_files: bool = False
    detect_suspicious_behaviour: bool = False
    download_scanning: bool = False
    hips: bool = False
    low_priority_scan: bool = False
    root_kit_scan: bool = False
    scan_for_suspicious_files: bool = False
    scan_system_memory: bool = False
    send_sample_file: bool = False
    sophos_live_protection: bool = False
    web_protection: bool = False
    scheduled_scan: SavSchedule | None = None
    excluded_files: tuple[str, ...] = ()
    exclude_remote_files: bool = False
    extensions: tuple[str, ...] = ()
    rev_id: str = field(default="", compare=False)

    def encode(self) -> bytes:
        """Return the document with a blank RevID."""
        switches = "".join(
            f'<utm:switch name="{name}" enabled="{truth(getattr(self, name))}"/>'
            for name in _SWITCHES
        )
        entity = f"<productId>{SAV}</productId><product-version></product-version><entityInfo/>"
        return (
            f'<?xml version="1.0"?>\n<config xmlns="{_NAMESPACE}" {COMPLIANCE_XMLNS}>'
            f"{compliance_element(POLICY_TYPES[SAV])}<entity>{entity}</entity>"
            f"{_on_access(self)}{_on_demand(self.scheduled_scan)}"
            f'<utm:switches xmlns:utm="{SWITCHES_NAMESPACE}">{switches}</utm:switches></config>'
        ).encode()


def decode_sav_policy(document: bytes) -> SavPolicy:
    """Read an anti-virus policy; what it does not say is off.

    Raises:
        PolicyRefusedError: malformed, not one csc:Comp, or another document.
    """
    root = read_policy(document)
    compliance = compliance_of(root)
    if root.name != "config" or not root.has("onAccessScan"):
        raise PolicyRefusedError("The document is not an anti-virus policy.")
    on_access = root.first("onAccessScan")
    exclusions = on_access.first("exclusions")
    settings = {name: is_true(on_access.text_at(*path)) for name, path in _PLACES.items()} | {
        name: is_true(each.attribute("enabled"))
        for each in root.first("utm:switches").all("utm:switch")
        if (name := each.attribute("name")) in _SWITCHES
    }
    return SavPolicy(
        **settings,
        scheduled_scan=_schedule(root.first("onDemandScan").first("scanSet")),
        excluded_files=exclusions.first("filePathSet").texts("filePath"),
        exclude_remote_files=is_true(exclusions.text_at("excludeRemoteFiles")),
        extensions=on_access.first("extensions").texts("extension"),
        rev_id=compliance.rev_id,
    )


def _schedule(scan_set: Element) -> SavSchedule | None:
    if not scan_set.has("scan"):
        return None
    scan = scan_set.first("scan")
    schedule = scan.first("schedule")
    return SavSchedule(
        name=scan.text_at("name"),
        days=schedule.first("daySet").texts("day"),
        times=schedule.first("timeSet").texts("time"),
    )


def _on_access(policy: SavPolicy) -> str:
    behaviour = (
        element("level", "normal")
        + element("archives", truth(policy.scan_inside_archive))
        + element("pua", truth(policy.scan_for_pua))
    )
    when = (
        element("fileRead", truth(policy.on_read))
        + element("fileWrite", truth(policy.on_write))
        + element("fileRename", truth(policy.on_rename))
    )
    excluded = f"<filePathSet>{_repeated('filePath', policy.excluded_files)}</filePathSet>"
    return (
        f"<onAccessScan>{element('enabled', truth(policy.on_access_scanning))}"
        f"<scanBehaviour>{behaviour}</scanBehaviour>"
        f"<extensions>{_repeated('extension', policy.extensions)}</extensions>"
        f"<exclusions>{excluded}"
        f"{element('excludeRemoteFiles', truth(policy.exclude_remote_files))}</exclusions>"
        f"<onAccess>{when}</onAccess></onAccessScan>"
    )


def _on_demand(schedule: SavSchedule | None) -> str:
    if schedule is None:
        return "<onDemandScan><scanSet/></onDemandScan>"
    days, times = _repeated("day", schedule.days), _repeated("time", schedule.times)
    return (
        f"<onDemandScan><scanSet><scan>{element('name', schedule.name)}"
        f"<schedule><daySet>{days}</daySet><timeSet>{times}</timeSet></schedule>"
        "</scan></scanSet></onDemandScan>"
    )


def _repeated(name: str, values: tuple[str, ...]) -> str:
    return "".join(f"<{name}>{content(value)}</{name}>" for value in values)
