"""Computers and groups as tables.

Provenance: ours.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from utmlab.cli.output import facts, table

Record = Mapping[str, Any]
_FILTERS = {"gateway": "the UTM's gateway", "web_control": "its own Web Control"}


def state_of(one: Record) -> str:
    """Return a computer's state in a word or two."""
    if not one["installed"]:
        return "not installed"
    if one["removed"]:
        return "removed"
    return "compliant" if one["compliant"] else "not compliant"


def _place(one: Record) -> str:
    if one["location"] != "office":
        return str(one["location"] or "-")
    return f"office, as {one['office_address']}"


def computers_table(records: Iterable[Record]) -> str:
    """Return a table of computers."""
    rows = [
        (
            one["name"],
            one["group"] or "-",
            state_of(one),
            one["complies_with"] or "-",
            one["location"] or "-",
            one["proxy_url"] or "-",
            one["id"] or "-",
        )
        for one in records
    ]
    return table(("COMPUTER", "GROUP", "STATE", "CHANGESET", "LOCATION", "PROXY", "ID"), rows)


def groups_table(groups: Iterable[Record]) -> str:
    """Return a table of endpoint groups."""
    rows = [
        (
            one["name"],
            one["ref"],
            "on" if one["web_control"] else "off",
            "on" if one["tamper_protection"] else "off",
            ", ".join(one["endpoints"]) or "-",
        )
        for one in groups
    ]
    return table(("GROUP", "REFERENCE", "WEB CONTROL", "TAMPER PROTECTION", "COMPUTERS"), rows)


def services_table(services: Iterable[Record]) -> str:
    """Return a table of services."""
    rows = [(one["name"], one["state"], one["pid"] or "-") for one in services]
    return table(("SERVICE", "STATE", "PROCESS"), rows)


def computer_text(one: Record) -> str:
    """Return everything about a computer."""
    head = facts(
        [
            ("computer", one["name"]),
            ("id", one["id"] or "-"),
            ("state", state_of(one)),
            ("group", one["group"] or "-"),
            ("complies with", one["complies_with"] or "-"),
            ("last report", one["last_report_at"] or "-"),
            ("location", _place(one)),
            ("filtered by", _FILTERS[one["filtered_by"]]),
            ("gateway", one["gateway"]["url"] or "-"),
            ("proxy", one["proxy_url"] or "-"),
            ("folder", one["folder"]),
            *((f"{name} log", path) for name, path in one["logs"].items()),
            *(("product", f"{each['name']} {each['version']}") for each in one["products"]),
        ]
    )
    policies = table(
        ("APP", "IN FORCE", "SINCE", "LAST REFUSAL"),
        [
            (app, state["rev_id"] or "-", state["applied_at"] or "-", state["refusal"] or "-")
            for app, state in one["policies"].items()
        ],
    )
    return f"{head}\n\n{policies}\n\n{services_table(one['services'])}"
