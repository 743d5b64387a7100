"""A small LiveConnect over real TLS, written from foundation.protocol.link alone.

It signs whatever CSR comes, keeps what is pushed, hands out the reports that a test put in, and
answers what a test scripted instead.
"""

import asyncio
import json
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from foundation.protocol import link

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
TOKEN = "TokenTokenToken17"
PEM = serialization.Encoding.PEM


class Pki:
    """A CA, and a server certificate for localhost."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.ca, self.certificate, self.key = (
            folder / name for name in ("ca.crt", "server.crt", "server.key")
        )
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker CA")])
        basic = x509.BasicConstraints(ca=True, path_length=0)
        root = self._builder(self._name, self._key.public_key()).add_extension(basic, critical=True)
        self.ca.write_text(self._signed(root))
        server_key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        leaf = self._builder(name, server_key.public_key()).add_extension(names, critical=False)
        self.certificate.write_text(self._signed(leaf))
        self.key.write_bytes(
            server_key.private_bytes(
                PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def sign(self, csr_pem: str) -> str:
        request = x509.load_pem_x509_csr(csr_pem.encode())
        leaf = self._builder(request.subject, request.public_key())
        return self._signed(leaf) + self.ca.read_text()

    @property
    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        context.load_verify_locations(self.ca)
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def _builder(self, name, public_key):
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        subject = x509.SubjectKeyIdentifier.from_public_key(public_key)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(AT - timedelta(days=3650))
            .not_valid_after(AT + timedelta(days=3650))
            .add_extension(issuer, critical=False)
            .add_extension(subject, critical=False)
        )

    def _signed(self, builder) -> str:
        return builder.sign(self._key, hashes.SHA256()).public_bytes(PEM).decode()


class Broker:
    """What the server holds, and what a test may make it do."""

    def __init__(self, pki: Pki) -> None:
        self.pki = pki
        self.calls: list[tuple[str, str, bool]] = []
        self.changesets: list[link.Changeset] = []
        self.reports: list[link.Report] = []
        self.acknowledged: list[int] = []
        self.scripted: list[tuple[str, int, bytes]] = []
        self.epoch = 0
        self.port = 0
        self.changed = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    async def start(self) -> None:
        app = web.Application(client_max_size=50_000_000)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, "127.0.0.1", self.port, ssl_context=self.pki.server_context
        )
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def script(self, path: str, status: int, body: bytes = b"", *, times: int = 1) -> None:
        """Answer so the next times something on this path is asked."""
        self.scripted += [(path, status, body)] * times

    def report(self, *reports: link.Report) -> None:
        self.reports += reports
        self.changed.set()

    async def until(self, condition, timeout_s: float = 60.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def _handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        has_certificate = bool(request.transport.get_extra_info("peercert"))
        self.calls.append((request.method, request.path, has_certificate))
        try:
            for index, (path, status, answer) in enumerate(self.scripted):
                if path in request.path:
                    del self.scripted[index]
                    return web.Response(status=status, body=answer)
            if request.path != link.REGISTER_PATH and not has_certificate:
                return refusal(401, "certificate_missing")
            return await self._answer(request, body)
        finally:
            self.changed.set()

    async def _answer(self, request: web.Request, body: bytes) -> web.Response:
        path = request.path
        if path == link.REGISTER_PATH:
            return self._register(link.RegisterRequest(**json.loads(body)))
        if path == link.LATEST_CHANGESET_PATH:
            last = self.changesets[-1] if self.changesets else None
            held = (last.epoch, last.number) if last else (0, 0)
            return web.json_response({"epoch": held[0], "number": held[1]})
        if path.startswith(link.CHANGESETS_PATH):
            self.changesets.append(link.decode_changeset(body))
        elif path == link.REPORTS_PATH:
            return await self._held_reports()
        elif path == link.ACKNOWLEDGE_PATH:
            numbers = json.loads(body)["reports"]
            self.acknowledged += numbers
            self.reports = [one for one in self.reports if one.number not in numbers]
        elif path == link.TOKEN_RESET_PATH:
            return web.json_response({"registration_token": TOKEN[::-1]})
        return web.json_response({})

    def _register(self, request: link.RegisterRequest) -> web.Response:
        self.epoch += 1
        registration = link.Registration(
            utm_id="utm-1",
            certificate_chain_pem=self.pki.sign(request.csr_pem),
            registration_token=TOKEN,
            epoch=self.epoch,
            mcs_url="https://localhost:4443/mcs",
            mcs_ca_pem=self.pki.ca.read_text(),
        )
        return web.Response(body=link.encode_document(registration))

    async def _held_reports(self) -> web.Response:
        while not self.reports:  # noqa: ASYNC110 - held, as LiveConnect does
            await asyncio.sleep(0.01)
        return web.Response(body=link.encode_reports(tuple(self.reports)))


def refusal(status: int, reason: str, message: str = "no") -> web.Response:
    return web.json_response({"reason": reason, "message": message}, status=status)


def enrolled(number: int, endpoint_id: str, name: str) -> link.Report:
    """The report of a new computer."""
    body = {"computer_name": name, "operating_system": "Windows 10 Pro"}
    return link.Report(number, "enrolled", endpoint_id, AT.isoformat(), body)
