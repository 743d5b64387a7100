"""A taken port is named; who leaves in the middle is no crash, and a crash is printed."""

import asyncio
import socket
import ssl
from contextlib import suppress

import pytest
from aiohttp import web

from foundation.net.http_server import HttpServer, PortInUseError
from foundation.service import utc_now
from liveconnect.pki import CertificateAuthority


async def test_a_port_in_use_is_named_with_the_service():
    first = HttpServer(web.Application(), name="MCS")
    await first.start()
    second = HttpServer(web.Application(), name="link", port=first.port)

    with pytest.raises(PortInUseError, match=f"link cannot listen on 127.0.0.1:{first.port}"):
        await second.start()
    await first.stop()


async def test_a_restart_keeps_the_port():
    server = HttpServer(web.Application(), name="MCS")
    await server.start()
    port = server.port
    await server.stop()
    again = HttpServer(web.Application(), name="MCS", port=port)
    await again.start()

    assert again.port == port
    await again.stop()


async def _begin_request(port: int, line: bytes) -> asyncio.StreamWriter:
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(line + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\nabc")
    await writer.drain()
    return writer


async def test_a_client_that_leaves_in_the_middle_prints_nothing(capfd):
    begun, left = asyncio.Event(), asyncio.Event()

    async def read(request: web.Request) -> web.Response:
        begun.set()
        try:
            return web.Response(body=await request.read())
        finally:
            left.set()

    app = web.Application()
    app.router.add_post("/", read)
    server = HttpServer(app, name="MCS")
    await server.start()

    client = await _begin_request(server.port, b"POST /")
    async with asyncio.timeout(60):
        await begun.wait()
        client.transport.abort()
        await left.wait()
    await server.stop()

    assert capfd.readouterr().err == ""


async def test_a_handler_that_crashes_is_printed_whole(capfd):
    crashed = asyncio.Event()

    async def crash(_request: web.Request) -> web.Response:
        crashed.set()
        raise RuntimeError("the handler is broken")

    app = web.Application()
    app.router.add_post("/", crash)
    server = HttpServer(app, name="MCS")
    await server.start()

    client = await _begin_request(server.port, b"POST /")
    async with asyncio.timeout(60):
        await crashed.wait()
    client.close()
    await server.stop()

    assert "RuntimeError: the handler is broken" in capfd.readouterr().err


async def test_a_client_that_does_not_speak_http_is_answered_400_and_prints_nothing(capfd):
    server = HttpServer(web.Application(), name="MCS")
    await server.start()

    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write("GET /ë HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    async with asyncio.timeout(60):
        answer = await reader.readline()
    writer.close()
    await server.stop()

    assert answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
    assert capfd.readouterr().err == ""


async def test_a_connection_that_is_ready_after_the_stop_is_not_served(tmp_path):
    """Its TLS had begun: the handlers that it was meant for have no store any more."""
    certificate, key = CertificateAuthority(tmp_path, now=utc_now).server_files("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    served, accepted = [], asyncio.Event()

    async def serve(request: web.Request) -> web.Response:
        served.append(request)
        return web.Response()

    app = web.Application()
    app.router.add_get("/", serve)
    server = HttpServer(app, name="MCS", ssl_context=context)
    make = server._protocol
    server._protocol = lambda: accepted.set() or make()
    await server.start()
    client = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    async with asyncio.timeout(60):
        await accepted.wait()
    await server.stop()

    def ask():
        trust = ssl.create_default_context(cafile=tmp_path / "ca.crt")
        with suppress(OSError), trust.wrap_socket(client, server_hostname="localhost") as secured:
            secured.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return secured.recv(1000)
        return b""

    assert await asyncio.get_running_loop().run_in_executor(None, ask) == b""
    assert served == []
