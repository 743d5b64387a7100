"""Computer Management > Global and Deploy Agent: the switch, the registration, the installer.

- The token is in the installer's name, so only an administrator gets either; the pages show it
  masked until asked.
- Off again, the registration stays, and endpoints keep the policy they have.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiohttp import web
from cryptography import x509
from sqlite_utils import Database

from foundation.errors import DomainError
from utm.confd import Confd
from utm.deployment import installer_bytes, installer_name
from utm.reading import status_view
from utm.webadmin.page import Page
from utm.webadmin.visit import Visit, visit_of

BASE: Final = "/endpoint-protection/computer-management"
GLOBAL: Final = f"{BASE}/global"
DEPLOY: Final = f"{BASE}/deploy-agent"
_MASKED: Final = "•" * 17
_SOON_DAYS: Final = 30
_SWITCH: Final = "epp.status.epp"
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a person wants to know of the UTM's certificate."""

    subject: str
    issuer: str
    serial: str
    ends_at: datetime
    days_left: int

    @property
    def kind(self) -> str:
        """How urgent its end is: ok, warning, error."""
        if self.days_left < 0:
            return "error"
        return "warning" if self.days_left < _SOON_DAYS else "ok"


def certificate_facts(chain_pem: str, now: datetime) -> CertificateFacts | None:
    """Read the leaf of a chain; None before there is one."""
    if not chain_pem:
        return None
    leaf = x509.load_pem_x509_certificates(chain_pem.encode())[0]
    return CertificateFacts(
        subject=leaf.subject.rfc4514_string(),
        issuer=leaf.issuer.rfc4514_string(),
        serial=f"{leaf.serial_number:x}",
        ends_at=leaf.not_valid_after_utc,
        days_left=(leaf.not_valid_after_utc - now).days,
    )


def _read(db: Database) -> dict[str, Any]:
    confd = Confd(db)
    return {
        "status": status_view(db),
        "chain": confd.node("epp.certificate"),
        "token": confd.node("epp.registration_token"),
    }


@routes.get(GLOBAL)
async def show_global(request: web.Request) -> web.Response:
    """Show switch and registration."""
    visit = visit_of(request)
    read = await visit.read(_read)
    return visit.page(
        "computer_management/global.html",
        status=read["status"],
        certificate=certificate_facts(read["chain"], visit.now),
        token=_shown_token(visit, read["token"]),
        is_revealed=_is_revealing(visit),
        action=GLOBAL,
        liveconnect=visit.utm.config.liveconnect_url,
    )


@routes.post(GLOBAL)
async def change_global(request: web.Request) -> web.Response:
    """Switch on or off, or register again."""
    visit = visit_of(request)
    action = visit.form.get("action")
    if action in ("on", "off"):
        await _switch(visit, on=action == "on")
    if action in ("on", "register"):
        await _register(visit, again=action == "register")
    return visit.go(GLOBAL)


async def _switch(visit: Visit, *, on: bool) -> None:
    if bool(await visit.utm.node(_SWITCH)) == on:
        return
    word = "on" if on else "off"
    await visit.edit(
        f"Endpoint Protection switched {word}", lambda edit: edit.set_node(_SWITCH, on)
    )
    await visit.utm.say(f"switched_{word}")


async def _register(visit: Visit, *, again: bool) -> None:
    try:
        if again:
            await visit.utm.register()
        else:
            await visit.utm.enable()  # registers where that was not done, and goes on trying
    except DomainError as error:
        visit.say(f"Not registered with LiveConnect: {error}. {error.hint}", "error")
    else:
        visit.say("Registered with LiveConnect.")


@routes.get(DEPLOY)
async def show_deploy(request: web.Request) -> web.Response:
    """Show how a computer becomes an endpoint."""
    visit = visit_of(request)
    read = await visit.read(_read)
    return visit.page(
        "computer_management/deploy.html",
        status=read["status"],
        token=_shown_token(visit, read["token"]),
        is_revealed=_is_revealing(visit),
        action=DEPLOY,
        computers=f"{BASE}/computers",
    )


@routes.get(f"{DEPLOY}/installer")
async def download(request: web.Request) -> web.Response:
    """Give the installer, with the token in its name (UTM-05)."""
    visit = visit_of(request)
    visit.require_admin()
    await visit.utm.linked()
    read = await visit.read(_read)
    name = installer_name(read["token"])
    body = installer_bytes(
        mcs_url=read["status"]["mcs_url"], ca_pem=visit.utm.credentials.mcs_ca.read_text()
    )
    await visit.utm.say("installer_written", {"file": "SophosMCSEndpoint_[token].exe"})
    return web.Response(
        body=body,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@routes.get(f"{DEPLOY}/reset")
async def ask_to_reset(request: web.Request) -> web.Response:
    """Ask before the token is made anew."""
    visit = visit_of(request)
    return visit.page("computer_management/reset.html", deploy=DEPLOY)


@routes.post(f"{DEPLOY}/reset")
async def reset_token(request: web.Request) -> web.Response:
    """Have LiveConnect make a new token."""
    visit = visit_of(request)
    try:
        link = await visit.utm.linked()
        token = await link.reset_token()
    except DomainError as error:
        visit.say(f"The token stays as it is: {error}. {error.hint}", "error")
        return visit.go(DEPLOY)
    await visit.edit(
        "registration token reset", lambda edit: edit.set_node("epp.registration_token", token)
    )
    await visit.utm.say("token_reset")
    return visit.go(DEPLOY)


def _is_revealing(visit: Visit) -> bool:
    return visit.may_edit and visit.query.get("reveal") == "token"


def _shown_token(visit: Visit, token: str) -> str:
    if not token:
        return ""
    return token if _is_revealing(visit) else _MASKED


PAGE = Page(routes=routes)
