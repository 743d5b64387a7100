"""The gate: who comes in, what a form must carry, what every answer says to the browser.

- Without a session there are the login page, the theme and the static files; everything else leads
  to the login page.
- A POST needs the session's mark (`_csrf`), must not come from another site, and needs the role
  admin, except where a page says that anybody may (`OPEN_TO_AUDITORS`). GET changes nothing.
- An error that can be explained becomes a page; whatever else is raised is the server's to print.
"""

import hmac
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler
from multidict import MultiDict, MultiDictProxy
from yarl import URL

from foundation.errors import DomainError
from utm.access.elsewhere import is_from_elsewhere
from utm.webadmin.errors import (
    FormNotOursError,
    FormUnreadableError,
    NotAllowedError,
    status_of,
)
from utm.webadmin.rendering import LOGIN_PATH, LOGOUT_PATH, THEME_PATH, render
from utm.webadmin.sessions import Session, Sessions
from utm.webadmin.visit import Visit, enter

if TYPE_CHECKING:
    from utm.app import Utm

COOKIE: Final = "__Host-webadmin"
REFRESH: Final = "refresh"
"""In the query of a page that reloads itself: nobody uses the session then."""
STATIC_PATH: Final = "/static/"
OPEN_TO_AUDITORS: Final = frozenset({LOGOUT_PATH, THEME_PATH})
"""What an auditor may post: it changes nothing of the appliance."""
_OPEN_TO_ALL: Final = frozenset({LOGIN_PATH, THEME_PATH})
_LOOKING: Final = frozenset({"GET", "HEAD"})
_EVENT_STREAM: Final = "text/event-stream"

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Gate:
    """The two middlewares of the application, outermost first: `explain`, `admit`."""

    def __init__(self, utm: "Utm", sessions: Sessions) -> None:
        self._utm = utm
        self._sessions = sessions

    @web.middleware
    async def explain(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turn what was refused into a page."""
        try:
            return await handler(request)
        except DomainError as error:
            return _error_page(request, status_of(error), str(error), error.hint)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            hint = "The menu leads to every page."
            return _error_page(request, error.status, f"{error.reason}: {request.path}", hint)

    @web.middleware
    async def admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in who has a session, and forms that are the session's own."""
        if request.path.startswith(STATIC_PATH):
            return await handler(request)
        is_looking = request.method in _LOOKING
        if not is_looking and is_from_elsewhere(request):
            raise FormNotOursError("this form came from another site")
        form = MultiDictProxy(MultiDict[str]()) if is_looking else await read_form(request)
        session = await self._session(request)
        if session is not None:
            enter(Visit(self._utm, session, request, form))
        if request.path in _OPEN_TO_ALL:
            return await handler(request)
        if session is None:
            return _to_login(request, is_looking=is_looking)
        if not is_looking:
            _check_form(session, form, request.path)
        return await handler(request)

    async def _session(self, request: web.Request) -> Session | None:
        at = self._utm.now()
        for ended in self._sessions.take_ended(at):
            await self._utm.administrators.end(ended.caller)
        is_use = not is_stream(request) and REFRESH not in request.query
        return self._sessions.find(request.cookies.get(COOKIE, ""), at, is_use=is_use)


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Add what every answer says; for the signal `on_response_prepare`."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


async def read_form(request: web.Request) -> "MultiDictProxy[str]":
    """Return the fields of a form; uploaded files are not looked at.

    Raises:
        FormUnreadableError: If it cannot be read.
    """
    try:
        posted = await request.post()
    except (HttpProcessingError, LookupError, ValueError) as error:
        raise FormUnreadableError("this form cannot be read") from error
    fields = [(name, value) for name, value in posted.items() if isinstance(value, str)]
    return MultiDictProxy(MultiDict(fields))


def is_stream(request: web.Request) -> bool:
    """Whether a live part asks, not a person."""
    return _EVENT_STREAM in request.headers.get(hdrs.ACCEPT, "")


def local_path(text: str) -> str:
    """Return a path of this site, or "/" for whatever else was given."""
    is_local = text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if is_local and text.isprintable() and "\\" not in text else "/"


def _to_login(request: web.Request, *, is_looking: bool) -> web.StreamResponse:
    if is_stream(request):
        return web.Response(status=401, text="The session is over.")
    path = request.path_qs if is_looking and request.path != "/" else ""
    target = URL(LOGIN_PATH).with_query({"next": path} if path else {})
    return web.Response(status=303, headers={"Location": str(target)})


def _check_form(session: Session, form: "MultiDictProxy[str]", path: str) -> None:
    given = form.get("_csrf", "").encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(given, session.csrf.encode()):
        raise FormNotOursError("this form is not of your session")
    if path not in OPEN_TO_AUDITORS and not session.administrator.may_change:
        raise NotAllowedError(f"{session.caller.user} may look at everything and change nothing")


def _error_page(request: web.Request, status: int, sentence: str, hint: str) -> web.Response:
    context = {"status": status, "sentence": sentence, "hint": hint}
    return render(request, "errors/error.html", context, status=status)
