"""One log line: what it means, what stands around it, and what it belongs to."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from utm.logs.catalogue import Message, catalogue
from utm.logs.explaining import explained_keys, surroundings
from utm.logs.shelf import LARGEST_VIEWED, NoSuchLogFileError, StoredLog
from utm.logs.windows import DAMAGES, LogLine, last_lines, last_unpacked, line_at, lines_from
from utm.webadmin.keys import OBJECT_PATHS
from utm.webadmin.page import Page
from utm.webadmin.pages.log_belongings import Telling, tell
from utm.webadmin.pages.log_files import (
    BUDGET,
    ONE_ARCHIVED,
    ONE_TODAY,
    off_loop,
    offset_of,
    stored_of,
)
from utm.webadmin.pages.log_messages import MESSAGES, PROVENANCE
from utm.webadmin.pages.log_showing import (
    ShownLine,
    line_html,
    mark_of,
    path_of,
    read_line,
    shown_line,
    text_of,
)
from utm.webadmin.visit import visit_of

AROUND: Final = 5
routes = web.RouteTableDef()


def line_with_mark(stored: StoredLog, offset: int, mark: str) -> LogLine:
    """Return the line that a link means.

    Raises:
        NoSuchLogFileError: If another line, or none, stands there now.
    """
    with stored.open_text() as stream:
        try:
            line = line_at(stream, offset)
        except DAMAGES:
            line = None
    if line is None or mark_of(line) != mark:
        raise NoSuchLogFileError("this line is not there any more: its log was cleared or archived")
    return line


def around(stored: StoredLog, line: LogLine) -> Sequence[ShownLine]:
    """Return a few lines before a line, itself, and a few behind it."""
    back = last_unpacked if stored.is_packed else last_lines
    with stored.open_text() as stream:
        before = back(stream, line.offset, most=AROUND, budget=BUDGET)
        after = lines_from(stream, line.offset, most=AROUND + 1, budget=BUDGET)
    return [shown_line(stored, one) for one in (*before.lines, *after.lines)]


@routes.get(f"{ONE_TODAY}/line")
@routes.get(f"{ONE_ARCHIVED}/line")
async def show(request: web.Request) -> web.Response:
    """Explain a line."""
    visit = visit_of(request)
    stored = stored_of(request)
    offset = offset_of(visit.query.get("at", ""), LARGEST_VIEWED)
    if offset is None:
        raise web.HTTPNotFound
    raw = await off_loop(line_with_mark, stored, offset, visit.query.get("is", ""))
    text = text_of(raw.data)
    line = read_line(text)
    message = None if line is None else catalogue().find(line)
    telling = Telling(())
    if line is not None and message is not None:
        paths = request.app[OBJECT_PATHS]
        zone = ZoneInfo(visit.utm.config.timezone)
        parsed, known = line, message
        telling = await visit.read(
            lambda db: tell(db, parsed, known, zone, lambda kind, ref: f"{paths[kind]}/{ref}")
        )
    return visit.page(
        "logs/line.html",
        stored=stored,
        file_path=path_of(stored),
        raw=raw,
        html=line_html(text),
        line=line,
        message=message,
        others=_others(line, message),
        surroundings=None if message is None else surroundings(message),
        keys=() if line is None else explained_keys(line),
        lines=await off_loop(around, stored, raw),
        telling=telling,
        messages_path=MESSAGES,
        provenance=PROVENANCE,
    )


def _others(line: object, message: Message | None) -> tuple[Message, ...]:
    """Return the other messages that carry the same id."""
    if line is None or message is None:
        return ()
    return tuple(one for one in catalogue().with_id(message.id) if one != message)


PAGE = Page(routes=routes)
