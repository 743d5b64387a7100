"""Changesets through epsecd.log: sent (4233), answered (4211), acknowledged (4212).

* Lines carry no number of a changeset: the first 4211 after a 4233 is taken for its answer. One
  4211 answers several that were sent within a minute; an older one stays unanswered when the next
  is sent. `changeset=` of our own 4288 and 4289 names it where it stands.
* Bounds: the last `MOST_KEPT` changesets, and `MOST_OPEN` that wait; older ones are counted.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from utmlab.logtools.report.heads import Place, value
from utmlab.logtools.story_rules import ANSWER_TIME

MOST_KEPT: Final = 1_000
MOST_OPEN: Final = 100


@dataclass(slots=True)
class Changeset:
    """One 4233 and what followed; times are in UTC, or local ones when the zone is not known.

    Attributes:
        sequence: Its number in what was read, from 1.
        number: What LiveConnect's answer called it, if that was logged.
        refused: Why LiveConnect refused it, if it did.
        followed_at: When the next one was sent, if that was before its reports were acknowledged.
    """

    sequence: int
    host: bytes
    sent_at: datetime
    place: Place
    number: bytes = b""
    received_at: datetime | None = None
    acknowledged_at: datetime | None = None
    refused: bytes | None = None
    followed_at: datetime | None = None

    @property
    def missing(self) -> str:
        """The id of the first line that did not come, empty when all came."""
        if self.received_at is None:
            return "4211"
        return "4212" if self.acknowledged_at is None else ""

    def is_young(self, end: datetime | None) -> bool:
        """Whether the log ends before an answer had to be there."""
        return end is not None and end - self.sent_at <= ANSWER_TIME

    @property
    def is_late(self) -> bool:
        """Whether the answer took longer than three polls."""
        return self.received_at is not None and self.received_at - self.sent_at > ANSWER_TIME


class Changesets:
    """Follows epsecd of one host or of several."""

    def __init__(self) -> None:
        self.kept: deque[Changeset] = deque()
        self.sent = 0
        self.dropped_incomplete = 0
        self.reports = 0
        self.last: dict[bytes, datetime] = {}
        self._open: dict[bytes, deque[Changeset]] = {}
        self._unnamed: dict[bytes, deque[Changeset]] = {}

    @property
    def dropped(self) -> int:
        """How many are counted only."""
        return self.sent - len(self.kept)

    def see(self, host: bytes, message_id: bytes, at: datetime, place: Place, data: bytes) -> None:
        """Follow the next line of epsecd."""
        self.last[host] = at
        waiting = self._open.setdefault(host, deque(maxlen=MOST_OPEN))
        if message_id == b"4233":
            self._send(host, at, place, waiting)
        elif message_id == b"4211":
            self.reports += 1
            for one in waiting:
                one.received_at = one.received_at or at
        elif message_id == b"4212":
            for one in waiting:
                if one.received_at is not None:
                    one.acknowledged_at = at
            still = [one for one in waiting if one.acknowledged_at is None]
            waiting.clear()
            waiting.extend(still)
        elif message_id in {b"4288", b"4289"} and (unnamed := self._unnamed.get(host)):
            one = unnamed.popleft()
            one.number = value(data, b' changeset="')
            if message_id == b"4289":
                one.refused = value(data, b' reason="')

    def _send(self, host: bytes, at: datetime, place: Place, waiting: deque[Changeset]) -> None:
        self.sent += 1
        for one in waiting:
            one.followed_at = one.followed_at or at
        still = [one for one in waiting if at - one.sent_at <= ANSWER_TIME]
        waiting.clear()
        waiting.extend(still)
        made = Changeset(self.sent, host, at, place)
        waiting.append(made)
        self._unnamed.setdefault(host, deque(maxlen=MOST_OPEN)).append(made)
        self.kept.append(made)
        if len(self.kept) > MOST_KEPT and self.kept.popleft().missing:
            self.dropped_incomplete += 1
