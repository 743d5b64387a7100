"""Time on a line: seconds to places, and where the ticks are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

_STEPS: Final = (
    *(base * 10.0**power for power in (-3, -2, -1, 0) for base in (1, 2, 5)),
    *(10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0),
    *(6 * 3600.0, 12 * 3600.0, 86_400.0, 7 * 86_400.0, 30 * 86_400.0, 365 * 86_400.0),
)
MOST_TICKS: Final = 8
MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds 0 to `end_s` lie between `left` and `right`."""

    end_s: float
    left: float
    right: float

    def place(self, seconds: float) -> float:
        """Return where a moment lies; what is beyond an end lies at that end."""
        share = min(max(seconds / self.end_s, 0.0), 1.0)
        return self.left + share * (self.right - self.left)

    def holds(self, seconds: float) -> bool:
        """Whether a moment is between the ends."""
        return 0 <= seconds <= self.end_s

    @property
    def ticks(self) -> tuple[float, ...]:
        """Round numbers of seconds, from 0."""
        step = next((one for one in _STEPS if self.end_s / one <= MOST_TICKS), self.end_s / 4)
        return tuple(index * step for index in range(int(self.end_s / step + 1e-9) + 1))


def tick_words(seconds: float) -> str:
    """Return the words at a tick, without digits that say nothing."""
    if seconds == 0:
        return "0"
    if seconds < 1:
        return f"{seconds * 1000:g} ms"
    if seconds < 2 * MINUTE_S and seconds % MINUTE_S:
        return f"{seconds:g} s"
    for length, unit in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if seconds >= length:
            return f"{seconds / length:.4g} {unit}"
    return f"{seconds:g} s"


def seconds_words(seconds: float) -> str:
    """Return a span with what is worth knowing of it: `0.012 s`, `3 min 04 s`, `2 h 05 min`."""
    sign, rest = ("-" if seconds < 0 else ""), abs(seconds)
    if rest < 100:
        return f"{sign}{rest:.3f} s"
    if rest < HOUR_S:
        return f"{sign}{int(rest // MINUTE_S)} min {int(rest % MINUTE_S):02} s"
    if rest < 2 * DAY_S:
        return f"{sign}{int(rest // HOUR_S)} h {int(rest % HOUR_S // MINUTE_S):02} min"
    return f"{sign}{int(rest // DAY_S)} d {int(rest % DAY_S // HOUR_S)} h"


def clock_words(at: datetime) -> str:
    """Return the time of day with milliseconds."""
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03}"
