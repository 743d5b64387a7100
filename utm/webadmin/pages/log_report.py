"""Reporting > Endpoint Protection: what computers browsed, by category, user or site.

- Counted per hour when reports come in (`utm/epsecd/web_hours.py`), kept for seven days; a query
  reads those counts, never the logs. Sites are counted where they were warned of or blocked.
- In CSV a text that a spreadsheet would take for a formula gets an apostrophe in front.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from aiohttp import web

from utm.epsecd.web_hours import HOUR_S, HOURS_KEPT, Count, by_hour, hour_of
from utm.webadmin.page import Page
from utm.webadmin.visit import Visit, visit_of

PATH: Final = "/logging/endpoint-protection"
Kind = Literal["category", "user", "site"]
KINDS: Final[Mapping[Kind, str]] = {"category": "Category", "user": "User", "site": "Site"}
FORMAT: Final = "%Y-%m-%dT%H:00"
MOST_ROWS: Final = 500
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Period:
    """Hours counted from 1970, both included, and how the form writes them in local time."""

    first: int
    last: int
    first_text: str
    last_text: str
    problem: str = ""


def period_of(query: Mapping[str, str], now: datetime, zone: ZoneInfo) -> Period:
    """Return the hours that a query asks for: the last day without one."""
    present = hour_of(now)
    first = _hour(query.get("first", ""), zone)
    last = _hour(query.get("last", ""), zone)
    is_wrong = (query.get("first") and first is None) or (query.get("last") and last is None)
    start = present - 23 if first is None else first
    end = present if last is None else last
    problem = "Times are written as 2026-11-20T09:00." if is_wrong else ""
    if start > end:
        problem = "The first hour is after the last one."
    return Period(start, end, _text(start, zone), _text(end, zone), problem)


def summed(counts: Iterable[Count], last: int) -> list[Count]:
    """Return the sums by name, the largest first; "" is whatever was over the bound of an hour."""
    sums: dict[str, list[int]] = {}
    for one in counts:
        if one.hour <= last:
            row = sums.setdefault(one.name, [0, 0, 0])
            for place, number in enumerate((one.passed, one.warned, one.blocked)):
                row[place] += number
    rows = [Count(0, name, *numbers) for name, numbers in sums.items()]
    return sorted(rows, key=lambda one: (-one.total, one.name))


def as_csv(title: str, rows: Iterable[Count]) -> str:
    """Return rows as CSV that no spreadsheet calculates with."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([title, "passed", "warned", "blocked", "total"])
    for one in rows:
        writer.writerow([guarded(one.name), one.passed, one.warned, one.blocked, one.total])
    return file.getvalue()


def guarded(text: str) -> str:
    """Return a text that is a text in every spreadsheet."""
    return f"'{text}" if text.startswith(_FORMULA) else text


@routes.get(PATH)
async def show(request: web.Request) -> web.Response:
    """Show the report."""
    visit = visit_of(request)
    kind, period, rows = await _read(visit)
    return visit.page(
        "logs/report.html",
        kinds=KINDS,
        kind=kind,
        period=period,
        rows=rows[:MOST_ROWS],
        left_out=max(0, len(rows) - MOST_ROWS),
        most=max((one.total for one in rows), default=0),
        zone=visit.utm.config.timezone,
        report_path=PATH,
        days_kept=HOURS_KEPT // 24,
    )


@routes.get(f"{PATH}/csv")
async def export(request: web.Request) -> web.Response:
    """Send the report as CSV."""
    kind, _, rows = await _read(visit_of(request))
    return web.Response(
        text=as_csv(KINDS[kind].lower(), rows),
        content_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="endpoint-browsing-{kind}.csv"'},
    )


async def _read(visit: Visit) -> tuple[Kind, Period, list[Count]]:
    asked = visit.query.get("by")
    kind: Kind = next((one for one in KINDS if one == asked), "category")
    period = period_of(visit.query, visit.now, ZoneInfo(visit.utm.config.timezone))
    if period.problem:
        return kind, period, []
    counts = await visit.read(lambda db: by_hour(db, kind, since=period.first))
    return kind, period, summed(counts, period.last)


def _hour(text: str, zone: ZoneInfo) -> int | None:
    try:
        return hour_of(datetime.strptime(text[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=zone))
    except (ValueError, OverflowError):
        return None


def _text(hour: int, zone: ZoneInfo) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=hour * HOUR_S)
    return at.astimezone(zone).strftime(FORMAT)


PAGE = Page(routes=routes)
