"""A CONNECT and the TLS that follows: judged by its host, then by the server name in the hello.

- The client's first bytes are held until it is clear whom they ask for; what the site says
  meanwhile passes, since in some protocols it speaks first.
- A server name that is not the host of the CONNECT is suspicious: it is judged like a CONNECT of
  its own and has an activity of its own, with the error `sni_mismatch`, which the activity of the
  CONNECT carries too. Blocked, the client gets a TLS alert and the site nothing.
- No server name, an encrypted hello, and anything but TLS stay with the verdict on the host.
- Provenance: ours.
"""

from dataclasses import replace

from foundation.categories.hosts import InvalidHostError, normalise_host
from foundation.webfilter.activity import Activity
from foundation.webfilter.answers import TUNNEL_OPEN
from foundation.webfilter.hearing import Hearing
from foundation.webfilter.refusals import ServerNameMismatchError
from foundation.webfilter.telling import Telling
from foundation.webfilter.tunnel import Tunnel
from foundation.webfilter.verdict import Verdict, VerdictReason

ACCESS_DENIED = b"\x15\x03\x01\x00\x02\x02\x31"
"""The fatal alert access_denied (RFC 8446 6), in clear, as long as there are no keys."""


async def serve_connect(hearing: Hearing) -> bool:
    """Serve a CONNECT that is allowed, to its end."""
    client = hearing.client
    if hearing.verdict.action == "warn":
        hearing.action = "proceed"
    origin = await hearing.forwarder.open(hearing.target)
    hearing.status = 200
    sent = client.sent_bytes + len(TUNNEL_OPEN)
    tunnel = Tunnel(client, origin, idle_s=hearing.context.limits.tunnel_idle_s)
    with Telling(hearing, lambda: max(client.sent_bytes - sent, 0)) as telling:
        try:
            hello = await tunnel.begin(TUNNEL_OPEN)
            if hello is not None and not await may_pass(hearing, hello.server_names):
                client.write(ACCESS_DENIED)
                return False
            telling.judged()
            await tunnel.run()
        finally:
            tunnel.close()
    return False


async def may_pass(hearing: Hearing, names: tuple[str, ...]) -> bool:
    """Judge the server names that differ from the host of the CONNECT, and tell of them."""
    others = [name for name in names if _normal(name) != hearing.target.host]
    may_pass = True
    for name in others:
        hearing.error = ServerNameMismatchError.code
        verdict = await _judge(hearing, name)
        if verdict.action == "block":
            hearing.context.on_refusal(
                ServerNameMismatchError(f"CONNECT {hearing.target.host}, but TLS to {name}")
            )
            may_pass = False
    return may_pass


async def _judge(hearing: Hearing, name: str) -> Verdict:
    """Judge one server name like a CONNECT, and tell of it."""
    request = hearing.request_for(f"{name}:{hearing.target.port}", "CONNECT")
    found = hearing.context.decide(request)
    verdict = found if isinstance(found, Verdict) else await found
    is_block = verdict.action == "block"
    if not is_block:
        verdict = replace(verdict, reason=VerdictReason.SNI_MISMATCH, is_logged=True)
    action = "proceed" if verdict.action == "warn" else verdict.action
    hearing.context.on_activity(
        Activity(
            request=request,
            verdict=verdict,
            action=action,
            status_code=403 if is_block else 200,
            server_address=hearing.forwarder.origin_address,
            error=ServerNameMismatchError.code,
        )
    )
    return verdict


def _normal(name: str) -> str:
    try:
        return normalise_host(name)
    except InvalidHostError:
        return ""
