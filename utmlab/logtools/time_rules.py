"""Stamps in their order, and against the receiver's clock.

* A stamp is local time without zone: when summer time ends an hour comes twice, which looks like a
  clock that went back by at most an hour. That is a note; anything else is a warning.
* A clock may go back two seconds: threads of one daemon log a moment late now and then.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from utmlab.logtools.findings import Said
from utmlab.logtools.transport import Received

TOLERATED_STEP_BACK: Final = timedelta(seconds=2)
STAMP_LENGTH: Final = len("2018:07:26-17:57:33")
_FIELDS: Final = re.compile(rb"[:-]")
_HOUR: Final = timedelta(hours=1)
_QUARTER_S: Final = 900
_SLACK_S: Final = 60
_NIGHT: Final = range(4)
"""Summer time ends at one, two or three in the morning, local time."""


class TimeOrder:
    """Judges stamps in the order of their lines.

    Attributes:
        last: The stamp before, as it stood in its line; empty before the first one. Stamps of one
            width stand in the order of their bytes.
    """

    def __init__(self) -> None:
        self.last = b""

    @property
    def last_stamp(self) -> datetime | None:
        """The stamp before."""
        return _stamp(self.last)

    def judge(self, stamp: datetime, text: str) -> Iterator[Said]:
        """Yield what is to be said of the next stamp, which begins the text."""
        last, self.last = self.last_stamp, text[:STAMP_LENGTH].encode()
        if last is None or last - stamp <= TOLERATED_STEP_BACK:
            return
        step = last - stamp
        message = f"The stamp is {step} before the last one"
        if step <= _HOUR and _may_be_end_of_summer(last):
            hint = "Stamps carry no zone: when summer time ends, an hour comes twice."
            yield Said("repeated_hour", message, hint, 1)
        else:
            hint = "Lines of several files put together, or a clock that was set back."
            yield Said("time_went_back", message, hint, 1)


def zone_said(received: Received, stamp: datetime) -> Iterator[Said]:
    """Say how far the receiver's clock and the UTM's are apart, when that is a zone's offset."""
    clock = _receiver_clock(received.received, stamp.year)
    if clock is None:
        return
    seconds = round((clock - stamp).total_seconds())
    steps = round(seconds / _QUARTER_S)
    if steps == 0 or abs(steps) > 14 * 4 or abs(seconds - steps * _QUARTER_S) > _SLACK_S:
        return
    hours = f"{steps / 4:+g} h"
    hint = "The UTM writes local time without a zone: set its zone in the consumer."
    yield Said("zone_offset", f"The receiver's clock is {hours} from the UTM's", hint, 1)


def _stamp(text: bytes) -> datetime | None:
    if not text:
        return None
    return datetime(*map(int, _FIELDS.split(text)))  # type: ignore[arg-type]  # noqa: DTZ001


def _may_be_end_of_summer(last: datetime) -> bool:
    return last.month in {3, 4, 9, 10, 11} and last.weekday() == 6 and last.hour in _NIGHT


def _receiver_clock(text: str, year: int) -> datetime | None:
    try:
        if text[:1].isdigit():
            return datetime.fromisoformat(text).replace(tzinfo=None)
        return datetime.strptime(f"{year} {text}", "%Y %b %d %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None
