"""The journal's hook: every exchange with its bodies. Installed only when it is wanted.

- Answers that are a secret as a whole, and every token, password and password hash inside a body,
  show as `[redacted]`; policies inside a changeset, which are base64, as their length.
- Who asked is taken from the credentials, before they are redacted, where the path does not say.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from foundation.net.fault_effects import INJECTED
from foundation.net.journal import LONGEST_BODY, Exchange, Journal
from foundation.protocol.authorization import AuthorizationMalformedError, decode_basic
from foundation.protocol.data_feeds import ENCODING
from foundation.redact import REDACTED, redact_headers
from foundation.service import Now
from liveconnect.refusals import REASON_HEADER

HINT: Final = web.RequestKey("journal_hint", str)
"""Key of a request: what one that is nearly right should have been."""
_MOST_LOOKED_AT = 2_000_000
_SECRET_ANSWERS = ("/register", "/link/v1/token", "/v2/migrate", "/install/deployment-info/")
_FIELDS_NOT_SHOWN = "secret|tamper_password_hash|access_token|registrationToken|password|token"
_SECRETS = (
    (re.compile(r"(?<=<registrationToken)>[^<]*</"), f">{REDACTED}</"),
    (re.compile(r"(?<=<credentials)>[^<]*</"), f">{REDACTED}</"),
    (re.compile(r"(?<=&lt;registrationToken)&gt;[^<&]*&lt;/"), f"&gt;{REDACTED}&lt;/"),
    # The token of a migration, in the bare event and, escaped, in the action.
    (re.compile(r"(?<=<token)>[^<]*</"), f">{REDACTED}</"),
    (re.compile(r"(?<=&lt;token&gt;).*?(?=&lt;/)", re.DOTALL), REDACTED),
    (re.compile(r"""((?:Password|sha256)=(["'])).+?\2"""), rf"\1{REDACTED}\2"),
    (re.compile(rf"""("(?:{_FIELDS_NOT_SHOWN})": ?)"(?:[^"\\]|\\.)+\""""), rf'\1"{REDACTED}"'),
)
_TOKEN_IN_AGENT = re.compile(r"(?<= sessions )(?!regToken$)\S+$")
_POLICY = re.compile(r"""("body": ?)"([A-Za-z0-9+/=]*)(?:"|$)""")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def journal_middleware(journal: Journal, now: Now) -> Any:
    """Return an aiohttp middleware that keeps each exchange in `journal`."""

    @web.middleware
    async def keep(request: web.Request, handler: _Handler) -> web.StreamResponse:
        began = now()
        answer: web.StreamResponse | None = None
        try:
            answer = await handler(request)
        except web.HTTPException as error:
            answer = error
            raise
        except ConnectionError:
            raise
        except Exception:
            answer = web.Response(status=500)  # what aiohttp makes of it
            raise
        finally:
            journal.record(_exchange(request, answer, began=began, now=now))
        return answer

    return keep


def _exchange(
    request: web.Request, answer: web.StreamResponse | None, *, began: datetime, now: Now
) -> Exchange:
    # What the handler read is kept by aiohttp; what it refused to read is not read here either.
    read = request._read_bytes or b""  # noqa: SLF001 - aiohttp has no other view of it
    sent = inflated(read) if request.headers.get("Content-Encoding") == ENCODING else read
    body = answer.body if isinstance(answer, web.Response) else None
    received = body if isinstance(body, bytes) else b""
    status = answer.status if answer is not None else 0
    secret = status == 200 and any(part in request.path for part in _SECRET_ANSWERS)
    shown = shown_body(request.path, sent), shown_body(request.path, received)
    headers = answer.headers if answer is not None else {}
    return Exchange(
        at=began,
        method=request.method,
        path=request.path_qs,
        request_headers=shown_headers(request.headers),
        request_body=shown[0][:LONGEST_BODY],
        status=status,
        response_body=REDACTED if secret else shown[1][:LONGEST_BODY],
        endpoint=_endpoint(request, received if status == 200 else b""),
        milliseconds=round((now() - began).total_seconds() * 1000, 3),
        response_headers=redact_headers(headers),
        reason=headers.get(REASON_HEADER, ""),
        hint=request.get(HINT, ""),
        injected=request.get(INJECTED, ""),
        cut=any(len(text) > LONGEST_BODY for text in shown),
    )


def _endpoint(request: web.Request, received: bytes) -> str:
    """Return the endpoint id; that of a registration stands in its answer."""
    if request.path.endswith("/register"):
        try:
            return base64.b64decode(received, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    named = request.match_info.get("endpoint", "")
    header = request.headers.get("Authorization", "")
    if named or header[:6].lower() != "basic ":
        return named
    try:
        return decode_basic(header).endpoint_id
    except AuthorizationMalformedError:
        return ""


def inflated(body: bytes) -> bytes:
    """Return what a data feed says; one that cannot be read stays as it is."""
    try:
        return zlib.decompressobj().decompress(body, _MOST_LOOKED_AT)
    except zlib.error:
        return body


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return request headers without credentials; one client writes its token into User-Agent."""
    shown = redact_headers(headers)
    for name in shown:
        if name.lower() == "user-agent":
            shown[name] = _TOKEN_IN_AGENT.sub(REDACTED, shown[name])
    return shown


def shown_body(path: str, body: bytes) -> str:
    """Return a body as text without what is secret in it."""
    text = body[:_MOST_LOOKED_AT].decode(errors="replace")
    if "/changesets/" in path:
        text = _POLICY.sub(lambda found: f'{found[1]}"[{len(found[2])} characters]"', text)
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return text
