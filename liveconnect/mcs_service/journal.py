"""The journal's hook: every exchange with its bodies. Installed only when it is wanted.

- Answers that are a secret as a whole, and every token, password and password hash inside a body,
  show as `[redacted]`; policies inside a changeset, which are base64, as their length.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from foundation.net.fault_effects import INJECTED
from foundation.net.journal import Exchange, Journal
from foundation.redact import REDACTED, redact_headers
from foundation.service import Now

LONGEST_BODY = 20_000
_MOST_LOOKED_AT = 2_000_000
_SECRET_ANSWERS = (
    "/register",
    "/authenticate/",
    "/link/v1/token",
    "/v2/migrate",
    "/install/deployment-info/",
)
_SECRETS = (
    (re.compile(r"(?<=<registrationToken)>[^<]*</"), f">{REDACTED}</"),
    (re.compile(r"(?<=<credentials)>[^<]*</"), f">{REDACTED}</"),
    # The token of a migration, in the bare event and, escaped, in the action.
    (re.compile(r"(?<=<token)>[^<]*</"), f">{REDACTED}</"),
    (re.compile(r"(?<=&lt;token&gt;).*?(?=&lt;/)", re.DOTALL), REDACTED),
    (re.compile(r"""((?:Password|sha256)=(["'])).+?\2"""), rf"\1{REDACTED}\2"),
    (
        re.compile(r"""("(?:secret|tamper_password_hash)": ?)"(?:[^"\\]|\\.)+\""""),
        rf'\1"{REDACTED}"',
    ),
)
_POLICY = re.compile(r"""("body": ?)"([A-Za-z0-9+/=]*)(?:"|$)""")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def journal_middleware(journal: Journal, now: Now) -> Any:
    """Return an aiohttp middleware that keeps each exchange in `journal`."""

    @web.middleware
    async def keep(request: web.Request, handler: _Handler) -> web.StreamResponse:
        began = now()
        try:
            answer = await handler(request)
        except web.HTTPException as error:
            journal.record(_exchange(request, error, began=began, now=now))
            raise
        journal.record(_exchange(request, answer, began=began, now=now))
        return answer

    return keep


def _exchange(
    request: web.Request, answer: web.StreamResponse, *, began: Any, now: Now
) -> Exchange:
    # What the handler read is kept by aiohttp; what it refused to read is not read here either.
    sent = request._read_bytes or b""  # noqa: SLF001 - aiohttp has no other view of it
    secret = any(part in request.path for part in _SECRET_ANSWERS)
    body = answer.body if isinstance(answer, web.Response) else None
    received = body if isinstance(body, bytes) else b""
    return Exchange(
        at=began,
        method=request.method,
        path=request.path_qs,
        request_headers=redact_headers(request.headers),
        request_body=_shown(request.path, sent),
        status=answer.status,
        response_body=REDACTED
        if secret and answer.status == 200
        else _shown(request.path, received),
        endpoint=request.match_info.get("endpoint", ""),
        milliseconds=round((now() - began).total_seconds() * 1000, 3),
        injected=request.get(INJECTED, ""),
    )


def _shown(path: str, body: bytes) -> str:
    text = body[:_MOST_LOOKED_AT].decode(errors="replace")
    if "/changesets/" in path:
        text = _POLICY.sub(lambda found: f'{found[1]}"[{len(found[2])} characters]"', text)
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return text[:LONGEST_BODY]
