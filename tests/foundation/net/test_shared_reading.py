"""Connections that read into one buffer do not see each other's bytes."""

import asyncio
import ssl

import pytest
import uvloop
from aiohttp import ClientSession, TCPConnector, web

from foundation.net.http_server import HttpServer
from foundation.net.shared_reading import LENGTH, SharedReading
from foundation.service import utc_now
from liveconnect.pki import CertificateAuthority

LOOPS = (asyncio.new_event_loop, uvloop.new_event_loop)


@pytest.fixture
def contexts(tmp_path):
    certificate, key = CertificateAuthority(tmp_path, now=utc_now).server_files("localhost")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE  # whom to trust is not what is tried here
    return server, client


async def echo(request):
    return web.Response(body=await request.read())


async def echoed(contexts, bodies):
    """Send bodies over as many connections at once; return what came back."""
    server_context, client_context = contexts
    app = web.Application(client_max_size=100 * LENGTH)
    app.router.add_post("/", echo)
    server = HttpServer(app, name="echo", ssl_context=server_context)
    await server.start()
    connector = TCPConnector(ssl=client_context, limit=len(bodies), force_close=True)
    try:
        async with asyncio.timeout(60), ClientSession(connector=connector) as session:

            async def one(body):
                url = f"https://127.0.0.1:{server.port}/"
                async with session.post(url, data=body) as answer:
                    return await answer.read()

            return await asyncio.gather(*map(one, bodies))
    finally:
        await server.stop()


@pytest.mark.parametrize("loop_factory", LOOPS)
def test_bodies_longer_and_shorter_than_the_buffer_come_whole(contexts, loop_factory):
    bodies = [bytes([number]) * length for number, length in enumerate((1, LENGTH, 5 * LENGTH, 7))]
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        assert runner.run(echoed(contexts, bodies)) == bodies


@pytest.mark.parametrize("loop_factory", LOOPS)
def test_many_connections_at_once_keep_their_own(contexts, loop_factory):
    bodies = [str(number).encode() * 3_000 for number in range(50)]
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        assert runner.run(echoed(contexts, bodies)) == bodies


class Collects(asyncio.Protocol):
    def __init__(self):
        self.came = []

    def data_received(self, data):
        self.came.append(data)


def test_what_was_handed_on_stays_as_it_was_when_another_connection_reads():
    reading = SharedReading()
    first, second = Collects(), Collects()
    for protocol, data in ((first, b"first"), (second, b"other")):
        side = reading.of(protocol)
        side.get_buffer(-1)[: len(data)] = data
        side.buffer_updated(len(data))

    assert (first.came, second.came) == ([b"first"], [b"other"])
