"""What the faults of a listener do to a request and its answer.

- A handler is called when the effect needs its answer (delay, truncated, slow, lost), else not: a
  request that is answered by a fault has changed nothing.
- What was injected stands in `request[INJECTED]`, for the journal.

Provenance: mcs-protocol 5; the pages and bytes are ours.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from foundation.faults.plan import Active, FaultPlan
from foundation.protocol.names import REGISTER_REALM

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
INJECTED: Final = web.RequestKey("injected_fault", str)
ACTIVE: Final = "active_fault"
"""Where a handler finds a fault that only it can carry out, as those of a stream."""
LOOK_S: Final = 0.1
PIECES: Final = 20
STALE_COOKIE: Final = "SID=stale"
_GARBAGE: Final = bytes(range(256)) * 2
_PORTAL: Final = (
    "<!doctype html><title>Log in</title><h1>Welcome to the network</h1>"
    "<p>Log in to reach the internet.</p>"
)
_PORTAL_URL: Final = "http://portal.example/login"
_Effect = Callable[[Active, web.Request, Handler, FaultPlan], Awaitable[web.StreamResponse]]


async def carry_out(
    active: Active, request: web.Request, handler: Handler, plan: FaultPlan
) -> web.StreamResponse:
    """Let a fault happen to a request; one of the handler's own is left to it."""
    request[INJECTED] = f"{active.id} {active.fault.effect}"
    effect = _EFFECTS.get(active.fault.effect)
    if effect is None:
        request[ACTIVE] = active.fault
        return await handler(request)
    return await effect(active, request, handler, plan)


async def _status(
    active: Active, _request: web.Request, _handler: Handler, _plan: FaultPlan
) -> web.StreamResponse:
    status, variant = int(active.fault.value), active.fault.variant
    headers = {}
    if variant == "register":
        headers["WWW-Authenticate"] = REGISTER_REALM
    elif variant:
        headers["Retry-After"] = variant
    return web.Response(status=status, headers=headers)


async def _delay(
    active: Active, request: web.Request, handler: Handler, _plan: FaultPlan
) -> web.StreamResponse:
    await asyncio.sleep(active.fault.value)
    return await handler(request)


async def _empty(
    _active: Active, _request: web.Request, _handler: Handler, _plan: FaultPlan
) -> web.StreamResponse:
    return web.Response()


async def _garbage(
    _active: Active, _request: web.Request, _handler: Handler, _plan: FaultPlan
) -> web.StreamResponse:
    return web.Response(body=_GARBAGE, content_type="application/xml")


async def _portal(
    _active: Active, _request: web.Request, _handler: Handler, _plan: FaultPlan
) -> web.StreamResponse:
    return web.Response(
        status=302, text=_PORTAL, content_type="text/html", headers={"Location": _PORTAL_URL}
    )


async def _truncated(
    _active: Active, request: web.Request, handler: Handler, _plan: FaultPlan
) -> web.StreamResponse:
    body = _body_of(await handler(request))
    answer = web.StreamResponse(headers={"Content-Length": str(max(len(body), 2))})
    await answer.prepare(request)
    await answer.write(body[: len(body) // 2])
    _cut(request)
    return answer


async def _slow(
    active: Active, request: web.Request, handler: Handler, _plan: FaultPlan
) -> web.StreamResponse:
    body = _body_of(await handler(request))
    answer = web.StreamResponse(headers={"Content-Length": str(len(body))})
    await answer.prepare(request)
    size = max(1, -(-len(body) // PIECES))
    for start in range(0, len(body), size):
        await asyncio.sleep(active.fault.value / PIECES)
        await answer.write(body[start : start + size])
    return answer


async def _hang(
    active: Active, request: web.Request, _handler: Handler, plan: FaultPlan
) -> web.StreamResponse:
    transport = request.transport
    # One that happens once is gone from the plan at once and hangs for as long as the client waits.
    while transport is not None and not transport.is_closing():
        if active.left is None and not plan.knows(active.id):
            break
        await asyncio.sleep(LOOK_S)
    return _cut(request)


async def _reset(
    _active: Active, request: web.Request, _handler: Handler, _plan: FaultPlan
) -> web.StreamResponse:
    return _cut(request)


async def _lost(
    _active: Active, request: web.Request, handler: Handler, _plan: FaultPlan
) -> web.StreamResponse:
    # The answer that was lost, for the journal: one that was refused is not to look like any other.
    answer = await handler(request)
    _cut(request)
    return answer


async def _stale_cookie(
    _active: Active, request: web.Request, handler: Handler, _plan: FaultPlan
) -> web.StreamResponse:
    if STALE_COOKIE in request.headers.get("Cookie", ""):
        return web.Response(status=401, headers={"WWW-Authenticate": REGISTER_REALM})
    answer = await handler(request)
    answer.headers["Set-Cookie"] = f"{STALE_COOKIE}; Path=/; Secure; HttpOnly"
    return answer


async def _jwt_bare(
    _active: Active, request: web.Request, handler: Handler, _plan: FaultPlan
) -> web.StreamResponse:
    content = json.loads(_body_of(await handler(request)))
    bare = {key: content[key] for key in content if key not in ("device_id", "tenant_id")}
    return web.json_response(bare)


async def _jwt_short(
    active: Active, request: web.Request, handler: Handler, _plan: FaultPlan
) -> web.StreamResponse:
    content = json.loads(_body_of(await handler(request)))
    return web.json_response({**content, "expires_in": int(active.fault.value)})


def _body_of(answer: web.StreamResponse) -> bytes:
    body = answer.body if isinstance(answer, web.Response) else None
    return body if isinstance(body, bytes) else b""


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # nobody receives it


_EFFECTS: Final[dict[str, _Effect]] = {
    "status": _status,
    "delay": _delay,
    "empty": _empty,
    "garbage": _garbage,
    "portal": _portal,
    "truncated": _truncated,
    "slow": _slow,
    "hang": _hang,
    "reset": _reset,
    "lost": _lost,
    "stale_cookie": _stale_cookie,
    "jwt_bare": _jwt_bare,
    "jwt_short": _jwt_short,
}
