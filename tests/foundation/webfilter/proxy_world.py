"""A proxy between real clients and real origins, all on free ports of this machine."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from web_policies import NOON

from foundation.categories.demo import demo_categories
from foundation.webfilter.content import evaluate_content
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.limits import Limits
from foundation.webfilter.proceed import ProceedMemory
from foundation.webfilter.proxy import FilteringProxy

CATEGORIES = demo_categories()


class Origin:
    """A tiny HTTP origin that answers as told and keeps what it was asked."""

    def __init__(self, answer=None):
        self.answer = answer
        self.requests = []
        self.connections = 0
        self.bodies = []

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head)
                self.bodies.append(await self._body(head, reader))
                if not await self._reply(head, reader, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _body(self, head, reader):
        lower = head.lower()
        if b"transfer-encoding: chunked" in lower:
            body = b""
            while size := int(await reader.readline(), 16):
                body += await reader.readexactly(size)
                await reader.readline()
            await reader.readline()
            return body
        if b"content-length: " in lower:
            size = int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            return await reader.readexactly(size)
        return b""

    async def _reply(self, head, reader, writer):
        if self.answer is None:
            body = b"hello from the origin"
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b"
                % (len(body), b"" if head.startswith(b"HEAD") else body)
            )
            await writer.drain()
            return True
        if callable(self.answer):
            return await self.answer(head, reader, writer)
        writer.write(self.answer)
        await writer.drain()
        return True


class Clock:
    def __init__(self):
        self.moment = NOON

    def __call__(self):
        return self.moment

    def advance(self, seconds):
        self.moment += timedelta(seconds=seconds)


class World:
    """The proxy, what it did, and a raw client."""

    def __init__(self, policy, proxy, clock):
        self.policy, self.proxy, self.clock = policy, proxy, clock
        self.activities = []
        self.refusals = []
        self.news = asyncio.Event()

    def note(self, activity):
        self.activities.append(activity)
        self.news.set()

    async def wait_activities(self, count):
        async with asyncio.timeout(60):
            while len(self.activities) < count:
                self.news.clear()
                await self.news.wait()
        return self.activities

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.proxy.port)

    async def raw(self, data):
        """Send bytes, return everything until the proxy closes."""
        reader, writer = await self.connect()
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(60):
            answer = await reader.read()
        writer.close()
        return answer

    async def curl(self, *arguments):
        process = await asyncio.create_subprocess_exec(
            "curl", "-sS", "--max-time", "60", "--proxy", self.proxy.url, *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", "no_proxy": ""},
        )  # fmt: skip
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def proxy_world(policy, origin=None, *, tls=None, limits=None, connect_to=None, **settings):
    """Run a proxy with that policy; `*.example` leads to the origin, port 443 to the TLS one."""
    origin = origin or Origin()
    plain = await asyncio.start_server(origin.serve, "127.0.0.1", 0)
    mapping = {"*.example": plain.sockets[0].getsockname()[:2]}
    secure = None
    if tls is not None:
        secure = await asyncio.start_server(origin.serve, "127.0.0.1", 0, ssl=tls)
        mapping["*.example:443"] = secure.sockets[0].getsockname()[:2]
    clock = Clock()
    world = None

    async def decide(request):
        return evaluate(world.policy, request, CATEGORIES)

    def note(activity):
        world.note(activity)

    proxy = FilteringProxy(
        decide,
        on_activity=note,
        on_refusal=lambda refusal: world.refusals.append(refusal.code),
        proceed=ProceedMemory(now=clock, timeout_s=lambda: world.policy.proceed_timeout_s),
        connect_to={**mapping, **(connect_to or {})},
        now=clock,
        user=settings.pop("user", lambda: "LAB\\ann"),
        limits=limits or Limits(),
        decide_content=lambda verdict, kind: evaluate_content(world.policy, verdict, kind),
        **settings,
    )
    world = World(policy, proxy, clock)
    world.origin = origin
    await proxy.start()
    try:
        yield world
        assert not proxy.tasks.failures
    finally:
        await proxy.stop()
        for server in (plain, secure):
            if server is not None:
                server.close()


def server_tls(folder):
    """A TLS context with a fresh self-signed certificate, and the certificate's file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "news.example")])
    names = [x509.DNSName("news.example"), x509.DNSName("social.example")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "origin.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, file
