"""Log Settings > Remote Syslog Server: where log lines are sent to, and how that goes."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from foundation.errors import DomainError
from utm.confd import Edit, Snapshot
from utm.logs.syslog_sender import SyslogState
from utm.logs.syslog_settings import DEFAULT_BUFFER, DEFAULT_REOPEN_S
from utm.logs.views import LOG_VIEWS
from utm.webadmin.answers import whole_number
from utm.webadmin.errors import problems_of
from utm.webadmin.forms import Choice, Fieldset, FormField, FormPlan, choices_of
from utm.webadmin.live import Parts, stream
from utm.webadmin.object_pages import ObjectPages
from utm.webadmin.page import Page
from utm.webadmin.pages.objects import names_column
from utm.webadmin.visit import Visit, visit_of

PATH: Final = "/logging/log-settings/remote-syslog"
SERVERS: Final = f"{PATH}/servers"
STATUS: Final = "remote_syslog.status"
TARGETS: Final = "remote_syslog.target"
SELECTED: Final = "remote_syslog.logs"
BUFFER: Final = "remote_syslog.buffer"
REOPEN: Final = "remote_syslog.time_reopen"
LARGEST: Final = 1_000_000
routes = web.RouteTableDef()


def fields_of(
    snapshot: Snapshot, values: Mapping[str, Any], problems: Mapping[str, str]
) -> tuple[FormField, ...]:
    """Return the controls of the form with these values of nodes."""
    servers = choices_of(("remote_syslog/server",), snapshot)
    logs = tuple(Choice(view.title, view.title, f"{view.log}.log") for view in LOG_VIEWS)
    plain: dict[str, dict[str, Any]] = {
        STATUS: {"label": "Send log lines to other machines", "kind": "switch"},
        TARGETS: {"label": "Servers", "kind": "many", "choices": servers},
        SELECTED: {
            "label": "Logs",
            "kind": "many",
            "choices": logs,
            "help": "For all servers. Without one, nothing is sent.",
        },
        BUFFER: {
            "label": "Lines that may wait for a server",
            "kind": "number",
            "help": f"0 is {DEFAULT_BUFFER}. When more wait, the oldest are dropped.",
        },
        REOPEN: {
            "label": "Seconds between attempts",
            "kind": "number",
            "help": f"0 is {int(DEFAULT_REOPEN_S)}.",
        },
    }
    return tuple(
        FormField(name=name, value=values[name], error=problems.get(name, ""), **more)
        for name, more in plain.items()
    )


def state_rows(states: tuple[SyslogState, ...]) -> list[dict[str, Any]]:
    """Return how it goes with each server, with one word for the eye."""
    return [
        {
            "id": f"syslog-{number}",
            "state": state,
            "kind": "error" if state.trouble else "ok" if state.sent else "info",
            "word": "out of reach" if state.trouble else "sending" if state.sent else "ready",
        }
        for number, state in enumerate(states)
    ]


@routes.get(PATH)
async def show(request: web.Request) -> web.Response:
    """Show the form and the servers' states."""
    return await _page(visit_of(request))


@routes.get(f"{PATH}/events")
async def events(request: web.Request) -> web.StreamResponse:
    """Send the states as they change."""
    visit = visit_of(request)

    async def make() -> Parts:
        rows = state_rows(visit.utm.remote_syslog.states())
        html = {row["id"]: visit.part("logs/syslog_row.html", row=row) for row in rows}
        return Parts(html, {"syslog-states": [row["id"] for row in rows]})

    return await stream(visit, make)


@routes.post(PATH)
async def change(request: web.Request) -> web.Response:
    """Store what was answered."""
    visit = visit_of(request)
    values: dict[str, Any] = {
        STATUS: visit.form.get(STATUS) == "1",
        TARGETS: _chosen(visit, TARGETS),
        SELECTED: _chosen(visit, SELECTED),
    }
    problems: dict[str, str] = {}
    for name in (BUFFER, REOPEN):
        try:
            values[name] = _count(visit.form.get(name, ""))
        except ValueError as error:
            problems[name] = str(error)
            values[name] = visit.form.get(name, "")
    if problems:
        return await _page(visit, values, problems)

    def store(edit: Edit) -> None:
        for key, value in values.items():
            edit.set_node(key, value)

    try:
        await visit.edit("remote syslog changed", store)
    except DomainError as error:
        return await _page(visit, values, problems_of(error))
    return visit.go(PATH)


async def _page(
    visit: Visit,
    values: Mapping[str, Any] | None = None,
    problems: Mapping[str, str] | None = None,
) -> web.Response:
    snapshot = await visit.snapshot()
    shown = values or {
        key: snapshot.node(key) for key in (STATUS, TARGETS, SELECTED, BUFFER, REOPEN)
    }
    return visit.page(
        "logs/syslog.html",
        http_status=422 if problems else 200,
        fields=fields_of(snapshot, shown, problems or {}),
        problem=(problems or {}).get("", ""),
        is_on=bool(snapshot.node(STATUS)),
        rows=state_rows(visit.utm.remote_syslog.states()),
        syslog_path=PATH,
        servers_path=SERVERS,
    )


def _chosen(visit: Visit, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in visit.form.getall(name, []) if text))


def _count(text: str) -> int:
    number = whole_number(text)
    if not 0 <= number <= LARGEST:
        raise ValueError(f"needs a number from 0 to {LARGEST:,}")
    return number


_PLAN: Final = FormPlan(
    fieldsets=(Fieldset("", ("name", "comment", "server", "port", "local_addr")),),
    labels={"local_addr": "Send from", "port": "Port"},
    help={
        "server": "Not this appliance: its lines would come back to it.",
        "port": "The service says UDP or TCP. There is no TLS.",
    },
)
_INTRO: Final = (
    "Servers that log lines can be sent to. Which are used is chosen on the page before."
)
PAGE = Page(
    routes=routes,
    objects=(
        ObjectPages(
            "remote_syslog/server",
            SERVERS,
            "remote syslog server",
            plan=_PLAN,
            columns=(names_column("Server", "server"), names_column("Port", "port")),
            intro=_INTRO,
        ),
    ),
)
