"""Every message id of the catalogue, and a page about each: its meaning, and how sure it is."""

from typing import Final

from aiohttp import web

from utm.logs.catalogue import Message, catalogue
from utm.logs.explaining import Surroundings, meaning_of, surroundings
from utm.logs.shelf import NoSuchLogFileError, today
from utm.logs.views import LOG_VIEWS
from utm.logs.windows import Window, last_lines
from utm.webadmin.page import Page
from utm.webadmin.pages.log_files import off_loop
from utm.webadmin.pages.log_showing import ShownLine, line_html, shown_line
from utm.webadmin.visit import Visit, visit_of

MESSAGES: Final = "/logging/view-log-files/messages"
LAST: Final = 3
BUDGET: Final = 8 << 20
PROVENANCE: Final = {
    "seed": "from the article on endpoint protection",
    "public": "seen in a public source",
    "documented": "named in a public source, its form inferred",
    "ours": "invented for this emulator",
}
_LOGS: Final = {"epsecd": "epsecd", "eplog": "eplog", "confd": "confd", "httpproxy": "http"}
"""The log that a process writes; other processes' logs are not part of this appliance."""
routes = web.RouteTableDef()


def last_of(visit: Visit, message: Message) -> list[ShownLine]:
    """Return the newest lines of a message in today's log, newest last, within a bound."""
    log = _LOGS.get(message.process)
    if log is None:
        return []
    stored = today(visit.utm.config.logs, log)
    wanted = [f' id="{message.id}" '.encode()]
    wanted += [f' name="{message.name}"'.encode()] if message.name is not None else []
    try:
        with stored.open_text() as stream:
            window: Window = last_lines(
                stream,
                stream.seek(0, 2),
                most=LAST,
                budget=BUDGET,
                fits=lambda data: all(part in data for part in wanted),
            )
    except NoSuchLogFileError:
        return []
    return [shown_line(stored, line) for line in window.lines]


@routes.get(MESSAGES)
async def show_all(request: web.Request) -> web.Response:
    """Show every message."""
    visit = visit_of(request)
    messages = sorted(catalogue().messages, key=lambda one: (one.id, one.process, one.slug))
    return visit.page(
        "logs/messages.html",
        messages=messages,
        messages_path=MESSAGES,
        provenance=PROVENANCE,
        titles={_process_of(view.log): view.title for view in LOG_VIEWS},
    )


@routes.get(f"{MESSAGES}/{{message:[0-9A-Za-z]{{4}}}}")
async def show_one(request: web.Request) -> web.Response:
    """Show every message with an id; one that nobody knows says so."""
    visit = visit_of(request)
    message_id = request.match_info["message"]
    messages = catalogue().with_id(message_id)
    shown: list[tuple[Message, Surroundings, list[ShownLine]]] = [
        (one, surroundings(one), await off_loop(last_of, visit, one)) for one in messages
    ]
    return visit.page(
        "logs/message.html",
        http_status=200 if messages else 404,
        message_id=message_id,
        shown=shown,
        meaning_of=meaning_of,
        line_html=line_html,
        messages_path=MESSAGES,
        provenance=PROVENANCE,
    )


def _process_of(log: str) -> str:
    return next(process for process, its in _LOGS.items() if its == log)


PAGE = Page(routes=routes)
