"""What the dashboard shows of what was read. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, Literal

from utm.drawing.plots import Point, Stack
from utm.epsecd.web_hours import HOUR_S, Count, hour_of
from utm.webadmin.filters import counted
from utm.webadmin.pages.dashboard_reading import DAY_HOURS, Reading
from utm.webadmin.pages.sync_view import SyncView, sync_view
from utm.webadmin.standing import POLL_S

MOST_CATEGORIES: Final = 6
MOST_EVENTS: Final = 12
OTHERS: Final = "Others"
EventKind = Literal["ok", "info", "warning", "error", "off"]


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """Something of the last hour; `path` leads to where it is told whole."""

    at: datetime
    kind: EventKind
    text: str
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardView:
    """The dashboard.

    Attributes:
        kinds: How many computers stand how with the newest changeset.
        syncs: The newest changesets, newest first.
        categories: The names of the parts of `hours`.
        hours: Browsing per hour, oldest first.
        events: Of the last hour, newest first.
    """

    reading: Reading
    kinds: Mapping[str, int]
    syncs: Sequence[SyncView]
    categories: Sequence[str]
    hours: Sequence[Stack]
    events: Sequence[Event]
    zone: tzinfo

    @property
    def latencies(self) -> list[Point]:
        """How long changesets took, oldest first; those that concerned nobody are left out."""
        found = [(view, view.stats.get("applied")) for view in reversed(self.syncs)]
        return [
            Point(str(view.changeset.number), stats.p50, stats.last)
            for view, stats in found
            if stats
        ]

    @property
    def browsed(self) -> int:
        """Requests of the last day."""
        return sum(sum(one.values) for one in self.hours)


def dashboard_view(reading: Reading, now: datetime, zone: tzinfo) -> DashboardView:
    """Return what the dashboard shows."""
    categories = _largest(reading.browsing)
    return DashboardView(
        reading=reading,
        kinds=_kinds(reading, now),
        syncs=[sync_view(one, now, zone) for one in reading.syncs],
        categories=categories,
        hours=_hours(reading.browsing, categories, now, zone),
        events=_events(reading, now),
        zone=zone,
    )


def _kinds(reading: Reading, now: datetime) -> dict[str, int]:
    kinds = {"ok": 0, "info": 0, "warning": 0, "error": 0}
    poll_s = next((one.poll_s for one in reading.syncs if one.poll_s), POLL_S)
    held = reading.newest.committed_at if reading.newest else None
    is_due = held is not None and now - datetime.fromisoformat(held) >= timedelta(seconds=poll_s)
    for one in reading.computers:
        if one.is_removed:
            continue
        if one.endpoint_id in reading.refusing:
            kinds["error"] += 1
        elif one.endpoint_id in reading.behind:
            kinds["warning" if is_due else "info"] += 1
        else:
            kinds["ok"] += 1
    return kinds


def _largest(counts: Iterable[Count]) -> list[str]:
    """Return the names of the most browsed categories, and `OTHERS` if there are more."""
    sums: dict[str, int] = {}
    for one in counts:
        sums[one.name] = sums.get(one.name, 0) + one.total
    ordered = sorted(sums, key=lambda name: (-sums[name], name))
    named = [name for name in ordered if name][:MOST_CATEGORIES]
    return [*named, OTHERS] if len(ordered) > len(named) else named


def _hours(
    counts: Iterable[Count], categories: Sequence[str], now: datetime, zone: tzinfo
) -> list[Stack]:
    last = hour_of(now)
    sums = {hour: dict.fromkeys(categories, 0) for hour in range(last - DAY_HOURS + 1, last + 1)}
    for one in counts:
        if one.hour in sums:
            name = one.name if one.name in sums[one.hour] else OTHERS
            sums[one.hour][name] += one.total
    return [Stack(_hour_words(hour, zone), tuple(values.values())) for hour, values in sums.items()]


def _hour_words(hour: int, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(hour * HOUR_S, UTC).astimezone(zone):%H:%M}"


def _events(reading: Reading, now: datetime) -> list[Event]:
    found = list(_of_changes(reading))
    for number, how_many, at in reading.enforced:
        text = f"{counted(how_many, 'computer')} came to enforce changeset {number}"
        found.append(Event(datetime.fromisoformat(at), "ok", text, f"/sync/{number}"))
    for name, app, at in reading.refusals:
        found.append(Event(datetime.fromisoformat(at), "error", f"{name} refused its {app} policy"))
    down = reading.status["link_down_since"]
    if down:
        found.append(Event(datetime.fromisoformat(down), "error", "LiveConnect is out of reach"))
    newest = sorted(found, key=lambda one: one.at, reverse=True)
    return [one for one in newest if now - one.at <= timedelta(hours=1)][:MOST_EVENTS]


def _of_changes(reading: Reading) -> Iterable[Event]:
    numbers = {view.changeset.change_number: view.changeset.number for view in reading.syncs}
    for change in reading.changes:
        number = numbers.get(change.number)
        goes = "" if number is None else f": changeset {number}"
        path = "" if number is None else f"/sync/{number}"
        yield Event(change.at, "info", f"{change.summary}, by {change.user}{goes}", path)
