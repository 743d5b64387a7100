"""Browsing of endpoints in numbers: per hour, by category, by user, and which sites were blocked.

- Counted at intake, in the transaction that enqueues the lines, once per batch: whoever asks reads
  a few hundred rows, whatever the length of the logs.
- Bounded: `HOURS_KEPT` hours, and in each at most `MOST_NAMES` sites and users; what comes after
  those counts under "".
- The hour is that of the line's stamp, so late browsing counts when it arrives.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlsplit

from sqlite_utils import Database

from foundation.categories.category import UNCATEGORIZED_ID
from foundation.categories.names import category_name
from foundation.protocol.events import WebControlEvent
from utm.logs.eplog import loggable_url

HOUR_S: Final = 3_600
HOURS_KEPT: Final = 7 * 24
MOST_NAMES: Final = 200
LONGEST_NAME: Final = 100

Kind = Literal["category", "site", "user"]
_PASSED, _WARNED, _BLOCKED = 0, 1, 2
_COLUMN: Final = {"allow": _PASSED, "proceed": _PASSED, "warn": _WARNED, "block": _BLOCKED}


@dataclass(frozen=True, slots=True)
class Count:
    """How often something was browsed; `hour` counts from 1970 in UTC, 0 for a sum."""

    hour: int
    name: str
    passed: int
    warned: int
    blocked: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.passed + self.warned + self.blocked


def hour_of(at: datetime) -> int:
    """Return the hour of a moment, counted from 1970."""
    return int(at.timestamp()) // HOUR_S


def count(db: Database, events: Sequence[WebControlEvent], at: datetime) -> None:
    """Count a batch of browsing."""
    if not events:
        return
    hour = hour_of(at)
    sums: dict[tuple[str, str], list[int]] = {}
    for event in events:
        column = _COLUMN[event.action]
        for key in _keys(event):
            sums.setdefault(key, [0, 0, 0])[column] += 1
    if (
        db.execute("SELECT 1 FROM epsecd_web_hours WHERE hour = ? LIMIT 1", [hour]).fetchone()
        is None
    ):
        db.execute("DELETE FROM epsecd_web_hours WHERE hour <= ?", [hour - HOURS_KEPT])
    rows = [(hour, *key, *counted) for key, counted in _bounded(db, hour, sums).items()]
    db.conn.executemany(
        "INSERT INTO epsecd_web_hours VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (hour, kind, name) DO"
        " UPDATE SET passed = passed + excluded.passed, warned = warned + excluded.warned,"
        " blocked = blocked + excluded.blocked",
        rows,
    )


def by_hour(db: Database, kind: Kind, *, since: int) -> list[Count]:
    """Return the counts of each hour from `since` on, oldest first."""
    rows = db.execute(
        "SELECT hour, name, passed, warned, blocked FROM epsecd_web_hours"
        " WHERE hour >= ? AND kind = ? ORDER BY hour, name",
        [since, kind],
    ).fetchall()
    return [Count(*row) for row in rows]


def top(db: Database, kind: Kind, *, since: int, most: int) -> list[Count]:
    """Return the names that were warned of or blocked most, with the sums since an hour."""
    rows = db.execute(
        "SELECT 0, name, SUM(passed), SUM(warned), SUM(blocked) FROM epsecd_web_hours"
        " WHERE hour >= ? AND kind = ? GROUP BY name HAVING SUM(warned) + SUM(blocked) > 0"
        " ORDER BY SUM(warned) + SUM(blocked) DESC, name LIMIT ?",
        [since, kind, most],
    ).fetchall()
    return [Count(*row) for row in rows]


def _keys(event: WebControlEvent) -> Iterable[tuple[str, str]]:
    number = (*event.category_ids, UNCATEGORIZED_ID)[0]
    name = event.category_name or category_name(number) or "Uncategorized"
    yield "category", name[:LONGEST_NAME]
    yield "user", event.user[:LONGEST_NAME]
    if event.action in ("warn", "block"):
        yield "site", _site(event)


def _site(event: WebControlEvent) -> str:
    try:
        host = urlsplit(loggable_url(event.url, event.method)).hostname
    except ValueError:
        host = None
    return (host or event.url)[:LONGEST_NAME]


def _bounded(
    db: Database, hour: int, sums: dict[tuple[str, str], list[int]]
) -> dict[tuple[str, str], list[int]]:
    """Return the sums with what is over the bound of its kind under ""."""
    rows = db.execute("SELECT kind, name FROM epsecd_web_hours WHERE hour = ?", [hour]).fetchall()
    known = {(kind, name) for kind, name in rows}
    room = dict.fromkeys(("category", "site", "user"), MOST_NAMES)
    for kind, _ in known:
        room[kind] -= 1
    bounded: dict[tuple[str, str], list[int]] = {}
    for key, counted in sums.items():
        if key not in known:
            room[key[0]] -= 1
        kept = key if key in known or room[key[0]] >= 0 else (key[0], "")
        before = bounded.get(kept, [0, 0, 0])
        bounded[kept] = [one + other for one, other in zip(before, counted, strict=True)]
    return bounded
