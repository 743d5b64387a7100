"""Sections 1.3 and 1.7: access tokens, flags, and the version 2 calls that use the token."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from utmlab.conformance.endpoint import expect_200
from utmlab.conformance.outcomes import NotSeen, Violation
from utmlab.conformance.rule import Rule
from utmlab.conformance.subject import json_object, read_access

if TYPE_CHECKING:
    from utmlab.conformance.subject import Subject
    from utmlab.conformance.wire import Answer

RENEWED_BELOW_S = 600
NOT_OFFERED = (404, 405, 501)


async def authenticate(subject: Subject) -> str:
    """The answer is a JSON object with a token."""
    access = await read_access(await subject.endpoint())
    token = access.get("access_token")
    if not isinstance(token, str) or not token or not token.isascii() or " " in token:
        raise Violation("access_token is missing or cannot stand in a header")
    return ""


async def device_and_tenant(subject: Subject) -> str:
    """Without either, clients ask again after every poll."""
    access = await subject.access()
    for name in ("device_id", "tenant_id"):
        value = access.get(name)
        if not isinstance(value, str) or not value:
            raise Violation(f"{name} is missing or empty")
    return ""


async def expiry(subject: Subject) -> str:
    """A token that expires within 600 s is renewed at every poll."""
    expires_in = (await subject.access()).get("expires_in")
    if expires_in is None:
        raise NotSeen("expires_in is absent; clients take one day")
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float):
        raise Violation(f"expires_in is {expires_in!r}")
    if expires_in <= RENEWED_BELOW_S:
        raise Violation(f"expires_in is {expires_in}, it has to be above {RENEWED_BELOW_S}")
    return f"{expires_in} s"


async def device_stays(subject: Subject) -> str:
    """A second token names the same device and tenant."""
    first = await subject.access()
    second = await read_access(await subject.endpoint())
    for name in ("device_id", "tenant_id"):
        if first.get(name) != second.get(name):
            raise Violation(f"{name} differs between two tokens of one endpoint")
    return ""


async def flags(subject: Subject) -> str:
    """Flags are one JSON object of names and booleans."""
    found = json_object(expect_200(await (await subject.endpoint()).flags()))
    wrong = [name for name, value in found.items() if not isinstance(value, bool)]
    if wrong:
        raise Violation(f"flag {wrong[0]!r} is not true or false")
    return f"{len(found)} flags"


async def response(subject: Subject) -> str:
    """A response is posted with the token, as uncompressed JSON."""
    body = json.dumps({"type": "sophos.mgt.response.RunLiveQuery"})
    return _offered(await _bearer(subject, await _response_path(subject), body.encode()))


async def data_feed(subject: Subject) -> str:
    """A data feed is posted with the token, as a zlib stream."""
    device = (await subject.access()).get("device_id", "")
    path = f"/v2/data_feed/device/{device}/feed_id/scheduled_query"
    more = {
        "Accept": "application/json",
        "Content-Encoding": "deflate",
        "X-Uncompressed-Content-Length": "2",
    }
    return _offered(await _bearer(subject, path, zlib.compress(b"[]"), more))


async def bad_bearer(subject: Subject) -> str:
    """A token that the server did not issue is refused with 401."""
    path = await _response_path(subject)
    answer = await _bearer(subject, path, b"{}", token="not.a.token")  # noqa: S106
    if answer.status in NOT_OFFERED:
        raise NotSeen(f"not offered ({answer.status})")
    if answer.status != 401:
        raise Violation(f"a made-up bearer token was answered {answer.status}")
    return ""


async def _response_path(subject: Subject) -> str:
    device = (await subject.access()).get("device_id", "")
    return f"/v2/responses/device/{device}/app_id/LiveQuery/correlation_id/{subject.unknown_id()}"


async def _bearer(
    subject: Subject,
    path: str,
    body: bytes,
    more: dict[str, str] | None = None,
    *,
    token: str | None = None,
) -> Answer:
    access = await subject.access()
    endpoint = await subject.endpoint()
    headers = {
        "X-Device-ID": str(access.get("device_id", "")),
        "X-Tenant-ID": str(access.get("tenant_id", "")),
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    return await endpoint.call(
        "POST",
        path,
        body,
        authorization=f"Bearer {token or access.get('access_token', '')}",
        more=headers | (more or {}),
    )


def _offered(answer: Answer) -> str:
    if answer.status in NOT_OFFERED:
        raise NotSeen(f"not offered ({answer.status})")
    expect_200(answer)
    return ""


RULES = (
    Rule("1.3-authenticate", "authenticate gives an access token as JSON", authenticate),
    Rule("1.3-device-and-tenant", "device_id and tenant_id are not empty", device_and_tenant),
    Rule("6-expires-in", "an access token lives longer than 600 s", expiry),
    Rule("1.3-device-stays", "device_id and tenant_id stay the same", device_stays),
    Rule("1.3-flags", "flags are a JSON object of booleans", flags),
    Rule("1.3-response", "a response is accepted with the access token", response),
    Rule("1.3-data-feed", "a data feed is accepted with the access token", data_feed),
    Rule("1.2-bearer", "a made-up access token gets 401", bad_bearer),
)
