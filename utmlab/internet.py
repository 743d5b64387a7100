"""The lab's own small internet: a page for every host under .example and .test, on loopback.

A filter can only be watched at work when there is something to fetch, and nothing in the lab
calls out by itself. This server answers for any name of the two reserved zones (RFC 2606) with a
small page that names the host and the path, over HTTP and HTTPS. Proxies find it by a
connect-to map instead of the resolver; HTTPS clients trust its throwaway CA file. Such a map gives
one address per host, so both schemes share one port: the first byte of a connection tells a TLS
hello from a request.

Invariants:

* Loopback only, a free port, nothing outside the given folder is written.
* A host outside the two zones is answered 421: it was not meant for the lab.
* Three names in each zone have a certificate that nobody should believe: `expired`, `self-signed`
  and `wrong-name` (of another host), for whoever looks into HTTPS.
* The certificate is made anew at every start; its key is gone with the folder.

Provenance: ours.

Example:
    internet = LabInternet(folder, now=utc_now)
    await internet.start()
    proxy = FilteringProxy(..., connect_to=internet.connect_to())
"""

from __future__ import annotations

import asyncio
import html
import socket
import ssl
from datetime import timedelta
from typing import TYPE_CHECKING

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from foundation.durable.files import write_atomic, write_secret
from foundation.net.tls import server_context
from foundation.service import Service, Tasks

if TYPE_CHECKING:
    from pathlib import Path

    from foundation.service import Now

ZONES = ("example", "test")
VALID_DAYS = 365
EXPIRED, SELF_SIGNED, WRONG_NAME = "expired", "self-signed", "wrong-name"
SHUTDOWN_S = 1.0
FIRST_BYTE_S = 60.0
TLS_HANDSHAKE = b"\x16"

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{host}</title></head>
<body><h1>{host}</h1><p>{method} {path}</p><p>This page is served by the lab itself.</p></body>
</html>
"""


def is_lab_host(host: str) -> bool:
    """Whether a host name lies in one of the lab's zones."""
    return host.lower().rstrip(".").rpartition(".")[2] in ZONES and "." in host.rstrip(".")


class LabInternet(Service):
    """A web server for every host of the lab's zones.

    Args:
        folder: where the CA certificate and the host certificates lie.
        now: the time at which certificates begin to be valid.
    """

    def __init__(self, folder: Path, *, now: Now) -> None:
        self._authority = _Authority(folder, now)
        self._listener: _TwoSchemes | None = None
        self._requests: list[tuple[str, str]] = []

    @property
    def ca_file(self) -> Path:
        """PEM file of the CA that HTTPS clients have to trust."""
        return self._authority.ca_file

    @property
    def port(self) -> int:
        """The port for http and https; 0 while stopped."""
        return self._listener.port if self._listener else 0

    @property
    def requests(self) -> tuple[tuple[str, str], ...]:
        """Host and path of every page served, in order: what really got through a filter."""
        return tuple(self._requests)

    def connect_to(self) -> dict[str, tuple[str, int]]:
        """Return the connect-to map that leads a proxy here."""
        return {f"*.{zone}": ("127.0.0.1", self.port) for zone in ZONES}

    async def start(self) -> None:
        """Make the CA's certificate and listen."""
        self._authority.create()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._listener = _TwoSchemes(app, self._authority.server_context())
        await self._listener.start()

    async def stop(self) -> None:
        """Close the listener and every connection."""
        if self._listener is not None:
            await self._listener.stop()
            self._listener = None

    async def _answer(self, request: web.Request) -> web.Response:
        host = request.url.host or ""
        if not is_lab_host(host):
            return web.Response(status=421, text=f"{host} is not a host of the lab\n")
        self._requests.append((host, request.path_qs))
        accepted = request.headers.get("Accept", "*/*")
        if "html" not in accepted and "*/*" not in accepted:
            return web.Response(text=f"{host} {request.path_qs}\n")
        page = _PAGE.format(
            host=html.escape(host),
            method=html.escape(request.method),
            path=html.escape(request.path_qs),
        )
        return web.Response(text=page, content_type="text/html")


class _TwoSchemes:
    """One port for one application, in clear and over TLS."""

    def __init__(self, app: web.Application, context: ssl.SSLContext) -> None:
        self._runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=SHUTDOWN_S
        )
        self._context = context
        self._tasks = Tasks()
        self._socket = socket.socket()
        self.port = 0

    async def start(self) -> None:
        await self._runner.setup()
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self.port = self._socket.getsockname()[1]
        self._tasks.start(self._accept(), name="lab web accept")

    async def stop(self) -> None:
        await self._tasks.close()
        self._socket.close()
        await self._runner.cleanup()

    async def _accept(self) -> None:
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(self._socket)
            self._tasks.start(self._hand_over(connection), name="lab web connection")

    async def _hand_over(self, connection: socket.socket) -> None:
        """Look at the first byte without taking it, and give the connection to aiohttp."""
        server = self._runner.server
        assert server is not None  # noqa: S101  # set up before the first connection
        try:
            async with asyncio.timeout(FIRST_BYTE_S):
                await _readable(connection)
                hello = connection.recv(1, socket.MSG_PEEK) == TLS_HANDSHAKE
                await asyncio.get_running_loop().connect_accepted_socket(
                    server, connection, ssl=self._context if hello else None
                )
        except OSError:  # a client that went away or refused our certificate; TimeoutError too
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise


async def _readable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    something: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not something.done():
            something.set_result(None)

    loop.add_reader(connection, wake)
    try:
        await something
    finally:
        loop.remove_reader(connection)


class _Authority:
    """A throwaway CA and one certificate per host, chosen by the name the client asks for.

    A wildcard would not do: it reaches one label only, and `*.example` is refused as too wide.
    """

    def __init__(self, folder: Path, now: Now) -> None:
        self._folder = folder
        self._now = now
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "utmlab web, throwaway")])
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.ca_file = folder / "ca.crt"

    def create(self) -> None:
        """Write the CA's certificate."""
        if self._contexts:
            return
        ca = (
            self._builder(self._name, self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        write_atomic(self.ca_file, ca.public_bytes(serialization.Encoding.PEM), sync=False)

    def server_context(self) -> ssl.SSLContext:
        """Return the context of the listener, which picks the certificate by server name."""
        default = self._context("www.example")
        default.sni_callback = self._choose
        return default

    def _choose(
        self, connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext
    ) -> int | None:
        if name is None or not is_lab_host(name):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = self._context(name.lower())
        return None

    def _context(self, host: str) -> ssl.SSLContext:
        if host not in self._contexts:
            key = ec.generate_private_key(ec.SECP256R1())
            chain = self._folder / "hosts" / f"{host}.crt"
            secret = self._folder / "hosts" / f"{host}.key"
            certificate = self._certificate(host, key)
            write_atomic(chain, certificate.public_bytes(serialization.Encoding.PEM), sync=False)
            write_secret(
                secret,
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                ),
            )
            self._contexts[host] = server_context(certificate=chain, key=secret, now=self._now)
        return self._contexts[host]

    def _certificate(self, host: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        kind = host.partition(".")[0]
        named = f"another.{host.rpartition('.')[2]}" if kind == WRONG_NAME else host
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, named[:64])])
        authority, signer = (subject, key) if kind == SELF_SIGNED else (self._name, self._key)
        age = timedelta(days=VALID_DAYS + 2) if kind == EXPIRED else timedelta(0)
        return (
            self._builder(subject, authority, key, age=age)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(named)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(signer, hashes.SHA256())
        )

    def _builder(
        self,
        subject: x509.Name,
        authority: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        age: timedelta = timedelta(0),
    ) -> x509.CertificateBuilder:
        begin = self._now() - age - timedelta(days=1)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + timedelta(days=VALID_DAYS + 1))
        )
