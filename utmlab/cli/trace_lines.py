"""The log lines that were written while a changeset went its way, merged, with a mark per hop.

- epsecd.log, eplog.log, http.log and the concerned computers' MCSClient.log and MCSAgent.log, of
  today and older, in UTC. Lines stay as they are; only where they stand in the list is ours.
- The UTM's stamps are whole seconds of its own zone. Of epsecd.log the line that tells a hop stands
  at that hop's time, the others as the file has them; in the hour that comes twice, the pass is the
  one that lies within the changeset's time, and the second one after the clock went back.
- From epsecd.log come the lines of changesets, reports and the connection, from eplog.log and
  http.log those of the concerned computers' users. Several changesets within one second cannot
  be told apart by their reports.

Provenance: ours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from endpoint.reading import EndpointArchive
from utm.logs.views import archives, log_path
from utmlab.cli.render.timeline import client_stamp, span
from utmlab.journal import printable
from utmlab.logtools.reading import ArchiveDamagedError, read_lines
from utmlab.logtools.report.heads import HEAD, moment, value
from utmlab.places import Places
from utmlab.settings import recall
from utmlab.trace import HOPS, MEANING, ChangesetTrace

IDS: Final = frozenset({b"4233", b"4211", b"4212", b"4282", b"4283", b"4288", b"4289", b"4290"})
TOLD_BY_EPSECD: Final = ("4233", "4211", "4212")
A_MILLISECOND: Final = timedelta(milliseconds=1)
A_SECOND: Final = timedelta(seconds=1)
AN_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TracedLine:
    """A line of a log: when in UTC, where it stands, and its text as it is."""

    at: datetime
    log: str
    line: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A hop at its time, and the computers that it happened to; none when it concerns all."""

    at: datetime
    hop: str
    endpoints: tuple[str, ...] = ()


def marks_of(trace: ChangesetTrace) -> list[Mark]:
    """Return one mark for each hop of each concerned computer; what they share stands once."""
    concerned = [one for one in trace.endpoints if one.concerned] or list(trace.endpoints)
    found: dict[tuple[str, datetime], list[str]] = {}
    for one in concerned:
        for hop, at in one.hops.items():
            found.setdefault((hop, at), []).append(one.name)
    order = {hop: place for place, hop in enumerate(HOPS)}
    marks = [
        Mark(at, hop, () if len(names) == len(concerned) else tuple(names))
        for (hop, at), names in found.items()
    ]
    return sorted(marks, key=lambda mark: (mark.at, order[mark.hop], mark.endpoints))


def lines_of(places: Places, trace: ChangesetTrace) -> list[TracedLine]:
    """Return the lines of all logs in the order of time."""
    found = span(trace)
    if found is None:
        return []
    first, last = found
    zone = ZoneInfo(recall(places.settings).get("timezone", "UTC"))
    window = _Window(places.utm_logs, first, last, zone)
    concerned = [one.name for one in trace.endpoints if one.concerned]
    lines = _anchored(list(window.lines("epsecd")), trace)
    for log in ("eplog", "http"):
        lines += [one for one in window.lines(log) if _is_of(one.line, concerned)]
    names = set(places.host_names())
    for name in concerned:
        if name in names:
            logs = EndpointArchive(places.host(name)).logs
            for path in (logs.client, logs.agent):
                lines += _host(path, f"{name}/{path.name}", first, last)
    return sorted(lines, key=lambda one: one.at)


def lines_text(lines: Iterable[TracedLine], marks: Iterable[Mark]) -> str:
    """Return the lines under each other, each mark before what was written at its time."""
    rows = [(mark.at, 0, _mark_text(mark)) for mark in marks]
    rows += [(one.at, 1, f"  {one.log}: {printable(one.line)}") for one in lines]
    return "\n".join(text for _, _, text in sorted(rows, key=lambda row: row[:2]))


def lines_record(lines: Iterable[TracedLine], marks: Iterable[Mark]) -> dict[str, Any]:
    """Return both as JSON values; times are ISO 8601 in UTC."""
    return {
        "lines": [{"at": one.at.isoformat(), "log": one.log, "line": one.line} for one in lines],
        "marks": [
            {"at": one.at.isoformat(), "hop": one.hop, "endpoints": list(one.endpoints)}
            for one in marks
        ],
    }


def _mark_text(mark: Mark) -> str:
    who = f" [{printable(', '.join(mark.endpoints))}]" if mark.endpoints else ""
    return f"== {mark.at:%H:%M:%S.%f}"[:-3] + f"Z {mark.hop}{who}: {MEANING[mark.hop]}"


class _Window:
    """The UTM's lines between two moments."""

    def __init__(self, folder: Path, first: datetime, last: datetime, zone: ZoneInfo) -> None:
        self._folder = folder
        self._zone = zone
        self._first, self._last = first.replace(microsecond=0), last
        begin, end = (at.astimezone(zone).replace(tzinfo=None) for at in (self._first, last))
        wider = AN_HOUR if self._is_twice(begin) or self._is_twice(end) else timedelta()
        self._begin, self._end = begin - wider, end + wider

    def lines(self, log: str) -> Iterator[TracedLine]:
        """Yield the lines of a log and of its archives."""
        near = [one for one in self._near(log) if log != "epsecd" or one[1] in IDS]
        clocks = [local for local, _, _ in near]
        turn = next(
            (place for place, (a, b) in enumerate(pairwise(clocks), 1) if self._turned(a, b)), None
        )
        for place, (local, _, data) in enumerate(near):
            folds = (0, 1) if turn is None else (int(place >= turn),)
            at = self._instant(local, folds)
            if at is not None:
                yield TracedLine(at, f"{log}.log", data.decode("utf-8", "surrogateescape"))

    def _near(self, log: str) -> Iterator[tuple[datetime, bytes, bytes]]:
        """Yield local time, id and text of lines that may be in the window."""
        for data in self._read(log):
            head = HEAD.match(data)
            local = moment(head[1]) if head is not None else None
            if head is not None and local is not None and self._begin <= local <= self._end:
                yield local, head[5], data

    def _turned(self, before: datetime, local: datetime) -> bool:
        """Whether summer time ended between two lines."""
        return self._is_twice(local) and before - local > 2 * A_SECOND

    def _instant(self, local: datetime, folds: Iterable[int]) -> datetime | None:
        """Return when a local time was, of its two passes the one within the window."""
        for fold in folds:
            at = local.replace(tzinfo=self._zone, fold=fold).astimezone(UTC)
            if self._first <= at <= self._last:
                return at
        return None

    def _is_twice(self, local: datetime) -> bool:
        one, other = (local.replace(tzinfo=self._zone, fold=fold).utcoffset() for fold in (0, 1))
        return one != other

    def _read(self, log: str) -> Iterator[bytes]:
        days = (self._begin.date(), self._end.date())
        for path in archives(self._folder, log):
            if _is_of_day(path, log, days):
                yield from _lines(path)
        yield from _lines(log_path(self._folder, log))


def _is_of_day(path: Path, log: str, days: tuple[date, date]) -> bool:
    try:
        day = date.fromisoformat(path.name[len(log) + 1 : len(log) + 11])
    except ValueError:
        return False
    return days[0] <= day <= days[1]


def _lines(path: Path) -> Iterator[bytes]:
    if path.exists():
        try:
            yield from (raw.data for raw in read_lines(path))
        except ArchiveDamagedError:
            return  # what could be read of it counts; lint is there to name the damage


def _anchored(lines: list[TracedLine], trace: ChangesetTrace) -> list[TracedLine]:
    """Put the lines that tell a hop at its time, and keep the others in the order of the file."""
    start = _sent_line(lines, trace)
    anchors: dict[int, datetime] = {}
    for hop in TOLD_BY_EPSECD:
        times = {one.hops[hop] for one in trace.endpoints if hop in one.hops}
        for at in sorted(times):
            places = (place for place in range(start, len(lines)) if place not in anchors)
            place = next((p for p in places if _tells(lines[p], hop, at)), None)
            if place is not None:
                anchors[place] = at
    placed: list[TracedLine] = []
    for place, one in enumerate(lines[start:], start):
        at = anchors.get(place, one.at)
        placed.append(replace(one, at=max(at, placed[-1].at) if placed else at))
    return placed


def _sent_line(lines: list[TracedLine], trace: ChangesetTrace) -> int:
    """Return where the changeset's 4233 stands; by LiveConnect's answer when several may be it."""
    sent = [place for place, one in enumerate(lines) if ' id="4233" ' in one.line]
    number = f' changeset="{trace.number}"'
    answer = next((place for place, one in enumerate(lines) if number in one.line), None)
    before = [place for place in sent if answer is not None and place < answer]
    return before[-1] if before else next(iter(sent), 0)


def _tells(one: TracedLine, hop: str, at: datetime) -> bool:
    """Whether a line is of that hop: the second of the stamp, or the one after."""
    second = at.replace(microsecond=0)
    return f' id="{hop}" ' in one.line and second <= one.at <= second + A_SECOND


def _is_of(line: str, computers: Iterable[str]) -> bool:
    """Whether a web line is of a user of one of the computers."""
    user = value(line.encode("utf-8", "surrogateescape"), b' user="').decode("utf-8", "replace")
    domain = user.rpartition("\\")[0].lower()
    return not domain or domain in {name.lower() for name in computers}


def _host(path: Path, log: str, first: datetime, last: datetime) -> Iterator[TracedLine]:
    older = sorted(path.parent.glob(f"{path.name}.[0-9]"), reverse=True)
    for file in (*older, path):
        for data in _lines(file):
            line = data.decode("utf-8", "surrogateescape")
            at = client_stamp(line)
            # Stamps are cut to milliseconds.
            if at is not None and first - A_MILLISECOND <= at <= last:
                yield TracedLine(at, log, line)
