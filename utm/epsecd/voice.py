"""How epsecd and eplog speak: which lines a happening becomes.

- 4233, 4211 and 4212 are always written; the ids of our own (4280 to 4299) only while extra lines
  are on, so that a strict log holds nothing that no public source knows.
- `reports=` is `-1` per report as in the only public line, or outbox numbers (`numbered`).
- Lines are enqueued inside the caller's transaction: what happened and its line are one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlite_utils import Database

from utm.logs.catalogue import Daemon
from utm.logs.spool import enqueue

ReportIds = Literal["unnumbered", "numbered"]
EPSECD_LOG = "epsecd"
EPLOG_LOG = "eplog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """The two daemons' names in lines, and what they are allowed to say."""

    epsecd: Daemon
    eplog: Daemon
    extra_lines: bool = True
    report_ids: ReportIds = "unnumbered"

    def changeset_sent(self, db: Database, at: datetime) -> None:
        """Say that a changeset goes to LiveConnect (4233)."""
        enqueue(db, EPSECD_LOG, at, [self.epsecd.line("changeset_sent", at)])

    def reports_received(self, db: Database, at: datetime) -> None:
        """Say that reports arrived (4211)."""
        enqueue(db, EPSECD_LOG, at, [self.epsecd.line("reports_received", at)])

    def acknowledging(self, db: Database, at: datetime, numbers: Sequence[int]) -> None:
        """Say that reports are acknowledged (4212)."""
        numbered = self.report_ids == "numbered"
        ids = ",".join(str(number) if numbered else "-1" for number in numbers)
        line = self.epsecd.line("reports_acknowledged", at, {"reports": ids})
        enqueue(db, EPSECD_LOG, at, [line])

    def also(
        self, db: Database, slug: str, at: datetime, values: Mapping[str, str] | None = None
    ) -> None:
        """Say something of our own, if that is wanted."""
        if self.extra_lines:
            enqueue(db, EPSECD_LOG, at, [self.epsecd.line(slug, at, values)])

    def browsed(self, db: Database, at: datetime, lines: Sequence[str]) -> None:
        """Write the browsing of endpoints into eplog.log."""
        enqueue(db, EPLOG_LOG, at, lines)
