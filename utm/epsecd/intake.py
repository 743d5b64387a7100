"""Taking reports in: one transaction holds the numbers, the effects and the lines.

- A report counts once: one whose number and content were taken in already changes nothing and
  writes nothing.
- Another content under a known number is another report: LiveConnect lost its data or was restored
  and counts again from there. What was known of that number and later ones is forgotten.
- 4211 comes first, then what the reports say, then 4212: the acknowledgement goes out after this
  transaction, and a batch that comes again is acknowledged again in silence.
- A report that cannot be read is acknowledged too, with a line that says so; it would otherwise
  come back for ever.
- Enrolments come first, as one change, each unless something of its endpoint stands before it; if
  one cannot be read, each is taken on its own.
- Browsing comes by the hundred: each event is read on its own, which changes nothing, and what was
  read is stored as one. Any other report has a savepoint of its own.
- Who complies is looked at once for a batch.
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
from utm.epsecd.enrolling import enrol
from utm.epsecd.voice import Voice
from utm.logs.eplog import web_event_line

NUMBERS_KEPT = 100_000
UNREADABLE: Final = (
    *(DomainError, LookupError, TypeError, ValueError, AttributeError, OverflowError),
    *(sqlite3.InterfaceError, sqlite3.ProgrammingError),
)
"""What reading and storing a report says of a body that is not what it should be."""


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
    received_at = at.isoformat()
    db.conn.executemany(
        "INSERT INTO epsecd_reports VALUES (?, ?, ?)",
        [(number, received_at, digest) for number, (_, digest) in new.items()],
    )
    ahead, rest = _enrolments_ahead([report for report, _ in new.values()])
    if ahead:
        _take_enrolments(db, ahead, at, voice)
    told = _Told()
    for report in rest:
        _take_in_one(db, report, at, voice, told)
    told.store(db, at, voice)
    numbers = tuple(new)
    voice.acknowledging(db, at, numbers)
    db.execute("DELETE FROM epsecd_reports WHERE number <= ?", [max(numbers) - NUMBERS_KEPT])
    return numbers


@dataclass(slots=True)
class _Told:
    """What the events and statuses of a batch come to.

    Attributes:
        events: Browsing that was read.
        lines: Its lines.
        heard_at: Endpoint id to when LiveConnect heard from it last.
        reported: The endpoints and apps whose statuses were stored and not looked at yet.
    """

    events: list[WebControlEvent] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    heard_at: dict[str, str] = field(default_factory=dict)
    reported: dict[tuple[str, str], None] = field(default_factory=dict)

    def look(self, db: Database) -> None:
        """See who complies by what was stored since the last look."""
        if self.reported:
            settle(db, dict.fromkeys(endpoint_id for endpoint_id, _ in self.reported))
            self.reported.clear()

    def add(self, report: Report, at: datetime, voice: Voice) -> None:
        """Read one event; one that is refused adds nothing."""
        if report.body["app_id"] == SWC:
            event = decode_web_control_event(report.body["body"])
            self.lines.append(web_event_line(event, daemon=voice.eplog, at=at))
            self.events.append(event)
        before = self.heard_at.get(report.endpoint_id, "")
        self.heard_at[report.endpoint_id] = max(before, report.at)

    def store(self, db: Database, at: datetime, voice: Voice) -> None:
        """Store all that was read, and see who complies."""
        self.look(db)
        for endpoint_id, heard_at in self.heard_at.items():
            endpoints.heard_from(db, endpoint_id, heard_at)
        voice.browsed(db, at, self.lines)
        web_hours.count(db, self.events, at)


def _take_in_one(db: Database, report: Report, at: datetime, voice: Voice, told: _Told) -> None:
    try:
        if report.kind == "event":
            told.add(report, at, voice)
            return
        if report.kind == "status":
            _take_status(db, report, at, voice, told)
            return
        with db.atomic():
            _TAKERS[report.kind](db, report, at, voice)
    except UNREADABLE as error:
        reason = f"{type(error).__name__}: {error}"
        values = {"report": str(report.number), "reason": reason}
        voice.also(db, "report_refused", at, values)


def _take_enrolments(db: Database, reports: Sequence[Report], at: datetime, voice: Voice) -> None:
    try:
        with db.atomic():
            enrol(db, reports, at, voice)
    except UNREADABLE:  # one of them, so each on its own
        for report in reports:
            _take_in_one(db, report, at, voice, _Told())


def _enrolments_ahead(reports: Sequence[Report]) -> tuple[list[Report], list[Report]]:
    """Split off the enrolments before which the batch tells nothing of the same endpoint."""
    seen: set[str] = set()
    ahead: list[Report] = []
    rest: list[Report] = []
    for report in reports:
        is_ahead = report.kind == "enrolled" and report.endpoint_id not in seen
        seen.add(report.endpoint_id)
        (ahead if is_ahead else rest).append(report)
    return ahead, rest


def _enrolled(db: Database, report: Report, at: datetime, voice: Voice) -> None:
    enrol(db, [report], at, voice)


def _removed(db: Database, report: Report, at: datetime, voice: Voice) -> None:
    endpoints.set_removed(db, report.endpoint_id, removed=True)
    values = {"endpoint": report.endpoint_id, "computer": _name(db, report.endpoint_id)}
    voice.also(db, "endpoint_removed", at, values)


def _restored(db: Database, report: Report, at: datetime, voice: Voice) -> None:
    del at, voice
    endpoints.set_removed(db, report.endpoint_id, removed=False)


def _take_status(db: Database, report: Report, at: datetime, voice: Voice, told: _Told) -> None:
    status = report.endpoint_id, report.body["app_id"]
    if status in told.reported:  # what the former said counts, however short it held
        told.look(db)
    with db.atomic():
        is_of_policy = _status(db, report, at, voice)
    if is_of_policy:
        told.reported[status] = None


def _status(db: Database, report: Report, at: datetime, voice: Voice) -> bool:
    """Store a status; return whether it tells of a policy rather than of the computer."""
    body = report.body
    endpoints.heard_from(db, report.endpoint_id, report.at)
    if not body["res"]:  # AGENT and APPSPROXY
        return False
    if not isinstance(body["created_at"], str):  # compared with others, once the batch is stored
        raise TypeError("created_at is no text")
    endpoints.record_status(db, report, at.isoformat())
    hops.record(db, report, at)
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
    return True


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
