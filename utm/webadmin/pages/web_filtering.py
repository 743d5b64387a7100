"""Web Filtering > Global: the gateway's filter, and what endpoints take from it.

- Nodes http.*: port, what a quota becomes on endpoints, whether the gateway filters computers that
  filter themselves, how long a proceed is remembered. Logging is each filter action's own.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from foundation.errors import DomainError
from utm.confd import Edit, Snapshot
from utm.confd.values import Value
from utm.webadmin.answers import whole_number
from utm.webadmin.errors import problems_of
from utm.webadmin.forms import Choice, FormField
from utm.webadmin.page import Page
from utm.webadmin.visit import Visit, visit_of

PATH: Final = "/web-protection/filtering/global"
PORT: Final = "http.port"
QUOTA: Final = "http.epp_quota_action"
SCAN: Final = "http.scan_epp_traffic"
PROCEED: Final = "http.proceed_cache_timeout"
_OUTCOMES: Final = (
    Choice("allow", "Allow"),
    Choice("warn", "Warn"),
    Choice("block", "Block"),
)
_LONGEST_S: Final = 30 * 86_400
routes = web.RouteTableDef()


def fields(values: Mapping[str, Value], problems: Mapping[str, str]) -> list[FormField]:
    """Return the form for node values, or for what was typed."""
    made = [
        FormField(
            name=PORT,
            label="Port of the gateway's filter",
            kind="number",
            help="It moves while it runs. 0 takes any free port.",
        ),
        FormField(
            name=SCAN,
            label="Filter computers with Web Control too",
            kind="switch",
            help="At the office the gateway decides for them, and their own filter stands back. "
            "Off, they decide themselves.",
        ),
        FormField(
            name=QUOTA,
            label="On endpoints a quota becomes",
            kind="choice",
            choices=_OUTCOMES,
            help="There are no quotas on endpoints.",
        ),
        FormField(
            name=PROCEED,
            label="Remember who went on past a warning (seconds)",
            kind="number",
            help="After that the warning is shown again. 1800 is half an hour.",
        ),
    ]
    return [replace(one, value=values[one.name], error=problems.get(one.name, "")) for one in made]


def answers(form: Mapping[str, str]) -> tuple[dict[str, Value], dict[str, str]]:
    """Return the node values of a posted form as far as they can be read, and the problems."""
    values: dict[str, Value] = {QUOTA: form.get(QUOTA, ""), SCAN: form.get(SCAN) == "1"}
    problems = {}
    for name in (PORT, PROCEED):
        try:
            values[name] = whole_number(form.get(name, ""))
        except ValueError as error:
            values[name], problems[name] = form.get(name, ""), str(error)
    if PROCEED not in problems and not 0 <= values[PROCEED] <= _LONGEST_S:
        problems[PROCEED] = f"needs 0 to {_LONGEST_S} seconds"
    return values, problems


@routes.get(PATH)
async def show(request: web.Request) -> web.Response:
    """Show the settings."""
    visit = visit_of(request)
    snapshot = await visit.snapshot()
    values = {name: snapshot.node(name) for name in (PORT, QUOTA, SCAN, PROCEED)}
    return _page(visit, snapshot, values, {})


@routes.post(PATH)
async def change(request: web.Request) -> web.Response:
    """Change the settings."""
    visit = visit_of(request)
    values, problems = answers(visit.form)

    def store(edit: Edit) -> None:
        for name, value in values.items():
            edit.set_node(name, value)

    if not problems:
        try:
            await visit.edit("web filtering settings changed", store)
        except DomainError as error:
            problems = problems_of(error)
        else:
            return visit.go(PATH)
    return _page(visit, await visit.snapshot(), values, problems)


def _page(
    visit: Visit, snapshot: Snapshot, values: Mapping[str, Value], problems: Mapping[str, str]
) -> web.Response:
    actions = snapshot.of_class("http", "cff_action")
    return visit.page(
        "web_filtering/global.html",
        http_status=422 if problems else 200,
        action=PATH,
        fields=fields(values, problems),
        problems=[text for name, text in problems.items() if name not in values],
        address=f"{visit.utm.web_filter.host}:{visit.utm.web_filter.port}",
        is_listening=bool(visit.utm.web_filter.port),
        silent=[
            one for one in actions if not (one.is_on("log_access") and one.is_on("log_blocked"))
        ],
    )


PAGE = Page(routes=routes)
