"""Coming in, going out, and light or dark: the pages that need no session."""

from typing import Final

from aiohttp import web

from foundation.errors import DomainError
from utm.access import LoginRefusedError, TooManyLoginsError
from utm.webadmin.errors import status_of
from utm.webadmin.gate import COOKIE, local_path, read_form
from utm.webadmin.keys import SESSIONS, UTM
from utm.webadmin.rendering import (
    LOGIN_PATH,
    LOGOUT_PATH,
    THEME_COOKIE,
    THEME_PATH,
    THEMES,
    render,
)
from utm.webadmin.visit import is_visit, visit_of

_YEAR_S: Final = 365 * 24 * 3600
routes = web.RouteTableDef()


@routes.get(LOGIN_PATH)
async def show_login(request: web.Request) -> web.Response:
    """Ask who it is."""
    target = local_path(request.query.get("next", "/"))
    if is_visit(request):
        return visit_of(request).go(target)
    return _login_page(request, target=target)


@routes.post(LOGIN_PATH)
async def log_in(request: web.Request) -> web.Response:
    """Begin a session for who knows the password; an older session of the browser ends."""
    utm, sessions = request.app[UTM], request.app[SESSIONS]
    form = await read_form(request)
    user = form.get("user", "")
    target = local_path(form.get("next", "/"))
    srcip = request.remote or ""
    try:
        known = await utm.administrators.check(user, form.get("password", ""), srcip=srcip)
    except (LoginRefusedError, TooManyLoginsError) as error:
        return _login_page(request, target=target, user=user, error=error)
    await _close_session(request)
    caller = await utm.administrators.begin(known, srcip=srcip, facility="webadmin")
    token = sessions.open(known, caller, utm.now())
    answer = web.Response(status=303, headers={"Location": target})
    answer.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="Strict")
    return answer


@routes.post(LOGOUT_PATH)
async def log_out(request: web.Request) -> web.Response:
    """End the session."""
    await _close_session(request)
    answer = web.Response(status=303, headers={"Location": LOGIN_PATH})
    answer.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
    return answer


@routes.post(THEME_PATH)
async def choose_theme(request: web.Request) -> web.Response:
    """Remember light, dark or the system's choice, in a cookie."""
    form = await read_form(request)
    chosen = form.get("theme", "")
    answer = web.Response(status=303, headers={"Location": local_path(form.get("back", "/"))})
    if chosen in THEMES:
        answer.set_cookie(
            THEME_COOKIE,
            chosen,
            path="/",
            max_age=_YEAR_S,
            secure=True,
            httponly=True,
            samesite="Strict",
        )
    return answer


async def _close_session(request: web.Request) -> None:
    ended = request.app[SESSIONS].close(request.cookies.get(COOKIE, ""))
    if ended is not None:
        await request.app[UTM].administrators.end(ended.caller)


def _login_page(
    request: web.Request, *, target: str, user: str = "", error: DomainError | None = None
) -> web.Response:
    context = {"target": target, "user": user, "error": error}
    status = 200 if error is None else status_of(error)
    answer = render(request, "session/login.html", context, status=status)
    if isinstance(error, TooManyLoginsError):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer
