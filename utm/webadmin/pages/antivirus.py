"""Antivirus > Policies and Exceptions."""

from typing import Final

from aiohttp import web

from utm.confd import Object, Snapshot
from utm.webadmin.filters import shortened
from utm.webadmin.forms import Fieldset, FormPlan
from utm.webadmin.markup import pill, yes_no
from utm.webadmin.object_pages import Column, ObjectPages
from utm.webadmin.page import Page
from utm.webadmin.pages.objects import names_column

BASE: Final = "/endpoint-protection/antivirus"
TYPES: Final = {
    "adware_pua": "Adware and unwanted programs",
    "scanning_exclusions": "Files and folders not scanned",
    "scanning_extensions": "File extensions scanned too",
    "buffer_overflow": "Buffer overflow",
    "suspicious_files": "Suspicious file",
    "suspicious_behaviours": "Suspicious behaviour",
    "websites": "Website",
}

_POLICY_PLAN: Final = FormPlan(
    fieldsets=(
        Fieldset("", ("name", "comment")),
        Fieldset(
            "When files are used",
            ("on_access_scanning", "on_read", "on_write", "on_rename", "auto_cleanup"),
        ),
        Fieldset(
            "What is looked for",
            (
                "scan_for_pua",
                "scan_for_suspicious_files",
                "scan_inside_archive",
                "scan_system_memory",
                "root_kit_scan",
            ),
        ),
        Fieldset(
            "Behaviour",
            (
                "hips",
                "detect_malicious_files",
                "detect_suspicious_behaviour",
                "detect_buffer_overflow",
                "alert_only",
            ),
        ),
        Fieldset("Web", ("web_protection", "block_malicious_sites", "download_scanning")),
        Fieldset("Cloud look-ups", ("sophos_live_protection", "send_sample_file")),
        Fieldset("Scheduled scan", ("scheduled_scanning", "time_event", "low_priority_scan")),
    ),
    labels={
        "on_access_scanning": "Scan on access",
        "on_read": "On reading",
        "on_write": "On writing",
        "on_rename": "On renaming",
        "auto_cleanup": "Clean up automatically",
        "scan_for_pua": "Adware and unwanted programs",
        "scan_for_suspicious_files": "Suspicious files",
        "scan_inside_archive": "Inside archives",
        "scan_system_memory": "System memory",
        "root_kit_scan": "Rootkits",
        "hips": "Watch the behaviour of programs",
        "detect_malicious_files": "Malicious behaviour",
        "detect_suspicious_behaviour": "Suspicious behaviour",
        "detect_buffer_overflow": "Buffer overflows",
        "alert_only": "Report only, block nothing",
        "web_protection": "Web protection",
        "block_malicious_sites": "Block malicious websites",
        "download_scanning": "Scan downloads",
        "sophos_live_protection": "Live protection",
        "send_sample_file": "Send samples",
        "scheduled_scanning": "Scan at set times",
        "time_event": "Time period",
        "low_priority_scan": "At low priority",
    },
)


def _groups_with(one: Object, snapshot: Snapshot) -> str:
    used = [group.name for group in snapshot.endpoint_groups() if _has(group, one.ref)]
    return shortened(", ".join(used), 120) or "none"


def _has(group: Object, ref: str) -> bool:
    return ref in (group.text("av_policy"), group.text("dc_policy"))


USED_BY: Final = Column("Groups", _groups_with)

POLICIES: Final = ObjectPages(
    "epp/av_policy",
    f"{BASE}/policies",
    "antivirus policy",
    plan=_POLICY_PLAN,
    columns=(
        USED_BY,
        Column("On access", lambda one, _: yes_no(one.is_on("on_access_scanning"))),
        Column("Live protection", lambda one, _: yes_no(one.is_on("sophos_live_protection"))),
        Column("Scheduled", lambda one, _: yes_no(one.is_on("scheduled_scanning"))),
    ),
)

_EXCEPTION_PLAN: Final = FormPlan(
    fieldsets=(
        Fieldset(
            "",
            ("type", "name", "endpoints_groups", "comment"),
        ),
        Fieldset(
            "A website",
            ("web_format", "ip_address", "ip_address_mask"),
            help="Only for exceptions of the type Website.",
            is_folded=True,
        ),
        Fieldset(
            "A program or file",
            ("checksum", "hips_name", "timeline"),
            help="How the endpoint recognises what behaved suspiciously.",
            is_folded=True,
        ),
    ),
    labels={
        "name": "What is excepted",
        "endpoints_groups": "For the groups",
        "web_format": "Given as",
        "ip_address": "IP address",
        "ip_address_mask": "Netmask (bits)",
        "hips_name": "Name of the program",
    },
    help={
        "name": "A path, an extension, a domain or a name, as the type wants it.",
        "endpoints_groups": "In a group that is not chosen the exception does not hold.",
    },
    words={"type": TYPES},
)

EXCEPTIONS: Final = ObjectPages(
    "epp/av_exception",
    f"{BASE}/exceptions",
    "antivirus exception",
    plan=_EXCEPTION_PLAN,
    badge=lambda one, _: "" if one.texts("endpoints_groups") else pill("holds nowhere", "warning"),
    columns=(
        Column("Type", lambda one, _: TYPES.get(one.text("type"), one.text("type"))),
        names_column("Groups", "endpoints_groups", none="none"),
    ),
)
PAGE = Page(routes=web.RouteTableDef(), objects=(POLICIES, EXCEPTIONS))
