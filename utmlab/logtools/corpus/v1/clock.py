"""The UTM's clock in Europe/Berlin, by its own rule: no zone data of the machine has a say.

* Summer time from the last Sunday of March to the last Sunday of October, both at 01:00 UTC (the
  rule of the European Union since 1996).
* Stamps are text that is made once per second, since most lines share their second.
"""

from datetime import date, timedelta
from typing import Final

DAY_S: Final = 86_400
HOUR_S: Final = 3_600
_EPOCH: Final = date(1970, 1, 1)
_TWO: Final = tuple(f"{number:02}" for number in range(60))
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


def utc_second(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    """Return a moment in UTC as seconds since 1970."""
    return (date(year, month, day) - _EPOCH).days * DAY_S + hour * HOUR_S + minute * 60


def summer_time(year: int) -> tuple[int, int]:
    """Return the first second of summer time in a year, and the first behind it."""
    return _last_sunday(year, 3) + HOUR_S, _last_sunday(year, 10) + HOUR_S


def offset_at(second: int) -> int:
    """Return what local time is ahead of UTC at a moment, in seconds."""
    begin, end = summer_time(_day_of(second).year)
    return 2 * HOUR_S if begin <= second < end else HOUR_S


def offset_of(local: int) -> int:
    """Return the same for a time on the wall; in an hour that comes twice the first is meant."""
    summer = 2 * HOUR_S
    return summer if offset_at(local - summer) == summer else HOUR_S


def utm_stamp(local: int) -> str:
    """Write local seconds as the UTM does: `2018:07:26-17:57:33`."""
    day = _day_of(local)
    return f"{day.year:04}:{day.month:02}:{day.day:02}-{_time_of(local)}"


def receiver_stamp(local: int) -> str:
    """Write local seconds as RFC 3164 has them: `Jul 26 17:57:33`, a one-digit day padded."""
    day = _day_of(local)
    return f"{_MONTHS[day.month - 1]} {day.day:2} {_time_of(local)}"


def instant(second: int) -> str:
    """Write a moment in UTC: `2018-07-26T15:57:33Z`."""
    return f"{_day_of(second).isoformat()}T{_time_of(second)}Z"


class Clock:
    """The time of the lines.

    Attributes:
        second: Seconds since 1970, UTC.
        local: The same on the UTM's wall.
        stamp: As the UTM writes it.
        instant: As the expected records have it, UTC.
        is_repeating: Whether the wall clock went back since the last line that looked.
    """

    def __init__(self, second: int) -> None:
        self.second = second
        self.is_repeating = False
        self._minute = -1
        self._stamp_minute = self._instant_minute = ""
        self._offset = 0
        self.local = second + offset_at(second)
        self.stamp = self.instant = ""
        self._tell()

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        if seconds:
            self.second += seconds
            self._tell()

    def _tell(self) -> None:
        minute, rest = divmod(self.second, 60)
        if minute != self._minute:
            self._minute = minute
            self._offset = offset_at(self.second)
            begin = minute * 60
            self._stamp_minute = utm_stamp(begin + self._offset)[:-2]
            self._instant_minute = instant(begin)[:-3]
        local = self.second + self._offset
        self.is_repeating = self.is_repeating or local < self.local - 2
        self.local = local
        self.stamp = self._stamp_minute + _TWO[rest]
        self.instant = f"{self._instant_minute}{_TWO[rest]}Z"


def _last_sunday(year: int, month: int) -> int:
    last = date(year, month, 31)
    return ((last - _EPOCH).days - (last.weekday() + 1) % 7) * DAY_S


def _day_of(second: int) -> date:
    return _EPOCH + timedelta(days=second // DAY_S)


def _time_of(second: int) -> str:
    minutes, seconds = divmod(second % DAY_S, 60)
    return f"{_TWO[minutes // 60]}:{_TWO[minutes % 60]}:{_TWO[seconds]}"
