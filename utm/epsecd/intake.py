"""Taking reports in: one transaction holds the numbers, the effects and the lines.

- A report counts once: one whose number and content were taken in already changes nothing and
  writes nothing.
- Another content under a known number is another report: LiveConnect lost its data or was restored
  and counts again from there. What was known of that number and later ones is forgotten.
- 4211 comes first, then what the reports say, then 4212: the acknowledgement goes out after this
  transaction, and a batch that comes again is acknowledged again in silence.
- A report that cannot be read is acknowledged too, with a line that says so; it would otherwise
  come back for ever.
- Browsing comes by the hundred: each event is read on its own, which changes nothing, and what was
  read is stored as one. Any other report has a savepoint of its own.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlite_utils import Database

from foundation.errors import DomainError
from foundation.protocol.events import WebControlEvent, decode_web_control_event
from foundation.protocol.link import Report
from foundation.protocol.names import SAV, SWC
from utm.confd.confd import Confd, transaction
from utm.epsecd import endpoints, hops, web_hours
from utm.epsecd.compliance import settle
from utm.epsecd.voice import Voice
from utm.logs.eplog import web_event_line

NUMBERS_KEPT = 100_000
UNREADABLE: Final = (
    *(DomainError, LookupError, TypeError, ValueError, AttributeError, OverflowError),
    *(sqlite3.InterfaceError, sqlite3.ProgrammingError),
)
"""What reading and storing a report says of a body that is not what it should be."""
_OPERATING_SYSTEM = "operating_system"


def take_in(
    db: Database, reports: Sequence[Report], *, at: datetime, voice: Voice
) -> tuple[int, ...]:
    """Store what is new of a batch; return the numbers that were new.

    Args:
        db: The open database, inside one transaction.
        reports: The batch as LiveConnect delivered it.
        at: The present.
        voice: Who writes the lines.
    """
    new = _new_of(db, reports)
    if not new:
        return ()
    voice.reports_received(db, at)
    told = at.isoformat()
    db.conn.executemany(
        "INSERT INTO epsecd_reports VALUES (?, ?, ?)",
        [(number, told, digest) for number, (_, digest) in new.items()],
    )
    browsed = _Browsed()
    for report, _ in new.values():
        _take_in_one(db, report, at, voice, browsed)
    browsed.store(db, at, voice)
    numbers = tuple(new)
    voice.acknowledging(db, at, numbers)
    db.execute("DELETE FROM epsecd_reports WHERE number <= ?", [max(numbers) - NUMBERS_KEPT])
    return numbers


@dataclass(slots=True)
class _Browsed:
    """What the events of a batch come to."""

    events: list[WebControlEvent] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    heard_at: dict[str, str] = field(default_factory=dict)

    def add(self, report: Report, at: datetime, voice: Voice) -> None:
        """Read one event; one that is refused adds nothing."""
        if report.body["app_id"] == SWC:
            event = decode_web_control_event(report.body["body"])
            self.lines.append(web_event_line(event, daemon=voice.eplog, at=at))
            self.events.append(event)
        before = self.heard_at.get(report.endpoint_id, "")
        self.heard_at[report.endpoint_id] = max(before, report.at)

    def store(self, db: Database, at: datetime, voice: Voice) -> None:
        """Store all that was read."""
        for endpoint_id, heard_at in self.heard_at.items():
            endpoints.heard_from(db, endpoint_id, heard_at)
        voice.browsed(db, at, self.lines)
        web_hours.count(db, self.events, at)


def _take_in_one(
    db: Database, report: Report, at: datetime, voice: Voice, browsed: _Browsed
) -> None:
    try:
        if report.kind == "event":
            browsed.add(report, at, voice)
            return
        with db.atomic():
            _TAKERS[report.kind](db, report, at, voice)
    except UNREADABLE as error:
        reason = f"{type(error).__name__}: {error}"
        values = {"report": str(report.number), "reason": reason}
        voice.also(db, "report_refused", at, values)


def _enrolled(db: Database, report: Report, at: datetime, voice: Voice) -> None:
    name = str(report.body["computer_name"])
    system = str(report.body.get(_OPERATING_SYSTEM, ""))
    known = endpoints.find(db, report.endpoint_id)
    with transaction(db, at=at, user="epsecd", summary=f"endpoint {name} enrolled") as edit:
        if known is not None and edit.find(known.ref) is not None:
            ref = known.ref
            edit.change(ref, {"name": name, "os": system}, override_lock=True)
        else:
            computer = {"name": name, "mcs_id": report.endpoint_id, "os": system, "accepted": True}
            ref = edit.create("epp", "endpoint", computer)
    endpoints.enrol(db, report, ref=ref, name=name)
    values = {
        "endpoint": report.endpoint_id,
        "computer": name,
        "group": _group_name(Confd(db), ref),
    }
    voice.also(db, "endpoint_enrolled", at, values)


def _group_name(confd: Confd, endpoint_ref: str) -> str:
    """Name the group of a computer; of the whole configuration only the groups are read."""
    for group in confd.objects("epp", "endpoints_group"):
        if endpoint_ref in group.texts("endpoints"):
            return group.name
    return confd.get(confd.node("epp.default_endpoints_group")).name


def _removed(db: Database, report: Report, at: datetime, voice: Voice) -> None:
    endpoints.set_removed(db, report.endpoint_id, removed=True)
    values = {"endpoint": report.endpoint_id, "computer": _name(db, report.endpoint_id)}
    voice.also(db, "endpoint_removed", at, values)


def _restored(db: Database, report: Report, at: datetime, voice: Voice) -> None:
    del at, voice
    endpoints.set_removed(db, report.endpoint_id, removed=False)


def _status(db: Database, report: Report, at: datetime, voice: Voice) -> None:
    body = report.body
    endpoints.heard_from(db, report.endpoint_id, report.at)
    if not body["res"]:  # AGENT and APPSPROXY tell of the computer, not of a policy
        return
    endpoints.record_status(db, report, at.isoformat())
    hops.record(db, report, at)
    settle(db, [report.endpoint_id])
    if body["app_id"] == SAV:
        _note_antivirus(db, report, at)
    if body["res"] == "Diff":
        details = body.get("details", {})
        values = {
            "endpoint": report.endpoint_id,
            "computer": _name(db, report.endpoint_id),
            "policy": body["app_id"],
            "reason": details.get("reason", "differs"),
        }
        voice.also(db, "policy_failed", at, values)


def _note_antivirus(db: Database, report: Report, at: datetime) -> None:
    """Show in the object what the endpoint says of its anti-virus, when that changed."""
    known = endpoints.find(db, report.endpoint_id)
    if known is None or Confd(db).find(known.ref) is None:
        return
    details = report.body.get("details", {})
    with transaction(db, at=at, user="epsecd", summary=f"{known.name} reported") as edit:
        seen = {
            "sav_status": report.body["res"] == "Same",
            "sav_version": str(details.get("product_version", "")),
        }
        edit.change(known.ref, seen, override_lock=True)


def _name(db: Database, endpoint_id: str) -> str:
    known = endpoints.find(db, endpoint_id)
    return known.name if known else ""


_TAKERS: Final[Mapping[str, Callable[[Database, Report, datetime, Voice], None]]] = {
    "enrolled": _enrolled,
    "removed": _removed,
    "restored": _restored,
    "status": _status,
}


def _new_of(db: Database, reports: Sequence[Report]) -> dict[int, tuple[Report, str]]:
    """Return the reports that were not taken in yet with their digests, by number."""
    numbers = json.dumps([report.number for report in reports])
    rows = db.execute(
        "SELECT number, digest FROM epsecd_reports"
        " WHERE number IN (SELECT value FROM json_each(?))",
        [numbers],
    )
    known: dict[int, str] = dict(rows.fetchall())
    new: dict[int, tuple[Report, str]] = {}
    for report in reports:
        stored, digest = known.get(report.number), _digest(report)
        if stored in ("", digest):  # empty: taken in before digests were kept
            continue
        if stored is not None:
            db.execute("DELETE FROM epsecd_reports WHERE number >= ?", [report.number])
            endpoints.forget_numbers(db)
            known = {number: each for number, each in known.items() if number < report.number}
        new[report.number] = report, digest
    return new


def _digest(report: Report) -> str:
    content = [report.kind, report.endpoint_id, report.at, report.body]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
