"""A small MCS server over real TLS, written from mcs-protocol.md alone, and an endpoint beside it.

The server checks what a real one may rely on (Content-Length, Authorization) and remembers every
request; it knows nothing of the client's code.
"""

import asyncio
import base64
import hashlib
import ipaddress
import json
import random
import socket
import ssl
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote
from xml.sax.saxutils import escape

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from endpoint.config import McsClientSettings, McsConfig, write_config
from endpoint.handover import Handover
from endpoint.host import HostFolder
from endpoint.identity import Identity, store_identity
from endpoint.logs import ConfigLevel, EndpointLog
from endpoint.mcs_client.client import McsClient
from endpoint.mcs_client.options import McsClientOptions
from foundation.checkpoints import NO_CHECKPOINTS
from foundation.durable.doorbell import EventDoorbell
from foundation.redact import Secret
from utmlab.clock import run_virtual

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
REGISTER = {"WWW-Authenticate": 'Basic realm="register"'}


@dataclass
class Call:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class McsServer:
    """What a server does, and what a test may make it do."""

    calls: list[Call] = field(default_factory=list)
    commands: dict[str, str] = field(default_factory=dict)
    policies: dict[tuple[str, str], bytes] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=lambda: {"TokenTokenToken17"})
    answers: list[tuple[str, str, int, dict[str, str], bytes]] = field(default_factory=list)
    device_id: str = "device-1"
    poll_times: list[float] = field(default_factory=list)
    service_s: float = 0.0
    cookie: str = ""
    port: int = 0

    def __post_init__(self) -> None:
        self._changed = asyncio.Event()
        self._counter = 0

    def enrol(self, endpoint_id: str = "EID-0001", password: str = "pass-0001") -> Identity:
        self.passwords[endpoint_id] = password
        return Identity(endpoint_id, Secret(password))

    def fail(self, method, part, status, *, times=1, headers=None, body=b"") -> None:
        """Script answers; the status 0 hangs up instead of answering."""
        self.answers += [(method, part, status, headers or {}, body)] * times

    def assign(self, app: str, policy_type: int, body: bytes, *, policy_id: str = "") -> str:
        policy_id = policy_id or hashlib.sha256(body).hexdigest()
        self.policies[app, policy_id] = body
        listed = (
            f'<policyAssignment><appId policyType="{policy_type}">{app}</appId>'
            f"<policyId>{policy_id}</policyId></policyAssignment>"
        )
        return self.queue("APPSPROXY", apps_proxy("policyAssignments", listed))

    def queue(self, app: str, body: str, *, command_id: str = "") -> str:
        self._counter += 1
        command_id = command_id or str(self._counter)
        self.commands[command_id] = (
            f"<command><id>{command_id}</id><seq>1</seq><appId>{app}</appId>"
            f"<creationTime>2026-11-20T12:00:00.000Z</creationTime><ttl>PT10000S</ttl>"
            f"<body>{escape(body)}</body></command>"
        )
        return command_id

    def made(self, method: str, part: str) -> list[Call]:
        return [call for call in self.calls if call.method == method and part in call.path]

    async def until(self, condition: Callable[[], bool], *, timeout_s: float = 600) -> None:
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def handle(self, request: web.Request) -> web.Response:
        path = request.raw_path.removeprefix("/mcs")
        body = await request.read()
        headers = dict(request.headers)
        assert "Content-Length" in headers
        self.calls.append(Call(request.method, path, headers, body))
        if "/commands/applications/" in path:
            self.poll_times.append(asyncio.get_running_loop().time())
        try:
            if self.service_s:
                await asyncio.sleep(self.service_s)
            scripted = self._scripted(request.method, path)
            if scripted is not None and scripted.status == 0:
                request.transport.abort()
            return scripted or self._answer(request, path)
        finally:
            self._changed.set()

    def _scripted(self, method: str, path: str) -> web.Response | None:
        for index, (wanted, part, status, headers, body) in enumerate(self.answers):
            if wanted == method and part in path:
                del self.answers[index]
                return web.Response(status=status, headers=headers, body=body)
        return None

    def _answer(self, request: web.Request, path: str) -> web.Response:
        if path in {"", "/"}:
            assert "Authorization" not in request.headers
            return web.Response(text="capabilities")
        scheme, _, encoded = request.headers["Authorization"].partition(" ")
        if path.startswith("/v2/"):
            assert (scheme, encoded) == ("Bearer", "jwt")
            assert request.headers["X-Device-ID"] == self.device_id
            return web.Response()
        assert scheme == "Basic"
        shown = base64.b64decode(encoded).decode().split(":")
        if path == "/register":
            return self._register(*shown)
        if self.passwords.get(shown[0]) != shown[1]:
            return web.Response(status=401, headers=REGISTER)
        response = self._authorized(request.method, path)
        if self.cookie:
            response.headers["Set-Cookie"] = f"{self.cookie}; Path=/; Secure"
        return response

    def _register(self, old_id: str, old_password: str, token: str) -> web.Response:
        if token not in self.tokens:
            return web.Response(status=401, headers={"X-Refusal-Reason": "token_unknown"})
        new_id = old_id or f"EID-{len(self.passwords) + 1:04}"
        self.passwords[new_id] = f"secret-{len(self.calls)}"
        text = f"{new_id}:{self.passwords[new_id]}"
        return web.Response(body=base64.b64encode(text.encode()))

    def _authorized(self, method: str, path: str) -> web.Response:
        parts = path.strip("/").split("/")
        if path.startswith("/commands/applications/"):
            return web.Response(body=commands_document(self.commands.values()))
        if method == "DELETE":
            for command_id in parts[-1].split(";"):
                if self.commands.pop(unquote(command_id), None) is None:
                    return web.Response(status=404)
            return web.Response()
        if parts[0] == "policy":
            body = self.policies.get((parts[-2], parts[-1]))
            return web.Response(status=404) if body is None else web.Response(body=body)
        if parts[0] == "authenticate":
            answer = {
                "access_token": "jwt",
                "token_type": "Bearer",
                "expires_in": 86400,
                "role": "endpoint",
                "device_id": self.device_id,
                "tenant_id": "tenant-1",
            }
            return web.Response(body=json.dumps(answer).encode())
        return web.Response(body=b'{"flag": true}' if parts[0] == "flags" else b"")


def apps_proxy(kind: str, listed: str) -> str:
    return (
        f'<?xml version="1.0"?><ns:{kind} xmlns:ns="http://www.sophos.com/xml/mcs/{kind}">'
        f'<meta protocolVersion="1.0"/>{listed}</ns:{kind}>'
    )


def commands_document(commands) -> bytes:
    root = '<ns:commands xmlns:ns="http://www.sophos.com/xml/mcs/commands" schemaVersion="1.0">'
    return f'<?xml version="1.0"?>\n{root}{"".join(commands)}</ns:commands>'.encode()


def policy_document(policy_type: int, rev_id: str, inside: str = "") -> bytes:
    return (
        '<?xml version="1.0"?><policy xmlns:csc="com.sophos\\msys\\csc" type="x">'
        f'<csc:Comp RevID="{rev_id}" policyType="{policy_type}"/>{inside}</policy>'
    ).encode()


def mcs_policy(rev_id: str = "r1", *, delay_s: int = 20, device_id: str = "device-1") -> bytes:
    inside = (
        '<configuration xmlns="http://www.sophos.com/xml/msys/mcspolicy.xsd">'
        f"<deviceId>{device_id}</deviceId><messageRelays/>"
        f'<commandPollingDelay default="{delay_s}"/></configuration>'
    )
    return policy_document(25, rev_id, inside)


@dataclass
class Pki:
    ca: Path
    certificate: Path
    key: Path

    @property
    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_pki(folder: Path) -> Pki:
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
    begin, end = START - timedelta(days=3650), START + timedelta(days=3650)

    def builder(name: x509.Name, public_key) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(ca_name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
        )

    ca = (
        builder(ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    leaf_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    leaf = (
        builder(leaf_name, key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    pki = Pki(folder / "ca.crt", folder / "server.crt", folder / "server.key")
    pki.ca.write_bytes(ca.public_bytes(pem))
    pki.certificate.write_bytes(leaf.public_bytes(pem))
    pki.key.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pki


@dataclass
class Lab:
    """One endpoint and one server."""

    host: HostFolder
    server: McsServer
    pki: Pki
    now: Callable[[], datetime]

    def __post_init__(self) -> None:
        self.handover = Handover(
            self.host, persist_bell=EventDoorbell(), spool_bell=EventDoorbell()
        )

    def configure(self, *, token: str = "", level: str = "0", port: int | None = None) -> None:
        settings = McsClientSettings(
            servers=(f"https://localhost:{port or self.server.port}/mcs",),
            registration_token=Secret(token),
            log_level=level,
        )
        write_config(self.host.config_file, McsConfig(client=settings))

    def enrolled(self) -> Identity:
        identity = self.server.enrol()
        store_identity(self.host, identity)
        return identity

    def client(self, *, checkpoints=NO_CHECKPOINTS, **options) -> McsClient:
        log = EndpointLog(
            self.host.client_log, ConfigLevel(self.host.config_file, "McsClient"), self.now
        )
        return McsClient(
            self.host,
            handover=self.handover,
            log=log,
            now=self.now,
            rng=random.Random(7),
            options=McsClientOptions(**options),
            checkpoints=checkpoints,
        )

    @asynccontextmanager
    async def running(self, **options):
        client = self.client(**options)
        await client.start()
        try:
            yield client
        finally:
            await client.stop()
        assert not client._tasks.failures

    @property
    def log(self) -> str:
        return self.host.client_log.read_text()

    def queued(self) -> list[Path]:
        return sorted(self.host.command_queue.glob("*.json"))


@asynccontextmanager
async def open_lab(folder: Path, pki: Pki, now: Callable[[], datetime]):
    server = McsServer()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/{tail:.*}", server.handle)
    runner = web.AppRunner(app, keepalive_timeout=86_400, access_log=None, auto_decompress=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=pki.server_context)
    await site.start()
    server.port = runner.addresses[0][1]
    lab = Lab(HostFolder(folder / "pc1"), server, pki, now)
    lab.host.server_ca.parent.mkdir(parents=True)
    lab.host.server_ca.write_bytes(pki.ca.read_bytes())
    lab.configure()
    try:
        yield lab
    finally:
        await runner.cleanup()


@pytest.fixture(scope="session")
def pki(tmp_path_factory) -> Pki:
    return make_pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def in_virtual_time(tmp_path, pki):
    """Run ``story(lab)`` on a loop whose clock jumps."""

    def run(story):
        async def main(clock):
            async with open_lab(tmp_path, pki, clock.now) as lab:
                return await story(lab)

        return run_virtual(main, start=START)

    return run


@pytest.fixture
def documents():
    """The server's documents, for tests that make their own."""

    class Documents:
        policy = staticmethod(policy_document)
        mcs = staticmethod(mcs_policy)
        apps_proxy = staticmethod(apps_proxy)
        register = REGISTER
        start = START
        make_pki = staticmethod(make_pki)

    return Documents


@pytest.fixture
def port_of_nobody():
    """A port that is taken, so that no other process gets it, and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
