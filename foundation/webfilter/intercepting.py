"""A CONNECT that is looked into: TLS ends here, and each request inside is decided like HTTP.

- The client's connection gets TLS with a certificate of the host, and its bytes a session of their
  own, whose requests go to https URLs. What no exception lets pass unchecked is checked there.
- A client that sent something before the tunnel stood is closed: it was no TLS client that waited.
- A server name that is not the host of the CONNECT is judged by itself and logged, as in a tunnel
  that is not looked into; blocked, the connection ends. Allowed, it still gets the certificate of
  the CONNECT's host, and its requests go there.
"""

import asyncio

from foundation.webfilter.answers import TUNNEL_OPEN
from foundation.webfilter.client import Client, Server
from foundation.webfilter.hearing import Hearing
from foundation.webfilter.interception import Interception
from foundation.webfilter.server_name import may_pass
from foundation.webfilter.telling import Telling


async def serve_intercepted(hearing: Hearing, interception: Interception) -> bool:
    """Serve a CONNECT that is allowed, request by request, to its end."""
    client, context = hearing.client, hearing.context
    client.write(TUNNEL_OPEN)
    hearing.status = 200
    transport = client.transport
    if transport is None or client.prelude:
        return False
    inner = Client(context.limits, lambda inside: _session(hearing, inside))
    leaf = interception.context_for(hearing.target.host)
    try:
        async with asyncio.timeout(context.limits.request_wait_s):
            secured = await hearing.forwarder.loop.start_tls(
                transport, inner, leaf, server_side=True
            )
        # None: gone while it shook hands
        if secured is not None and await _may_speak(hearing, interception, secured):
            with Telling(hearing, lambda: inner.sent_bytes) as telling:
                telling.judged()
                inner.connection_made(secured)
                await asyncio.wait({inner.ended})
    except (TimeoutError, OSError):  # ssl.SSLError is one
        hearing.error = "tls_failed"
    finally:
        inner.abort()
        transport.abort()
        client.connection_lost(None)  # the protocol of TLS took its place and told it nothing
    return False


async def _may_speak(
    hearing: Hearing, interception: Interception, secured: asyncio.Transport
) -> bool:
    name = interception.name_asked_for(secured.get_extra_info("ssl_object"))
    return not name or await may_pass(hearing, (name,))


def _session(hearing: Hearing, inside: Client) -> Server:
    return hearing.context.serve_inside(inside, hearing.target)
