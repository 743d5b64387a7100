"""The pass over the lines: each goes to whom it concerns, then to lint.

* Files are fed one after the other (`sources`); every line is looked at once and forgotten.
* Lines outside the window are not judged either.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

from utmlab.logtools.lint import Linter
from utmlab.logtools.reading import ArchiveDamagedError, RawLine
from utmlab.logtools.report.changesets import Changeset, Changesets
from utmlab.logtools.report.clients import LOGS, Clients
from utmlab.logtools.report.days import Days, Track
from utmlab.logtools.report.findings import Findings
from utmlab.logtools.report.heads import HEAD, Place, head_of, local
from utmlab.logtools.report.sources import Source
from utmlab.logtools.rules import BY_NAME, DEFAULT

VIEWABLE_BYTES: Final = 512 * 2**20
RULES: Final = DEFAULT - {"changeset_unanswered", "ack_without_report", "no_line_feed"}
"""Lint's rules; stories that go on from file to file are told here."""
EARLIEST: Final = b""
LATEST: Final = b"\xff"
BY_CODE: Final = {rule.code: name for name, rule in BY_NAME.items()}
_LOOPBACK: Final = b"server='AF_INET(127."


@dataclass(frozen=True, slots=True)
class Window:
    """Which lines count, by stamps as they are written; an end is not part of it."""

    since: bytes = EARLIEST
    until: bytes = LATEST


class Report:
    """What the lines say that were fed so far.

    Args:
        window: Which lines count.
        zone: The zone of the stamps, if it is known.
    """

    def __init__(self, window: Window | None = None, zone: tzinfo | None = None) -> None:
        self.window = window or Window()
        self.zone = zone
        self.days = Days(zone)
        self.changesets = Changesets()
        self.clients = Clients()
        self.findings = Findings()
        self.sources: list[Source] = []
        self.damaged: list[tuple[int, str]] = []
        self.lines = 0
        self.foreign = 0
        self.outside = 0
        self._line = 0
        self._advised: set[str] = set()

    def feed(self, source: Source, lines: Iterable[RawLine]) -> None:
        """Read the lines of the next source to their end."""
        number = len(self.sources)
        self.sources.append(source)
        self._line = 0
        linter = Linter(RULES)
        try:
            for finding in linter.lint(self._watched(number, lines)):
                place = Place(number, self._line)
                self.findings.tell(finding.code, place, finding.message, finding.hint)
        except ArchiveDamagedError as error:
            self.damaged.append((number, str(error)))
        for code, count in linter.summary.rules.items():
            self.findings.count(BY_CODE[code], count)
        if source.size > VIEWABLE_BYTES and not source.is_archive:
            self.findings.add("report:too_large", Place(number, 0))
        if source.is_archive:
            self._advise("report:archived_only", Place(number, 0))

    def finish(self) -> None:
        """Draw the conclusions that need all lines."""
        for day in self.days.all():
            for jump in day.jumps:
                message = f"{jump.kind}: {jump.seconds:+d} s"
                self.findings.add("report:clock_jump", jump.place, message)
        for one in self.changesets.kept:
            self._conclude(one)
        if self.changesets.sent and not self.changesets.reports:
            first = self.changesets.kept[0]
            if not first.is_young(self.changesets.last.get(first.host)):
                self.findings.add("report:nothing_reports", first.place)

    def _conclude(self, one: Changeset) -> None:
        if one.refused is not None:
            self.findings.add("report:refused", one.place)
        elif one.is_young(self.changesets.last.get(one.host)):
            return
        elif one.missing == "4212":
            self.findings.add("report:no_acknowledgement", one.place)
        elif one.missing:
            self.findings.add("report:no_report", one.place)

    def _watched(self, number: int, lines: Iterable[RawLine]) -> Iterator[RawLine]:
        """Look at each line on its way to lint."""
        since, until = self.window.since, self.window.until
        is_inside = True
        for raw in lines:
            self._line = raw.number
            found, data = HEAD.match(raw.data), raw.data
            if found is None and (other := head_of(raw)) is not None:
                found, data = other
            if found is not None:
                is_inside = since <= found[1] < until
            if not is_inside:
                self.outside += 1
                continue
            self.lines += 1
            if found is None or not self._see(found, data, Place(number, raw.number)):
                self.foreign += 1
            yield raw

    def _see(self, found: re.Match[bytes], data: bytes, place: Place) -> bool:
        stamp, host, process, pid, message_id = found.groups()
        track = self.days.track(host, process)
        if track is None:
            self.days.left_out += 1
            return True
        if not track.see(stamp, pid, message_id, place):
            return False
        if process in LOGS:
            if message_id is not None and self.clients.see(LOGS[process], stamp, data, place):
                self.findings.add("report:several_profiles", place)
            if process == b"eplog":
                self._advise("report:not_routed", place)
        elif process == b"epsecd":
            self._advise("report:not_routed", place)
            if message_id is not None:
                self.changesets.see(host, message_id, self._instant(track, stamp), place, data)
        elif process == b"syslog-ng" and _LOOPBACK in data:
            self.findings.add("report:syslog_loop", place)
        self._advise("report:needs_decoder", place)
        return True

    def _instant(self, track: Track, stamp: bytes) -> datetime:
        """Return a stamp as a time in UTC, or as it stands when the zone is not known."""
        at = local(stamp)
        if self.zone is None:
            return at
        return at.replace(fold=track.fold, tzinfo=self.zone).astimezone(UTC)

    def _advise(self, rule: str, place: Place) -> None:
        """Tell once what is true of every such log."""
        if rule not in self._advised:
            self._advised.add(rule)
            self.findings.add(rule, place)
