"""A client that holds its stream over real TLS and reads nothing any more."""

import asyncio
import contextlib
import socket
import ssl
from urllib.parse import urlsplit

import pytest

from foundation.net.tls import client_context
from foundation.protocol import paths
from foundation.protocol.authorization import encode_bearer
from foundation.protocol.push import EventReader, PushKind
from liveconnect.push import MOST_UNREAD

GUARD_S = 60
EVENT = "x" * 20_000
MOST_EVENTS = 2_000
"""Far more than the buffers of two kernels hold."""
OVERHEAD = 1.02
"""Of TLS records and chunks."""


async def request_of(endpoint) -> bytes:
    """Return the request that opens an endpoint's stream."""
    access = (await endpoint.call("POST", paths.authenticate(endpoint.endpoint_id))).json()
    parts = urlsplit(endpoint.url)
    return (
        f"GET {parts.path}{paths.push(access['device_id'])} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Authorization: {encode_bearer(access['access_token'])}\r\n"
        f"X-Device-ID: {access['device_id']}\r\nX-Tenant-ID: {access['tenant_id']}\r\n\r\n"
    ).encode()


def opened(lab, endpoint, request: bytes) -> ssl.SSLSocket:
    """Open a stream on a blocking socket, as far as its head."""
    parts = urlsplit(endpoint.url)
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.settimeout(GUARD_S)
    plain.connect((parts.hostname, parts.port))
    context = client_context(ca=lab.service.ca_file, now=lab.clock)
    secured = context.wrap_socket(plain, server_hostname=parts.hostname)
    secured.sendall(request)
    head = b""
    while b"\r\n\r\n" not in head:
        head += secured.recv(1)
    assert head.startswith(b"HTTP/1.1 200 ")
    return secured


@pytest.fixture
async def streams(lab):
    """Two endpoints that listen: one will read nothing, the other reads on."""
    await lab.restart(push=True)
    utm = await lab.utm()
    slow, other = await lab.enrolled(utm, "slow"), await lab.enrolled(utm, "other")
    for endpoint in (slow, other):
        await endpoint.take_policies()
    request = await request_of(slow)
    unread = await asyncio.to_thread(opened, lab, slow, request)
    reading, writing = await asyncio.open_connection(
        "127.0.0.1",
        urlsplit(other.url).port,
        ssl=client_context(ca=lab.service.ca_file, now=lab.clock),
        server_hostname="127.0.0.1",
    )
    writing.write(await request_of(other))
    await reading.readuntil(b"\r\n\r\n")
    yield slow, unread, other, reading
    unread.close()
    writing.close()


async def next_wake_up(reading):
    events = EventReader()
    async with asyncio.timeout(GUARD_S):
        while True:
            # Chunks of HTTP go by as lines that are no events.
            found = events.feed(await reading.readuntil(b"\n"))
            if any(event.kind is PushKind.WAKE_UP for event in found):
                return


async def test_a_stream_that_is_not_read_is_bounded_and_cut_off_and_nobody_else_notices(
    lab, streams
):
    slow, unread, other, reading = streams
    hub, waiting = lab.service._hub, []
    stream = hub._streams[slow.endpoint_id]
    write = stream.write
    stream.write = lambda data: waiting.append(write(data)) or waiting[-1]
    for _ in range(MOST_EVENTS):
        if not hub.send(slow.endpoint_id, EVENT):
            break
        await asyncio.sleep(0)  # the stream ends in a turn of its own
    assert not hub.is_connected(slow.endpoint_id)
    assert MOST_UNREAD < waiting[-1] <= (MOST_UNREAD + len(EVENT)) * OVERHEAD
    assert max(waiting[:-1]) <= MOST_UNREAD

    assert hub.is_connected(other.endpoint_id)
    await lab.service.verbs["send_command"](other.endpoint_id, "ALC", "<action/>")
    await next_wake_up(reading)
    assert [command.app_id for command in await other.poll()] == ["ALC"]

    with contextlib.suppress(ConnectionResetError):  # it is cut, not closed
        while await asyncio.to_thread(unread.recv, 65_536):
            pass
