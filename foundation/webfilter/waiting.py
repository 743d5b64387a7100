"""What an exchange does when it must wait: verdicts, connections, bodies, tunnels.

- A warned user goes on by POST with the token of the page; the URL is judged again before.
- Each function tells whether the client's connection may go on.
"""

import asyncio
from urllib.parse import parse_qs

from foundation.webfilter.hearing import Hearing
from foundation.webfilter.intercepting import serve_intercepted
from foundation.webfilter.pages import PROCEED_PATH
from foundation.webfilter.proceed import ProceedRefusedError
from foundation.webfilter.refusals import (
    OriginMalformedError,
    RequestMalformedError,
    RequestTimeoutError,
)
from foundation.webfilter.server_name import serve_connect
from foundation.webfilter.telling import Telling
from foundation.webfilter.tunnel import Tunnel

_LONGEST_FORM = 4096


async def serve_waiting(hearing: Hearing) -> bool:
    """Serve a request from its verdict on, or from its proceed form on."""
    if hearing.head.method != "CONNECT" and hearing.target.path == PROCEED_PATH:
        return await _proceed(hearing)
    if hearing.deciding is not None:
        answered = hearing.answer_by(await hearing.decided())
        if answered is not None:
            return answered
    if hearing.head.method == "CONNECT":
        interception = hearing.context.interception
        if interception is not None and interception.covers(hearing.verdict):
            return await serve_intercepted(hearing, interception)
        return await serve_connect(hearing)
    return await _forward(hearing)


async def _forward(hearing: Hearing) -> bool:
    relay = hearing.relay()
    origin = await hearing.forwarder.forward(hearing.target, hearing.request, relay)
    if relay.is_withheld:
        return hearing.show_instead()
    if relay.head is not None and relay.head.status == 101:
        if origin is None:
            raise OriginMalformedError("the site switched to nothing")
        client = hearing.client
        with Telling(hearing, lambda: client.sent_bytes) as telling:
            telling.judged()
            await Tunnel(client, origin, idle_s=hearing.context.limits.tunnel_idle_s).run()
        return False
    return relay.is_keep_alive


async def _proceed(hearing: Hearing) -> bool:
    proceed, host, user = hearing.context.proceed, hearing.target.host, hearing.user
    computer = hearing.client.address
    token = await _read_token(hearing)
    try:
        url = proceed.peek(token, computer=computer, user=user, host=host)
        verdict = hearing.ask(url, "GET") or await hearing.decided()
        if verdict.action == "block":
            return hearing.showing().block(verdict)
        proceed.redeem(token, computer=computer, user=user, host=host)
    except ProceedRefusedError as refusal:
        return hearing.showing().proceed_refused(refusal)
    return hearing.showing().redirect(url)


async def _read_token(hearing: Hearing) -> str:
    try:
        async with asyncio.timeout(hearing.context.limits.request_wait_s):
            body = await hearing.request.body.read(_LONGEST_FORM)
    except TimeoutError:
        raise RequestTimeoutError("the form was begun and not finished") from None
    if body is None:
        raise RequestMalformedError(f"the form is over {_LONGEST_FORM} bytes")
    return parse_qs(body.decode("utf-8", "replace")).get("token", [""])[0]
