"""Search Log Files: logs, days and terms; what is found leads to its place in the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiMapping

from utm.logs.searching import Found, Place, Scope, read_terms, search
from utm.logs.shelf import LARGEST_VIEWED, StoredLog, day_of
from utm.logs.views import LOG_VIEWS
from utm.webadmin.page import Page
from utm.webadmin.pages.log_files import LONGEST_FILTER, off_loop, offset_of, present_day
from utm.webadmin.pages.log_showing import ShownLine, path_of, shown_line
from utm.webadmin.visit import visit_of

SEARCH: Final = "/logging/view-log-files/search"
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class FoundIn:
    """What was found in one file: lines, each with the page of the file that shows it."""

    stored: StoredLog
    path: str
    lines: list[tuple[ShownLine, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form says; `problem` says what is wrong with it."""

    logs: tuple[str, ...]
    first: str
    last: str
    text: str
    days: tuple[date, date]
    problem: str = ""

    @property
    def query(self) -> str:
        """The same form as a query."""
        pairs = [*(("log", log) for log in self.logs), ("first", self.first), ("last", self.last)]
        return urlencode([*pairs, ("q", self.text)])


def read_asked(query: MultiMapping[str], present: date) -> Asked:
    """Return what a query asks for; without days it is today."""
    known = [view.log for view in LOG_VIEWS]
    chosen = set(query.getall("log", known))
    first = query.get("first", "") or present.isoformat()
    last = query.get("last", "") or present.isoformat()
    days = day_of(first), day_of(last)
    logs = tuple(log for log in known if log in chosen)
    text = query.get("q", "")[:LONGEST_FILTER]
    if days[0] is None or days[1] is None:
        return Asked(logs, "", "", text, (present, present), "Days are written as YYYY-MM-DD.")
    problem = "The first day is after the last one." if days[0] > days[1] else ""
    return Asked(logs, first, last, text, (days[0], days[1]), problem)


def read_place(query: Mapping[str, str]) -> Place | None:
    """Return where an earlier page of results stopped; a place that is none begins anew."""
    offset = offset_of(query.get("offset", ""), LARGEST_VIEWED)
    number = query.get("in_number", "1")
    if offset is None or not (number.isascii() and number.isdecimal() and len(number) < 5):
        return None
    return Place(query.get("in_log", ""), query.get("in_day", ""), int(number), offset)


def found_in(found: Found) -> list[FoundIn]:
    """Return what was found by file, in the order of finding."""
    groups: list[FoundIn] = []
    for hit in found.hits:
        if not groups or groups[-1].stored != hit.stored:
            groups.append(FoundIn(hit.stored, path_of(hit.stored), []))
        line = shown_line(hit.stored, hit.line)
        # A page that begins at the line: what precedes it is one click away.
        context = f"{groups[-1].path}?from={hit.line.offset}#{line.id}"
        groups[-1].lines.append((line, context))
    return groups


@routes.get(SEARCH)
async def show(request: web.Request) -> web.Response:
    """Show the form, and what was found."""
    visit = visit_of(request)
    present = present_day(visit)
    asked = read_asked(visit.query, present)
    found: Found | None = None
    more = ""
    if "q" in visit.query and not asked.problem and asked.logs:
        folder = visit.utm.config.logs
        first, last = asked.days
        scope = Scope(folder=folder, logs=asked.logs, first=first, last=last, present=present)
        place = read_place(visit.query)
        found = await off_loop(lambda: search(scope, read_terms(asked.text), place=place))
        if found.goes_on is not None:
            on = found.goes_on
            names = {"in_log": on.log, "in_day": on.day, "in_number": on.number}
            more = f"{SEARCH}?{asked.query}&{urlencode({**names, 'offset': on.offset})}"
    return visit.page(
        "logs/search.html",
        views=LOG_VIEWS,
        asked=asked,
        found=found,
        groups=found_in(found) if found else [],
        more=more,
        search_path=SEARCH,
        path_of=path_of,
    )


PAGE = Page(routes=routes)
