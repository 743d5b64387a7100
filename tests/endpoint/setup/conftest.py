"""A host, services that only pretend, and a real HTTPS server with one package."""

import asyncio
import io
import ipaddress
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from endpoint.host import HostFolder
from endpoint.identity import Identity, store_identity
from endpoint.service_table import AUTOUPDATE, MCS_AGENT, MCS_CLIENT, WEB_CONTROL, ServiceTable
from endpoint.services import TaskServices
from endpoint.setup.archive import Broker
from endpoint.setup.log import SetupLog
from endpoint.setup.steps import Bench
from foundation.checkpoints import NO_CHECKPOINTS
from foundation.durable.doorbell import EventDoorbell
from foundation.durable.files import write_atomic
from foundation.net.http_server import HttpServer
from foundation.net.tls import server_context
from foundation.protocol.alc_policy import AlcPolicy
from foundation.protocol.content import describe_package
from foundation.protocol.mcs_policy import McsPolicy
from foundation.protocol.policies import seal
from foundation.redact import Secret
from foundation.service import Service

AT = datetime(2026, 11, 20, 23, 20, 18, tzinfo=UTC)
TOKEN = "FIHHKTHE8O9YTc9c9"


def now():
    return AT


def archive_of(**files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    return data.getvalue()


def make_certificate(folder):
    """A CA that is its own server: one file, as small as a test needs."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA384())
    )
    (folder / "server.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


class Shelf:
    """What the server has: one package, which a test may exchange."""

    def __init__(self):
        self.package = archive_of(**{"SavMain.txt": "anti-virus"})
        self.manifest = describe_package("SAV", "10.8.4", "sav.zip", self.package, AT)
        self.downloads = 0
        self.url = ""

    async def serve_manifest(self, request):
        return web.Response(body=self.manifest.encode())

    async def serve_package(self, request):
        self.downloads += 1
        return web.Response(body=self.package)


@pytest.fixture
async def shelf(tmp_path):
    make_certificate(tmp_path)
    shelf = Shelf()
    app = web.Application()
    app.router.add_get("/software/SAV/manifest.json", shelf.serve_manifest)
    app.router.add_get("/software/SAV/sav.zip", shelf.serve_package)
    context = server_context(
        certificate=tmp_path / "server.crt", key=tmp_path / "server.key", now=now
    )
    server = HttpServer(app, name="shelf", host="127.0.0.1", port=0, ssl_context=context)
    await server.start()
    shelf.url = f"https://localhost:{server.port}"
    yield shelf
    await server.stop()


class Idle(Service):
    async def start(self):
        pass

    async def stop(self):
        pass


class Site:
    """One host and everything that setup needs on it."""

    def __init__(self, host, shelf, ca_pem):
        self.host = host
        self.shelf = shelf
        self.ca_pem = ca_pem
        self.registrations = 0
        self.refusal = None
        self.has_policies = True
        self.lines = []
        factories = {MCS_AGENT: Idle, WEB_CONTROL: Idle, AUTOUPDATE: Idle}
        self.services = TaskServices(
            {**factories, MCS_CLIENT: self.client}, table=ServiceTable(host)
        )

    def client(self):
        """The client brings the policies once there is an identity."""
        if self.has_policies and self.host.identity_file.exists():
            mcs = McsPolicy(servers=(self.shelf.url,)).encode()
            alc = AlcPolicy(server_url=self.shelf.url, interval_minutes=15).encode()
            write_atomic(self.host.persist / "MCS-25_policy.xml", seal(mcs)[1])
            write_atomic(self.host.persist / "ALC-1_policy.xml", seal(alc)[1])
        return Idle()

    async def register(self, token):
        await asyncio.sleep(0)
        if self.refusal is not None:
            raise self.refusal
        self.registrations += 1
        identity = Identity(f"EP-{self.registrations}", Secret("password"))
        store_identity(self.host, identity)
        return identity

    def bench(self, *, token=TOKEN, checkpoints=NO_CHECKPOINTS, deadline_s=60.0):
        return Bench(
            host=self.host,
            token=Secret(token),
            broker=Broker(mcs_url=f"{self.shelf.url}/ep", ca_pem=self.ca_pem),
            services=self.services,
            register=self.register,
            persist_bell=EventDoorbell(),
            log=SetupLog(self.host, now, self.lines.append),
            now=now,
            policies_deadline_s=deadline_s,
            checkpoints=checkpoints,
        )


@pytest.fixture
def site(tmp_path, shelf):
    return Site(HostFolder(tmp_path / "laptop"), shelf, (tmp_path / "server.crt").read_bytes())


@pytest.fixture
def token():
    return TOKEN
