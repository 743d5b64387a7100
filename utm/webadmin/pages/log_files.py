"""View Log Files: today's and archived files; viewed in pages, downloaded, cleared.

- A file is never read as a whole: a page is a window on it, and everything that reads is off the
  loop. A filter that fits little goes on with the next page.
- Files beyond 512 MB are not viewed (documented); they can be downloaded and followed live.
- Clearing asks first, is for administrators, and stands in confd.log.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO, Final, TypeVar
from zoneinfo import ZoneInfo

from aiohttp import web

from utm.logs.midnight import local_day
from utm.logs.searching import read_terms
from utm.logs.shelf import (
    LARGEST_VIEWED,
    NoSuchLogFileError,
    StoredLog,
    archived,
    day_of,
    find_archive,
    today,
)
from utm.logs.views import LOG_VIEWS
from utm.logs.windows import Window, last_lines, last_unpacked, lines_from
from utm.webadmin.page import Page
from utm.webadmin.pages.log_showing import (
    ARCHIVED,
    TODAY,
    ShownLine,
    path_of,
    read_line,
    shown_line,
    text_of,
)
from utm.webadmin.visit import Visit, visit_of

T = TypeVar("T")
LOGS: Final = "|".join(view.log for view in LOG_VIEWS)
PER_PAGE: Final = 200
BUDGET: Final = 16 << 20
CHUNK: Final = 1 << 18
LONGEST_FILTER: Final = 200
ONE_TODAY: Final = f"{TODAY}/{{log:{LOGS}}}"
ONE_ARCHIVED: Final = f"{ARCHIVED}/{{log:{LOGS}}}/{{day:[0-9-]{{10}}}}/{{number:[0-9]{{1,4}}}}"
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file in a list; `lines` counts those within the first `BUDGET` bytes if `is_more`."""

    stored: StoredLog
    path: str
    size: int
    lines: int = 0
    is_more: bool = False
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class ViewedPart:
    """A page of a file: its lines, and the offsets at which other pages begin or end."""

    lines: Sequence[ShownLine]
    older: int | None
    newer: int | None
    is_damaged: bool
    looked_at: int


async def off_loop(work: Callable[..., T], *arguments: Any) -> T:
    """Do what reads files where it does not hold up anybody."""
    return await asyncio.get_running_loop().run_in_executor(None, work, *arguments)


def stored_of(request: web.Request) -> StoredLog:
    """Return the file that a path names, looked up and never joined.

    Raises:
        NoSuchLogFileError: If there is none.
    """
    folder = visit_of(request).utm.config.logs
    log, day = request.match_info["log"], request.match_info.get("day")
    if day is None:
        return today(folder, log)
    found = day_of(day)
    if found is None:
        raise NoSuchLogFileError(f"{day} is not a day")
    return find_archive(folder, log, found, int(request.match_info["number"]))


def offset_of(text: str, most: int) -> int | None:
    """Return an offset within a file that a query names, or None."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 16
    return min(int(text), most) if is_number else None


def file_rows(stored: Iterable[StoredLog]) -> list[FileRow]:
    """Return what a list tells of today's files."""
    return [_file_row(one) for one in stored]


def viewed(stored: StoredLog, query: Any) -> ViewedPart:
    """Return the page of a file that a query (`end`, `from`, `q`) asks for.

    Raises:
        NoSuchLogFileError: If the file cannot be read.
    """
    fits = read_terms(query.get("q", "")[:LONGEST_FILTER]).fit
    most = LARGEST_VIEWED if stored.is_packed else stored.size
    end, start = (offset_of(query.get(name, ""), most) for name in ("end", "from"))
    if end is None and start is None:
        end, start = (None, 0) if stored.is_packed else (most, None)
    back = last_unpacked if stored.is_packed else last_lines
    with stored.open_text() as stream:
        if start is not None:
            window = lines_from(stream, start, most=PER_PAGE, budget=BUDGET, fits=fits)
        else:
            window = back(stream, end or 0, most=PER_PAGE, budget=BUDGET, fits=fits)
        has_newer = not window.is_damaged and window.end < most and _has_more(stream, window)
    return ViewedPart(
        lines=[shown_line(stored, line) for line in window.lines],
        older=window.start if window.start > 0 else None,
        newer=window.end if has_newer else None,
        is_damaged=window.is_damaged,
        looked_at=window.end - window.start,
    )


@routes.get(TODAY)
async def show_today(request: web.Request) -> web.Response:
    """Show today's files."""
    visit = visit_of(request)
    folder = visit.utm.config.logs
    rows = await off_loop(file_rows, [today(folder, view.log) for view in LOG_VIEWS])
    return visit.page("logs/today.html", rows=rows, zone=visit.utm.config.timezone)


@routes.get(ARCHIVED)
async def show_archived(request: web.Request) -> web.Response:
    """Show the archives of a log by month."""
    visit = visit_of(request)
    logs = [view.log for view in LOG_VIEWS]
    log = visit.query.get("log", "")
    chosen = log if log in logs else logs[0]
    files = await off_loop(archived, visit.utm.config.logs, chosen)
    months = sorted({_month(one) for one in files}, reverse=True)
    asked = visit.query.get("month", "")
    month = asked if asked in months else next(iter(months), "")
    rows = [FileRow(one, path_of(one), one.size) for one in files if _month(one) == month]
    return visit.page(
        "logs/archived.html",
        views=LOG_VIEWS,
        chosen=chosen,
        months=months,
        month=month,
        rows=list(reversed(rows)),
        archived_path=ARCHIVED,
    )


@routes.get(ONE_TODAY)
@routes.get(ONE_ARCHIVED)
async def show_file(request: web.Request) -> web.Response:
    """Show a page of a file."""
    visit = visit_of(request)
    stored = stored_of(request)
    is_too_large = not stored.is_packed and stored.size > LARGEST_VIEWED
    is_empty = not stored.is_packed and stored.size == 0
    part = None
    if not is_too_large and not is_empty:
        part = await off_loop(viewed, stored, visit.query)
    return visit.page(
        "logs/view.html",
        stored=stored,
        file_path=path_of(stored),
        part=part,
        is_too_large=is_too_large,
        text=visit.query.get("q", "")[:LONGEST_FILTER],
    )


@routes.get(f"{ONE_TODAY}/download")
@routes.get(f"{ONE_ARCHIVED}/download")
async def download(request: web.Request) -> web.StreamResponse:
    """Send a file as it is on disk, up to the size that it has now."""
    stored = stored_of(request)
    file = await off_loop(stored.open_raw)
    with file:
        left = file.seek(0, 2)
        file.seek(0)
        kind = "application/gzip" if stored.is_packed else "text/plain; charset=utf-8"
        headers = {
            "Content-Type": kind,
            "Content-Length": str(left),
            "Content-Disposition": f'attachment; filename="{stored.path.name}"',
            "Cache-Control": "no-store",
        }
        answer = web.StreamResponse(headers=headers)
        await answer.prepare(request)
        while left > 0 and (chunk := await off_loop(file.read, min(CHUNK, left))):
            left -= len(chunk)
            await answer.write(chunk)
    if left > 0:  # cleared meanwhile: what was promised cannot be kept
        answer.force_close()
        return answer
    await answer.write_eof()
    return answer


@routes.get(f"{ONE_TODAY}/clear")
async def ask_to_clear(request: web.Request) -> web.Response:
    """Ask whether a log is to be cleared."""
    visit = visit_of(request)
    stored = stored_of(request)
    row = (await off_loop(file_rows, [stored]))[0]
    return visit.page("logs/clear.html", row=row)


@routes.post(f"{ONE_TODAY}/clear")
async def clear(request: web.Request) -> web.Response:
    """Clear a log."""
    visit = visit_of(request)
    stored = stored_of(request)
    utm, caller, at = visit.utm, visit.session.caller, visit.now
    name = stored.path.name
    is_done = await utm.appender.clear(
        stored.log, lambda db: utm.confd_log.log_cleared(db, at, caller, name)
    )
    if is_done:
        visit.say(f"{name} is empty. What it held is gone.")
    else:
        visit.say(f"{name} was not cleared: the disk refuses.", "error")
    return visit.go(TODAY)


def present_day(visit: Visit) -> date:
    """Return the appliance's day."""
    return local_day(visit.now, ZoneInfo(visit.utm.config.timezone))


def _month(stored: StoredLog) -> str:
    return f"{stored.day:%Y-%m}" if stored.day else ""


def _has_more(stream: BinaryIO, window: Window) -> bool:
    try:
        stream.seek(window.end)
        return stream.read(1) != b""
    except (EOFError, OSError):
        return False


def _file_row(stored: StoredLog) -> FileRow:
    path = path_of(stored)
    try:
        file = stored.open_raw()
    except NoSuchLogFileError:
        return FileRow(stored, path, 0)
    with file:
        size = file.seek(0, 2)
        last = last_lines(file, size, most=1, budget=BUDGET).lines
        line = read_line(text_of(last[0].data)) if last else None
        file.seek(0)
        lines, left = 0, min(size, BUDGET)
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            lines += chunk.count(b"\n")
            left -= len(chunk)
    return FileRow(stored, path, size, lines, size > BUDGET, line.stamp if line else None)


PAGE = Page(routes=routes)
