"""The days of a log: which one a line belongs to, and when the UTM's midnight comes.

* A day is the UTM's local day, so it has 23 or 25 hours when the clocks change.
* A day never goes back: after a backward jump of the clock, lines go on in the file of the
  latest day, and what was rotated stays as it is (ours; a real UTM's behaviour is not public).
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from utm.logs.spool import SpooledLine


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """Return the UTM's day of a moment."""
    return at.astimezone(zone).date()


def next_midnight(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, at which the UTM's next day begins.

    Where the clocks skip midnight the day begins at the jump; where midnight comes twice it
    begins at the first one, as `datetime` resolves them with fold 0.
    """
    tomorrow = local_day(at, zone) + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), zone).astimezone(UTC)


def lines_of_day(
    lines: Sequence[SpooledLine], day: date, zone: ZoneInfo
) -> tuple[SpooledLine, ...]:
    """Return the leading lines that belong into the file of `day`: theirs is not later."""
    taken = []
    for line in lines:
        if local_day(line.at, zone) > day:
            break
        taken.append(line)
    return tuple(taken)
