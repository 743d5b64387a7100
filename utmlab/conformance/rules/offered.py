"""Sections 1.2, 1.3 and 1.7: calls that not every server offers, and calls of strangers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from utmlab.conformance import documents
from utmlab.conformance.endpoint import USER_AGENT, Endpoint, expect_200
from utmlab.conformance.outcomes import NotSeen, Violation
from utmlab.conformance.rule import Rule
from utmlab.conformance.rules.policies import push_server_urls, relays
from utmlab.conformance.subject import json_object
from utmlab.conformance.wire import Base, Wire

if TYPE_CHECKING:
    from utmlab.conformance.subject import Subject
    from utmlab.conformance.wire import Answer

NOT_OFFERED = (404, 405, 501)
CAPABILITIES = "cloneDetectionV2,terminate"


async def other_endpoint(subject: Subject) -> str:
    """The credentials of one endpoint open nothing of another."""
    one, other = await subject.fresh(), await subject.fresh()
    stranger = Endpoint(subject.wire, other.endpoint_id, one.password)
    path = f"/commands/applications/MCS/endpoint/{other.endpoint_id}"
    for answer in (await stranger.poll(), await one.call("GET", path)):
        _refused(answer)
    return ""


async def unknown_call(subject: Subject) -> str:
    """What is no call is refused, and not with a fault of the server."""
    return _refused(await (await subject.endpoint()).call("GET", "/no/such/call"))


async def acknowledge_unknown(subject: Subject) -> str:
    """A DELETE that is repeated after a lost answer is no fault of the server."""
    answer = await (await subject.endpoint()).acknowledge(subject.unknown_id())
    if answer.status != 200 and not 400 <= answer.status < 500:
        raise Violation(f"{answer.call} was answered {answer.status}")
    return str(answer.status)


async def deployment_info(subject: Subject) -> str:
    """The check before an installation gives a registration token, and says what is supported."""
    found = json_object(expect_200(_offered(await _deployment(subject, subject.target.token))))
    token, products = found.get("registrationToken"), found.get("products")
    if not isinstance(token, str) or not token:
        raise Violation("registrationToken is missing")
    if not isinstance(products, list):
        raise Violation("products is no list")
    return f"{len(products)} products"


async def deployment_unknown(subject: Subject) -> str:
    """A customer token that was never issued is refused."""
    _offered(await _deployment(subject, subject.target.token))
    return _refused(await _deployment(subject, f"{subject.rng.getrandbits(128):032x}"))


async def migrate_unknown(subject: Subject) -> str:
    """Nobody migrates here with a token that was never issued."""
    headers = {
        "Authorization": "Bearer not.a.token",
        "X-Device-ID": subject.unknown_id(),
        "X-Tenant-ID": subject.unknown_id(),
        "Accept": "application/json",
        "User-Agent": USER_AGENT,
    }
    body = documents.computer_status("conformance", subject.now()).encode()
    return _refused(_offered(await subject.wire.request("POST", "/v2/migrate", headers, body)))


async def push_stream(subject: Subject) -> str:
    """The push server of the policy opens a stream for the device of the token."""
    access = await subject.access()
    answer = expect_200(await _push(subject, str(access.get("access_token", ""))))
    content_type = answer.header("Content-Type") or ""
    if content_type.partition(";")[0].strip() != "text/event-stream":
        raise Violation(f"the stream is {content_type or 'of no type'}")
    return ""


async def push_bearer(subject: Subject) -> str:
    """A token that the server did not issue opens no stream."""
    answer = await _push(subject, "not.a.token")
    if answer.status != 401:
        raise Violation(f"a made-up access token was answered {answer.status}")
    return ""


async def relay_fields(subject: Subject) -> str:
    """Clients sort relays by priority and need an address and a port."""
    found = await relays(subject)
    if not found:
        raise NotSeen("the MCS policy names no message relay")
    for relay in found:
        for name in ("priority", "port"):
            if not relay.attributes.get(name, "").isdigit():
                raise Violation(f"{name} of a messageRelay is {relay.attributes.get(name)!r}")
        for name in ("address", "id"):
            if not relay.attributes.get(name):
                raise Violation(f"a messageRelay has no {name}")
    return f"{len(found)} relays"


async def _deployment(subject: Subject, token: str) -> Answer:
    headers = {
        "Authorization": "Basic " + base64.b64encode(token.encode()).decode("ascii"),
        "Content-Type": "application/json;charset=UTF-8",
        "User-Agent": USER_AGENT,
    }
    body = documents.computer_status("conformance", subject.now()).encode()
    return await subject.wire.request("POST", "/install/deployment-info/2", headers, body)


async def _push(subject: Subject, token: str) -> Answer:
    urls = await push_server_urls(subject)
    if not urls:
        raise NotSeen("the MCS policy names no push server")
    access = await subject.access()
    device = str(access.get("device_id", ""))
    headers = {
        "Authorization": f"Bearer {token}",
        "X-Device-ID": device,
        "X-Tenant-ID": str(access.get("tenant_id", "")),
        "Accept": "text/event-stream",
        "Cache-Control": "no-cache",
        "User-Agent": USER_AGENT,
        "x-sophos-capabilities": CAPABILITIES,
    }
    target = subject.target
    wire = Wire(Base.parse(urls[0]), target.context, timeout_s=target.timeout_s)
    return await wire.head_of_stream(f"/v2/push/device/{device}", headers)


def _offered(answer: Answer) -> Answer:
    if answer.status in NOT_OFFERED:
        raise NotSeen(f"not offered ({answer.status})")
    return answer


def _refused(answer: Answer) -> str:
    if not 400 <= answer.status < 500:
        raise Violation(f"{answer.call} was answered {answer.status}, expected 4xx")
    return str(answer.status)


RULES = (
    Rule("1.2-other-endpoint", "credentials open nothing of another endpoint", other_endpoint),
    Rule("1.3-unknown-call", "what is no call is refused", unknown_call),
    Rule("1.3-acknowledge-unknown", "DELETE of an unknown id is no 5xx", acknowledge_unknown),
    Rule("1.3-deployment-info", "the deployment check gives a token as JSON", deployment_info),
    Rule("1.3-deployment-unknown-token", "and refuses another token", deployment_unknown),
    Rule("1.3-migrate-unknown-token", "migrate refuses a made-up token", migrate_unknown),
    Rule("1.7-push-stream", "the push server opens a stream", push_stream),
    Rule("1.7-push-bearer", "push refuses a made-up access token", push_bearer),
    Rule("2.3-message-relay-fields", "message relays are complete", relay_fields),
)
