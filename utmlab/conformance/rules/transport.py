"""Section 1.1: TLS, framing, keep-alive, and what counts as success."""

from __future__ import annotations

from typing import TYPE_CHECKING

from utmlab.conformance.endpoint import expect_200
from utmlab.conformance.outcomes import NotSeen, Violation
from utmlab.conformance.rule import Rule
from utmlab.conformance.wire import WireError

if TYPE_CHECKING:
    from utmlab.conformance.subject import Subject
    from utmlab.conformance.wire import Answer

MODERN_TLS = ("TLSv1.2", "TLSv1.3")


async def tls(subject: Subject) -> str:
    """The certificate is verified against one CA and the host name in the handshake."""
    await subject.wire.connect()
    version = subject.wire.tls_version
    if version not in MODERN_TLS:
        raise Violation(f"{version or 'no TLS'} was negotiated")
    return version


async def http_11(subject: Subject) -> str:
    """The status line says HTTP/1.1."""
    answer = await subject.capabilities()
    if answer.version != "HTTP/1.1":
        raise Violation(f"the status line says {answer.version}")
    return ""


async def keep_alive(subject: Subject) -> str:
    """A second request is served on the same socket."""
    await subject.capabilities()
    second = await subject.capabilities()
    if not second.reused:
        raise Violation("the connection was closed after one answer")
    return ""


async def stays_open(subject: Subject) -> str:
    """In the whole run the server closed no connection after an answer 200."""
    closed = [answer for answer in await _run(subject) if answer.status == 200 and not answer.stays]
    if closed:
        raise Violation(f"closed after {closed[0].call}", len(closed))
    if subject.wire.dropped:
        dropped = subject.wire.dropped
        raise Violation(f"found closed before {dropped[0]}", len(dropped))
    return f"{len(subject.wire.answers)} answers"


async def content_length(subject: Subject) -> str:
    """Every answer of the run carries Content-Length, errors included."""
    answers = await _run(subject)
    others = [answer for answer in answers if answer.framing != "length"]
    if others:
        first = others[0]
        reason = f"{first.call} was answered {first.status}, framed by {first.framing}"
        raise Violation(reason, len(others))
    return f"{len(answers)} answers"


async def exactly_200(subject: Subject) -> str:
    """No call of the run was answered by another 2xx or by a redirection."""
    answers = await _run(subject)
    others = [answer for answer in answers if 200 < answer.status < 400]
    if others:
        raise Violation(f"{others[0].call} was answered {others[0].status}", len(others))
    return ""


async def identity(subject: Subject) -> str:
    """No answer is compressed: clients accept identity only."""
    for answer in await _run(subject):
        encoding = answer.header("Content-Encoding")
        if encoding not in (None, "identity"):
            raise Violation(f"{answer.call} came with Content-Encoding {encoding}")
    return ""


async def capabilities(subject: Subject) -> str:
    """The bare base answers 200 without credentials."""
    answer = expect_200(await subject.capabilities())
    return f"{len(answer.body)} bytes"


async def cookies(subject: Subject) -> str:
    """A cookie is NAME=VALUE up to the first semicolon."""
    found = [
        cookie for answer in await _run(subject) for cookie in answer.all_headers("Set-Cookie")
    ]
    if not found:
        raise NotSeen("the server sets no cookie")
    for cookie in found:
        name, equals, _ = cookie.partition(";")[0].partition("=")
        if not equals or not name.strip():
            raise Violation("a Set-Cookie has no NAME=VALUE before its first semicolon")
    return ""


async def _run(subject: Subject) -> list[Answer]:
    """Return all answers of the run; a few common calls are made if there was none yet."""
    if not subject.wire.answers:
        try:
            await subject.capabilities()
            endpoint = await subject.endpoint()
            await endpoint.poll()
            await endpoint.flags()
        except WireError as error:
            raise NotSeen(f"no answer ({error})") from error
    return subject.wire.answers


FIRST = (
    Rule("1.1-tls", "TLS 1.2 or later, certificate verified for the host by one CA file", tls),
    Rule("1.1-http-1.1", "HTTP/1.1", http_11),
    Rule("1.1-keep-alive", "several requests on one socket", keep_alive),
    Rule("1.3-capabilities", "GET base without credentials is answered 200", capabilities),
)

LAST = (
    Rule("1.1-stays-open", "no connection is closed after a 200", stays_open),
    Rule("1.1-content-length", "Content-Length on every answer", content_length),
    Rule("1.1-exactly-200", "success is exactly 200, never another 2xx or 3xx", exactly_200),
    Rule("1.1-identity", "no answer is compressed", identity),
    Rule("1.2-cookies", "a cookie has a name and a value", cookies),
)
