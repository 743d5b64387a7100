"""The REST API over HTTP: who asks, may they, what for; and the answer or the array of errors.

- Without a user name every request gets 401 with the challenge: public clients send theirs only
  then.
- An auditor may only read; another site in somebody's browser changes nothing either. Node
  `webadmin.rest_api` switches the API off.
- A client cannot provoke a 5xx; 503 is for a disk that takes nothing more.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from aiohttp import web

from foundation.errors import DomainError
from utm.access import Administrator, LoginRefusedError, TooManyLoginsError
from utm.access.elsewhere import is_from_elsewhere
from utm.restd import routes
from utm.restd.bodies import read_body
from utm.restd.calls import Answer, Call
from utm.restd.credentials import credentials
from utm.restd.errors import RequestRefusedError, refusal, refusal_of
from utm.restd.options import read_options
from utm.restd.sessions import Sessions

if TYPE_CHECKING:
    from utm.app import Utm

_CHALLENGE: Final = 'Basic realm="UTM REST API"'
_PAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

Handler = Callable[[web.Request, str], Awaitable[web.Response]]


def make_handler(utm: "Utm") -> Handler:
    """Return what answers every request below `/api`; it is given the rest of the path."""
    sessions = Sessions(utm.administrators, now=utm.now)

    async def handle(request: web.Request, path: str) -> web.Response:
        try:
            return _response(await _answer(utm, sessions, request, path))
        except RequestRefusedError as error:
            return _refused(error)
        except DomainError as error:
            return _refused(refusal_of(error))

    return handle


async def _answer(utm: "Utm", sessions: Sessions, request: web.Request, path: str) -> Answer:
    srcip = request.remote or ""
    administrator = await _administrator(utm, request.headers.get("Authorization", ""), srcip)
    if not await utm.node("webadmin.rest_api"):
        raise refusal(403, "REST_API_OFF", "The REST API is switched off (webadmin.rest_api).")
    work = routes.find(request.method, path)
    if request.method not in routes.READING and not administrator.may_change:
        raise refusal(403, "READ_ONLY", "An auditor may only read.")
    if request.method not in routes.READING and is_from_elsewhere(request):
        raise refusal(403, "OTHER_SITE", "The browser says that another site sent this.")
    options = read_options(request.headers)
    body = await read_body(request)
    caller = await sessions.of(administrator, srcip)
    answer = await work(Call(utm=utm, caller=caller, options=options, body=body))
    if options.close_session:
        await sessions.close(caller)
    return answer


async def _administrator(utm: "Utm", header: str, srcip: str) -> Administrator:
    try:
        user, password = credentials(header)
        return await utm.administrators.check(user, password, srcip=srcip, facility="restd")
    except LoginRefusedError as error:
        challenge = {"WWW-Authenticate": _CHALLENGE}
        raise refusal(401, "AUTHENTICATION", _sentence(error), challenge) from error
    except TooManyLoginsError as error:
        wait = {"Retry-After": str(error.retry_after_s)}
        raise refusal(429, "TOO_MANY_LOGINS", _sentence(error), wait) from error


def _sentence(error: DomainError) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def _response(answer: Answer) -> web.Response:
    headers = dict(answer.headers)
    if answer.page:
        headers["Content-Security-Policy"] = _PAGE_POLICY
        return web.Response(text=answer.page, content_type="text/html", headers=headers)
    if answer.status == 204:
        return web.Response(status=204, headers=headers)
    return web.json_response(answer.value, status=answer.status, headers=headers)


def _refused(error: RequestRefusedError) -> web.Response:
    elements = [one.document() for one in error.errors]
    return web.json_response(elements, status=error.status, headers=error.headers)
