"""The state of a lab, and what the doctor found, as text.

Provenance: ours.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from utmlab.active_faults import fault_sentence
from utmlab.cli.output import facts, table
from utmlab.cli.render.computers import computers_table
from utmlab.finding import Finding
from utmlab.syslog_servers import syslog_sentence

Document = Mapping[str, Any]


def utm_facts(state: Document, *, is_running: bool) -> list[tuple[str, object]]:
    """Return what there is to say of a UTM."""
    down_since = state["link_down_since"]
    link = f"down since {down_since}" if down_since else "up" if is_running else "not running"
    waiting = state["waiting"]
    newest = state["changeset"] or "-"
    if waiting:
        meanwhile = waiting["enforced_meanwhile"] or "none"
        newest = f"{newest}, waits since {waiting['since']}; endpoints enforce {meanwhile}"
    return [
        ("Endpoint Protection", "on" if state["enabled"] else "off"),
        ("registered", state["utm_id"] if state["registered"] else "no"),
        ("link", link if state["registered"] else "-"),
        ("MCS address", state["mcs_url"] or "-"),
        ("change", state["change"]),
        ("changeset", newest),
    ]


def syslog_facts(servers: Iterable[Document]) -> list[tuple[str, object]]:
    """Return what there is to say of remote syslog."""
    return [("remote syslog", syslog_sentence(server)) for server in servers]


def status_text(document: Document) -> str:
    """Return the state of a lab."""
    runs = f"runs as process {document['pid']}" if document["running"] else "not running"
    if document["degraded"]:
        missing = ", ".join(name for name, pid in document["houses"].items() if pid is None)
        runs += f", without {missing}; `utmlab doctor` says what to do"
    ports = "  ".join(f"{name} {port}" for name, port in document["ports"].items())
    pairs = [
        ("lab", runs),
        ("data", document["data"]),
        ("logs", document["logs"]),
        ("ports", ports or "-"),
        ("gateway", document["gateway"]["url"] or "-"),
        *utm_facts(document["utm"], is_running=document["running"]),
    ]
    pairs += [("fault", fault_sentence(one)) for one in document["faults"]]
    pairs += syslog_facts(document["remote_syslog"])
    for one in document["liveconnect"]["utms"]:
        known = f"{one['endpoints']} endpoints, {one['reports_waiting']} reports wait"
        pairs.append(("LiveConnect", f"{one['organization']} ({one['id']}): {known}"))
    text = facts(pairs)
    if document["computers"]:
        text += "\n\n" + computers_table(document["computers"])
    return text


def findings_table(findings: Iterable[Finding]) -> str:
    """Return what the doctor found."""
    rows = [(one.level, one.subject, one.sentence) for one in findings]
    return table(("LEVEL", "SUBJECT", "FINDING"), rows)
