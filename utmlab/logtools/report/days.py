"""Days and logs: first and last line, gaps, restarts, jumps of the clock, ids with their counts.

* A log is what one process of one host wrote, in whatever files that stands.
* Most lines cost a comparison and a count: a clock is looked at when ten minutes are over, when a
  stamp is before the last one, and when the number of the process changes.
* Bounds: `MOST_LOGS` logs, `MOST_DAYS` days of logs, and per day the longest gaps, the first
  restarts and jumps, and `MOST_IDS` ids; what does not fit is counted.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from utmlab.logtools.report.heads import Place, moment
from utmlab.logtools.time_rules import TOLERATED_STEP_BACK

MOST_LOGS: Final = 256
MOST_DAYS: Final = 4_000
MOST_IDS: Final = 32
MOST_TOLD: Final = 5
GAP: Final = timedelta(minutes=30)
ONE_PROCESS: Final = frozenset(
    {b"epsecd", b"eplog", b"httpproxy", b"ulogd", b"named", b"syslog-ng"}
)
"""Daemons that are one process; others (confd, cron) have a new number for every task."""
NAMES: Final = {b"httpproxy": b"http"}
"""Logs that are not called after their process."""
NOWHERE: Final = Place(0, 0)
_OTHER: Final = b"other"
_TENS: Final = len("2018:07:26-17:5")
_DAY: Final = len("2018:07:26")
_HOUR: Final = timedelta(hours=1)


class Gap(NamedTuple):
    """A time without a line, before the line of `place`."""

    seconds: int
    begin: bytes
    end: bytes
    place: Place


class Restart(NamedTuple):
    """A line with another number of the process than the one before."""

    stamp: bytes
    before: bytes
    after: bytes
    place: Place


class Jump(NamedTuple):
    """A clock that did not go on by what passed: `seconds` is how far it went back or ahead."""

    kind: str
    seconds: int
    begin: bytes
    end: bytes
    place: Place


@dataclass(slots=True)
class DayLog:
    """One log on one day."""

    host: bytes
    log: bytes
    day: bytes
    first: bytes
    first_place: Place
    last: bytes = b""
    last_place: Place = NOWHERE
    ids: dict[bytes, int] = field(default_factory=dict)
    hours: dict[int, int] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    restarts: list[Restart] = field(default_factory=list)
    jumps: list[Jump] = field(default_factory=list)
    restart_count: int = 0
    jump_count: int = 0

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return sum(self.ids.values())


class Track:
    """Follows one log through its files."""

    __slots__ = (
        "_counted", "_days", "_log", "_pid", "_place", "_tens", "day", "fold", "host", "last"
    )  # fmt: skip

    def __init__(self, days: "Days", host: bytes, process: bytes) -> None:
        self._days = days
        self.host = host
        self._log = process
        self._pid: bytes | None = None
        self._tens = b""
        self._counted = 0
        self.fold = 0
        self._place = NOWHERE
        self.last = b""
        self.day: DayLog | None = None

    def see(self, stamp: bytes, pid: bytes | None, message_id: bytes | None, place: Place) -> bool:
        """Count the next line; whether its stamp is a time at all."""
        if stamp[:_TENS] != self._tens or stamp < self.last:
            if not self._moved(stamp, place):
                return False
        elif self.day is None:
            return False
        if pid != self._pid:
            self._numbered(stamp, pid, place)
        ids = self.day.ids  # type: ignore[union-attr]
        key = message_id or b""
        if key in ids:
            ids[key] += 1
        else:
            key = key if len(ids) < MOST_IDS else _OTHER
            ids[key] = ids.get(key, 0) + 1
        self._counted += 1
        self.last = stamp
        self._place = place
        return True

    def settle(self) -> None:
        """Write what was counted since the last ten minutes into the day."""
        if self.day is None or not self._counted:
            return
        hour = int(self.last[_DAY + 1 : _DAY + 3])
        self.day.hours[hour] = self.day.hours.get(hour, 0) + self._counted
        self.day.last, self.day.last_place = self.last, self._place
        self._counted = 0

    def _moved(self, stamp: bytes, place: Place) -> bool:
        """Go on to other ten minutes, or back in time."""
        self.settle()
        self._tens = stamp[:_TENS]
        now, before, last = moment(stamp), moment(self.last), self.last
        if now is None:
            self.day = None
            return False
        self.day = self._days.day(self.host, self._log, stamp, place)
        if before is not None and self.day is not None:
            self._compare(before, now, (last, stamp), place)
        return self.day is not None

    def _compare(
        self, before: datetime, now: datetime, stamps: tuple[bytes, bytes], place: Place
    ) -> None:
        day = self.day
        if day is None:
            return
        before = before.replace(fold=self.fold)
        now = self._days.folded(before, now)
        self.fold = now.fold
        shift = self._days.shift(before, now)
        passed = now - before - shift
        if shift or passed < -TOLERATED_STEP_BACK:
            day.jump_count += 1
            if len(day.jumps) < MOST_TOLD:
                kind = _kind(before, now, shift)
                seconds = round((shift or now - before).total_seconds())
                day.jumps.append(Jump(kind, seconds, *stamps, place))
        if passed >= GAP:
            day.gaps.append(Gap(round(passed.total_seconds()), *stamps, place))
            day.gaps.sort(key=lambda gap: -gap.seconds)
            del day.gaps[MOST_TOLD:]

    def _numbered(self, stamp: bytes, pid: bytes | None, place: Place) -> None:
        before, self._pid = self._pid, pid
        day = self.day
        if before is None or pid is None or day is None or self._log not in ONE_PROCESS:
            return
        day.restart_count += 1
        if len(day.restarts) < MOST_TOLD:
            day.restarts.append(Restart(stamp, before, pid, place))


class Days:
    """All logs and their days.

    Args:
        zone: The zone that stamps are written in, if it is known.
    """

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._tracks: dict[tuple[bytes, bytes], Track] = {}
        self._days: dict[tuple[bytes, bytes, bytes], DayLog] = {}
        self.left_out = 0

    def track(self, host: bytes, process: bytes) -> Track | None:
        """Return who follows a log, None when there are too many."""
        found = self._tracks.get((host, process))
        if found is None and len(self._tracks) < MOST_LOGS:
            found = self._tracks[host, process] = Track(self, host, process)
        return found

    def day(self, host: bytes, process: bytes, stamp: bytes, place: Place) -> DayLog | None:
        """Return a day of a log, None when there are too many."""
        key = host, process, stamp[:_DAY]
        found = self._days.get(key)
        if found is None and len(self._days) < MOST_DAYS:
            name = NAMES.get(process, process)
            found = self._days[key] = DayLog(host, name, stamp[:_DAY], stamp, place)
        return found

    def folded(self, before: datetime, now: datetime) -> datetime:
        """Return a time as one of the second pass, where an hour comes twice and it went back."""
        if self._zone is None:
            return now
        again = now.replace(fold=1, tzinfo=self._zone)
        is_twice = again.utcoffset() != again.replace(fold=0).utcoffset()
        is_second = before.fold or before - now > TOLERATED_STEP_BACK
        return now.replace(fold=1) if is_twice and is_second else now

    def shift(self, before: datetime, now: datetime) -> timedelta:
        """Return by how much the zone's offset changed between two local times."""
        if self._zone is None:
            return timedelta()
        first, second = (at.replace(tzinfo=self._zone).utcoffset() for at in (before, now))
        return (second or timedelta()) - (first or timedelta())

    def all(self) -> list[DayLog]:
        """Return the days of all logs, in their order."""
        for track in self._tracks.values():
            track.settle()
        return sorted(self._days.values(), key=lambda one: (one.day, one.log, one.host))


def _kind(before: datetime, now: datetime, shift: timedelta) -> str:
    if shift:
        return "summer time began" if shift > timedelta() else "summer time ended"
    is_night = before.weekday() == 6 and before.month in {3, 4, 9, 10, 11} and before.hour < 4
    if before - now <= _HOUR and is_night:
        return "summer time ended"
    return "clock went back"
