"""The known troubles with these logs, D1 to D22, as data: which a log can show, and by which rule.

* `shows` is `yes` where lines prove it, `hint` where they show what leads to it at some consumer,
  `no` where nothing about it is ever logged.
* The rules are lint's by name; rules that only a report has are marked with `report:`.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Shows = Literal["yes", "hint", "no"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One known trouble.

    Attributes:
        code: D1 to D22.
        title: The symptom.
        shows: Whether a log can show it.
        rules: By which rules.
        check: What to do about it.
    """

    code: str
    title: str
    shows: Shows
    rules: tuple[str, ...]
    check: str


TROUBLES: Final = (
    Trouble(
        "D1", "A parser does not match lines with a <PRI>", "yes",
        ("priority_prefix", "octet_counted"),
        "Take <PRI> off before the date is parsed, or update the parser (Elastic 3.5.1).",
    ),
    Trouble(
        "D2", "Host and process land in one field", "hint", ("process_without_pid",),
        "Use a header pattern in which [number] may be missing.",
    ),
    Trouble(
        "D3", "Host or program is the year", "yes", ("rewritten_by_receiver",),
        "Receive raw, or match the rewritten form.",
    ),
    Trouble(
        "D4", "OSSEC or Wazuh extracts nothing", "hint", ("relayed", "report:needs_decoder"),
        "OSSEC knows the stamp from 3.6; Wazuh 4 needs a decoder of your own.",
    ),
    Trouble(
        "D5", "Events are off by the zone or by summer time", "yes",
        ("repeated_hour", "time_went_back", "zone_offset", "report:clock_jump"),
        "Give each consumer the UTM's zone; stamps have none.",
    ),
    Trouble(
        "D6", "Patterns stop matching after an update", "yes",
        ("version_changed", "key_order", "unknown_key"),
        "Match key by key instead of one pattern in strict order.",
    ),
    Trouble(
        "D7", "Endpoint logs are missing in the SIEM", "hint",
        ("level_letter", "report:not_routed"),
        "Route epsecd and eplog by process name, and allow a level letter before id=.",
    ),
    Trouble(
        "D8", "Well-known sites are Uncategorized", "yes", ("no_category",),
        "An exception skips the URL filter: `utmlab policy test URL` shows which one.",
    ),
    Trouble(
        "D9", "A site is blocked or allowed unexpectedly", "hint", ("report:several_profiles",),
        "The first profile and policy that match decide: `utmlab policy replay`, `policy test`.",
    ),
    Trouble(
        "D10", "An exception's pattern means something else", "yes", ("exception_pattern",),
        "`utmlab policy lint` reads every pattern of the configuration.",
    ),
    Trouble(
        "D11", "No warn page on HTTPS at endpoints", "yes", ("https_warning",),
        "Block such sites, or accept that they pass.",
    ),
    Trouble(
        "D12", "A quota only warns on endpoints", "yes", ("quota_as_warning",),
        "Endpoints know no quota; node http.epp_quota_action says what it becomes.",
    ),
    Trouble(
        "D13", "QUIC goes around the web filter", "yes", ("quic_passes",), "Drop UDP 443.",
    ),
    Trouble(
        "D14", "A policy change does not reach computers", "yes",
        ("report:no_report", "report:no_acknowledgement", "report:refused"),
        "Compare 4233, 4211 and 4212; then MCSClient.log and Persist of a computer.",
    ),
    Trouble(
        "D15", "A computer does not appear", "yes",
        ("registration_failed", "report:nothing_reports"),
        "Check the token in the installer's name, the registration and the parent proxy.",
    ),
    Trouble(
        "D16", "Old browsing lands in today's log", "yes", ("late_record",),
        "Count by eventtime where a line has it.",
    ),
    Trouble(
        "D17", "Two records stand on one line", "yes", ("glued_records",),
        "`utmlab log lint` names the column.",
    ),
    Trouble(
        "D18", "A space ends the line", "yes", ("trailing_space",),
        "Let the pattern end before it.",
    ),
    Trouble(
        "D19", "A script stumbles over the REST API's answers", "no", (),
        "No log has REST answers; run the script against `utmlab up`.",
    ),
    Trouble(
        "D20", "An object cannot be deleted or changed", "no", (),
        "Refusals are not logged; ask the REST API (`usedby`, `_locked`).",
    ),
    Trouble(
        "D21", "Remote syslog points at the UTM itself", "hint", ("report:syslog_loop",),
        "Send to another host. TLS is not offered, and TCP depends on the receiver.",
    ),
    Trouble(
        "D22", "WebAdmin does not show a log", "yes", ("report:too_large", "report:archived_only"),
        "Files over 512 MB and older days are read as files, plain or .gz.",
    ),
)  # fmt: skip
OF_RULE: Final = MappingProxyType({rule: one for one in TROUBLES for rule in one.rules})
