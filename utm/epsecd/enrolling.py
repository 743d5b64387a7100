"""Computers that enrolled: they become objects of the configuration and rows of the record.

- Those of a batch become one numbered change: a thousand that enrol at once would otherwise
  write the list of all computers a thousand times.
- The function works on the open database of the UTM, inside the caller's transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlite_utils import Database

from foundation.protocol.link import Report
from utm.confd.confd import Confd, Edit, transaction
from utm.epsecd import endpoints
from utm.epsecd.voice import Voice

_OPERATING_SYSTEM: Final = "operating_system"


def enrol(db: Database, reports: Sequence[Report], at: datetime, voice: Voice) -> None:
    """Take in reports of enrolments, each of another endpoint.

    Raises:
        DomainError: If a computer cannot be stored as it is described.
        LookupError: If a report does not name its computer.
    """
    names = [str(report.body["computer_name"]) for report in reports]
    many = f"{len(names)} endpoints enrolled"
    summary = f"endpoint {names[0]} enrolled" if len(names) == 1 else many
    with transaction(db, at=at, user="epsecd", summary=summary) as edit:
        refs = _objects(db, edit, reports)
    for report, name in zip(reports, names, strict=True):
        endpoints.enrol(db, report, ref=refs[report.endpoint_id], name=name)
    if voice.extra_lines:
        _say(db, reports, refs, at, voice)


def _objects(db: Database, edit: Edit, reports: Sequence[Report]) -> dict[str, str]:
    """Return endpoint id to the reference of its object, which now is as reported."""
    refs: dict[str, str] = {}
    computers: dict[str, dict[str, Any]] = {}
    for report in reports:
        known = endpoints.find(db, report.endpoint_id)
        told = {
            "name": str(report.body["computer_name"]),
            "os": str(report.body.get(_OPERATING_SYSTEM, "")),
        }
        if known is not None and edit.find(known.ref) is not None:
            edit.change(known.ref, told, override_lock=True)
            refs[report.endpoint_id] = known.ref
        else:
            computers[report.endpoint_id] = told | {"mcs_id": report.endpoint_id, "accepted": True}
    made = edit.create_all("epp", "endpoint", computers.values())
    return refs | dict(zip(computers, made, strict=True))


def _say(
    db: Database, reports: Sequence[Report], refs: dict[str, str], at: datetime, voice: Voice
) -> None:
    """Say who enrolled into which group; of the whole configuration only the groups are read."""
    confd = Confd(db)
    groups = reversed(confd.objects("epp", "endpoints_group"))
    group_of = {ref: group.name for group in groups for ref in group.texts("endpoints")}
    default = confd.get(confd.node("epp.default_endpoints_group")).name
    for report in reports:
        values = {
            "endpoint": report.endpoint_id,
            "computer": str(report.body["computer_name"]),
            "group": group_of.get(refs[report.endpoint_id], default),
        }
        voice.also(db, "endpoint_enrolled", at, values)
