"""Computer Management > Advanced: the tamper password and the way to LiveConnect.

- The tamper password is written and never shown; computers get its SHA-256.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from multidict import MultiMapping
from sqlite_utils import Database

from foundation.errors import DomainError
from utm.confd import Confd, Edit
from utm.webadmin.answers import one_text, whole_number
from utm.webadmin.errors import problems_of
from utm.webadmin.forms import FormField
from utm.webadmin.page import Page
from utm.webadmin.visit import Visit, visit_of

PATH: Final = "/endpoint-protection/computer-management/advanced"
PASSWORD: Final = "epp.tamper_password"  # noqa: S105 - the node's key
_PROXY: Final = "epp.parent_proxy_{}"
_HIGHEST_PORT: Final = 65535
_LONGEST_PASSWORD: Final = 256
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class ParentProxy:
    """The proxy of the organization's network, as it was typed."""

    is_on: bool
    host: str
    port: str

    @classmethod
    def posted(cls, form: MultiMapping[str]) -> "ParentProxy":
        """Read it from a form."""
        return cls(form.get("status") == "1", form.get("host", ""), form.get("port", ""))

    def problems(self) -> dict[str, str]:
        """Return what is wrong with it."""
        found: dict[str, str] = {}
        try:
            host = one_text(self.host)
            if (self.is_on and not host) or " " in host:
                found["host"] = "needs a host name or an address"
        except ValueError as error:
            found["host"] = str(error)
        try:
            port = whole_number(self.port)
            if not (0 if not self.is_on else 1) <= port <= _HIGHEST_PORT:
                found["port"] = f"needs a number from 1 to {_HIGHEST_PORT}"
        except ValueError as error:
            found["port"] = str(error)
        return found

    def nodes(self) -> dict[str, Any]:
        """Return the nodes that hold it."""
        values = {"status": self.is_on, "host": self.host.strip(), "port": whole_number(self.port)}
        return {_PROXY.format(name): value for name, value in values.items()}


def password_problem(first: str, second: str) -> str:
    """Return why a new tamper password cannot be taken, or ""."""
    if first != second:
        return "the two are not the same"
    if len(first) > _LONGEST_PASSWORD:
        return f"has more than {_LONGEST_PASSWORD} characters"
    return ""


def _read(db: Database) -> tuple[ParentProxy, bool]:
    confd = Confd(db)
    status, host, port = (confd.node(_PROXY.format(name)) for name in ("status", "host", "port"))
    return ParentProxy(status, host, str(port or "")), bool(confd.node(PASSWORD))


@routes.get(PATH)
async def show(request: web.Request) -> web.Response:
    """Show both forms."""
    return await _page(visit_of(request))


@routes.post(f"{PATH}/tamper-password")
async def set_password(request: web.Request) -> web.Response:
    """Set or remove the tamper password."""
    visit = visit_of(request)
    first, second = visit.form.get("password", ""), visit.form.get("repeated", "")
    is_removal = visit.form.get("action") == "remove"
    problem = "" if is_removal else password_problem(first, second)
    if not is_removal and not first:
        problem = "type the new password"
    if problem:
        return await _page(visit, problems={"repeated": problem})
    word = "removed" if is_removal else "set"
    value = "" if is_removal else first
    await visit.edit(f"tamper password {word}", lambda edit: edit.set_node(PASSWORD, value))
    return visit.go(PATH)


@routes.post(f"{PATH}/parent-proxy")
async def set_proxy(request: web.Request) -> web.Response:
    """Set the parent proxy."""
    visit = visit_of(request)
    proxy = ParentProxy.posted(visit.form)
    problems = proxy.problems()
    if not problems:
        try:
            await visit.edit("parent proxy changed", lambda edit: _store(edit, proxy.nodes()))
        except DomainError as error:
            problems = problems_of(error)
        else:
            return visit.go(PATH)
    return await _page(visit, proxy=proxy, problems=problems)


def _store(edit: Edit, nodes: Mapping[str, Any]) -> None:
    for key, value in nodes.items():
        edit.set_node(key, value)


async def _page(
    visit: Visit,
    *,
    proxy: ParentProxy | None = None,
    problems: Mapping[str, str] | None = None,
) -> web.Response:
    stored, has_password = await visit.read(_read)
    said = problems or {}
    return visit.page(
        "computer_management/advanced.html",
        http_status=422 if said else 200,
        action=PATH,
        has_password=has_password,
        passwords=_password_fields(said),
        proxy=_proxy_fields(proxy or stored, said),
        problems=[text for name, text in said.items() if name not in ("repeated", "host", "port")],
    )


def _password_fields(said: Mapping[str, str]) -> list[FormField]:
    return [
        FormField(name="password", label="New password", kind="secret"),
        FormField(name="repeated", label="Again", kind="secret", error=said.get("repeated", "")),
    ]


def _proxy_fields(proxy: ParentProxy, said: Mapping[str, str]) -> list[FormField]:
    return [
        FormField(name="status", label="Use a parent proxy", kind="switch", value=proxy.is_on),
        FormField(
            name="host", label="Host", kind="text", value=proxy.host, error=said.get("host", "")
        ),
        FormField(
            name="port", label="Port", kind="number", value=proxy.port, error=said.get("port", "")
        ),
    ]


PAGE = Page(routes=routes)
