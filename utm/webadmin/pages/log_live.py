"""Live Log: the end of today's file, and what is written to it from now on.

- With the script, lines come by server-sent events, each event with the offset to go on at: a
  browser that reconnects misses nothing and repeats nothing.
- Without it the page is a tail that reloads itself; that does not count as use of the session.
- What is sent at once is bounded: of a file that grows faster, lines are left out and counted.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from utm.logs.searching import Terms, read_terms
from utm.logs.shelf import NoSuchLogFileError, StoredLog
from utm.logs.windows import last_lines
from utm.webadmin.keys import BELL
from utm.webadmin.live import REFRESH_S, TICK_S, is_session_open, one_more_stream
from utm.webadmin.page import Page
from utm.webadmin.pages.log_files import (
    BUDGET,
    LONGEST_FILTER,
    ONE_TODAY,
    off_loop,
    offset_of,
    stored_of,
)
from utm.webadmin.pages.log_showing import ShownLine, path_of, shown_line
from utm.webadmin.visit import Visit, visit_of

MOST_AT_ONCE: Final = 200
MOST_READ: Final = 1 << 20
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Tail:
    """What is new in a file.

    Attributes:
        lines: Those that fit.
        end: Where to go on.
        passed_over: How many bytes were left out.
        is_anew: Whether the file was cleared, or a new day came.
    """

    lines: list[ShownLine]
    end: int
    passed_over: int = 0
    is_anew: bool = False


def end_of(stored: StoredLog, terms: Terms) -> Tail:
    """Return the last lines of a file."""
    try:
        with stored.open_text() as stream:
            end = _whole_lines(stream)
            window = last_lines(stream, end, most=MOST_AT_ONCE, budget=BUDGET, fits=terms.fit)
    except NoSuchLogFileError:
        return Tail([], 0)
    return Tail([shown_line(stored, line) for line in window.lines], end)


def tail_from(stored: StoredLog, offset: int, terms: Terms) -> Tail:
    """Return what was written behind an offset."""
    try:
        with stored.open_text() as stream:
            end = _whole_lines(stream)
            if end < offset:
                return _after_clearing(stored, terms)
            if end == offset:
                return Tail([], end)
            budget = min(end - offset, MOST_READ)
            window = last_lines(stream, end, most=MOST_AT_ONCE, budget=budget, fits=terms.fit)
    except NoSuchLogFileError:
        return Tail([], 0, is_anew=offset > 0)
    lines = [line for line in window.lines if line.offset >= offset]
    passed = window.start - offset if window.start > offset else 0
    return Tail([shown_line(stored, line) for line in lines], end, passed)


@routes.get(f"{ONE_TODAY}/live")
async def show(request: web.Request) -> web.Response:
    """Show the end of a log, live."""
    visit = visit_of(request)
    stored = stored_of(request)
    text = visit.query.get("q", "")[:LONGEST_FILTER]
    tail = await off_loop(end_of, stored, read_terms(text))
    path = path_of(stored)
    return visit.page(
        "logs/live.html",
        stored=stored,
        file_path=path,
        lines=tail.lines,
        text=text,
        events=f"{path}/events?{urlencode({'q': text, 'from': tail.end})}",
        refresh=f"{path}/live?{urlencode({'q': text, 'refresh': 1})}",
    )


@routes.get(f"{ONE_TODAY}/events")
async def events(request: web.Request) -> web.StreamResponse:
    """Send lines as they are written."""
    visit = visit_of(request)
    stored = stored_of(request)
    terms = read_terms(visit.query.get("q", "")[:LONGEST_FILTER])
    asked = request.headers.get("Last-Event-ID", visit.query.get("from", ""))
    offset = offset_of(asked, 1 << 50)
    with one_more_stream(visit):
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        try:
            await _follow(visit, stored, terms, answer, offset or 0)
        except ConnectionError:  # the browser left
            return answer
        await answer.write_eof()
        return answer


async def _follow(
    visit: Visit, stored: StoredLog, terms: Terms, answer: web.StreamResponse, offset: int
) -> None:
    clock = asyncio.get_running_loop().time
    sent_at = clock()
    while is_session_open(visit):
        tail = await off_loop(tail_from, stored, offset, terms)
        if tail.lines or tail.passed_over or tail.is_anew:
            await answer.write(_event(visit, tail))
            sent_at = clock()
        elif clock() - sent_at >= REFRESH_S:
            await answer.write(b": still here\n\n")
            sent_at = clock()
        offset = tail.end
        if await visit.request.app[BELL].wait(TICK_S):
            return


def _event(visit: Visit, tail: Tail) -> bytes:
    data: dict[str, Any] = {
        "html": visit.part("logs/lines.html", lines=tail.lines),
        "passed": tail.passed_over,
        "anew": tail.is_anew,
    }
    return f"event: lines\nid: {tail.end}\ndata: {json.dumps(data)}\n\n".encode()


def _after_clearing(stored: StoredLog, terms: Terms) -> Tail:
    tail = end_of(stored, terms)
    return Tail(tail.lines, tail.end, is_anew=True)


def _whole_lines(stream: Any) -> int:
    """Return where the last whole line ends: one that is being written comes when it is whole."""
    size = int(stream.seek(0, 2))
    first = max(0, size - MOST_READ)
    stream.seek(first)
    feed = stream.read(size - first).rfind(b"\n")
    return first + feed + 1 if feed >= 0 else size


PAGE = Page(routes=routes)
