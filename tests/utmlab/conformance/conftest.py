"""A small MCS server that is right in everything but the faults it is told to have.

Written on raw streams, so that it can be wrong in framing too.
"""

import asyncio
import base64
import hashlib
import ipaddress
import json
import random
import re
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from xml.sax.saxutils import escape, unescape

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from utmlab.conformance import Target, check_server

TOKEN = "Ab3Ab3Ab3Ab3Ab3Ab"
BASE = "/sophos/management/ep"
REALM = {"WWW-Authenticate": 'Basic realm="register"'}
CSC = 'xmlns:csc="com.sophos\\msys\\csc"'
KNOWN_APPS = {"AGENT", "APPSPROXY", "MCS", "ALC", "SAV"}
TIME = "2026-11-20T23:20:17.000Z"


def now():
    return datetime(2026, 11, 20, 23, 20, 17, 56_068, tzinfo=UTC)


class Answered(Exception):  # noqa: N818  # how a call ends, not an error
    def __init__(self, status=200, body="", headers=None):
        self.status = status
        self.body = body.encode() if isinstance(body, str) else body
        self.headers = headers or {}


class McsDouble:
    def __init__(self, *faults):
        self.faults = set(faults)
        self.endpoints = {}
        self.requests = []
        self.wounded = False
        self.tokens = 0
        self.port = 0

    def has(self, fault):
        return fault in self.faults

    # ---- framing

    async def serve(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                method, path, _ = lines[0].split(" ")
                headers = dict(line.split(": ", 1) for line in lines[1:] if line)
                self.requests.append((method, path, headers))
                body = await reader.readexactly(int(headers["Content-Length"]))
                try:
                    self.answer(
                        method, path.removeprefix(BASE), headers, body.decode(errors="replace")
                    )
                except Answered as answer:
                    writer.write(self.frame(answer))
                    await writer.drain()
                    if self.has("close-always") or (
                        answer.status != 200 and self.has("no-length-on-errors")
                    ):
                        break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def frame(self, answer):
        version = "HTTP/1.0" if self.has("http-1.0") else "HTTP/1.1"
        headers = dict(answer.headers)
        body = answer.body
        if self.has("garbage"):
            return b"SMTP ready\r\n"
        if self.has("chunked"):
            headers["Transfer-Encoding"] = "chunked"
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        elif not (answer.status != 200 and self.has("no-length-on-errors")):
            headers["Content-Length"] = str(len(body) + self.has("short-body"))
        if self.has("compressed"):
            headers["Content-Encoding"] = "gzip"
        if self.has("cookie") or self.has("bad-cookie"):
            headers["Set-Cookie"] = "SID; Path=/" if self.has("bad-cookie") else "SID=1; Path=/"
        if self.has("closing-header"):
            headers["Connection"] = "close"
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        interim = b"HTTP/1.1 103 Early Hints\r\n\r\n" if self.has("interim") else b""
        return interim + f"{version} {answer.status} X\r\n{head}\r\n".encode() + body

    # ---- calls

    def answer(self, method, path, headers, body):
        if path == "":
            raise Answered(500 if self.wounded or self.has("capabilities-500") else 200)
        if path == "/register":
            self.register(headers, body)
        if path == "/install/deployment-info/2":
            self.deployment(headers)
        if path.startswith("/v2/"):
            self.version_2(path, headers)
        if self.has("flags-open") and path.startswith("/flags/"):
            raise Answered(200, "{}")
        endpoint_id = self.authorized(headers)
        named = re.search(r"/endpoint/([^/]+)", path)
        if named and named[1] != endpoint_id and not self.has("any-endpoint"):
            raise Answered(403)
        for pattern, call in (
            (r"/commands/applications/[A-Z;]+/endpoint/[^/]+", self.poll),
            (r"/commands/endpoint/[^/]+/(.+)", self.acknowledge),
            (r"/policy/application/([^/]+)/(.+)", self.policy),
            (r"/policy/fragment/application/[^/]+/(.+)", self.fragment),
            (r"/authenticate/endpoint/[^/]+/role/endpoint", self.authenticate),
            (r"/flags/endpoint/[^/]+", self.flags),
            (r"/statuses/endpoint/[^/]+", self.statuses),
            (r"/events/endpoint/[^/]+", self.events),
        ):
            found = re.fullmatch(pattern, path)
            if found:
                call(self.endpoints[endpoint_id], method, body, *found.groups())
        raise Answered(500 if self.has("unknown-500") else 404)

    def register(self, headers, body):
        if "<!DOCTYPE" in body and not self.has("doctype-accepted"):
            self.wounded = self.has("wounded-by-doctype")
            raise Answered(400)
        old, _, token = base64.b64decode(headers["Authorization"][6:]).decode().split(":")
        if token != TOKEN and not self.has("any-token"):
            raise Answered(401)
        if old and self.has("no-second-registration"):
            raise Answered(403)
        new = old or ("E1" if self.has("same-id") else f"E{len(self.endpoints) + 1}")
        if self.has("slash-in-id"):
            new += "/x"
        self.endpoints[new] = {
            "password": f"{new}-secret",
            "commands": self.first_commands(),
            "seen": [],
        }
        pair = new if self.has("no-password") else f"{new}:{new}-secret"
        raise Answered(200, pair if self.has("plain-register") else base64.b64encode(pair.encode()))

    def deployment(self, headers):
        if self.has("no-deployment"):
            raise Answered(404)
        known = base64.b64decode(headers["Authorization"][6:]).decode() == TOKEN
        if not known and not self.has("any-customer"):
            raise Answered(401)
        document = {"dciFileName": "0" * 32, "registrationToken": TOKEN, "products": []}
        if self.has("no-products"):
            del document["products"]
        raise Answered(200, json.dumps(document))

    def authorized(self, headers):
        value = headers.get("Authorization", "")
        if not value:
            raise Answered(401)
        try:
            given, colon, password = (
                base64.b64decode(value[6:], validate=True).decode().partition(":")
            )
            assert colon
        except (ValueError, AssertionError):
            raise Answered(500 if self.has("breaks-on-malformed") else 400) from None
        if given not in self.endpoints:
            if self.has("unknown-403"):
                raise Answered(403)
            raise Answered(401, "", {} if self.has("no-realm") else self.realm())
        right = self.endpoints[given]["password"]
        if password != right and not self.has("password-unchecked"):
            raise Answered(401, "", self.realm())
        return given

    def realm(self):
        return {"WWW-Authenticate": "Basic realm=register"} if self.has("realm-unquoted") else REALM

    # ---- commands

    def first_commands(self):
        if self.has("no-commands"):
            return {}
        prefix = "mcs" if self.has("assignment-prefix") else "ns"
        body = (
            f'<{prefix}:policyAssignments xmlns:{prefix}="http://www.sophos.com/xml/mcs/'
            'policyAssignments"><meta protocolVersion="1.0"/>'
            + "".join(
                f'<policyAssignment><appId policyType="{kind}">{app}</appId>'
                f"<policyId>{app}-policy</policyId></policyAssignment>"
                for app, kind in (("MCS", 25), ("ALC", 1))
            )
            + f"</{prefix}:policyAssignments>"
        )
        commands = {"1": ("APPSPROXY", body)}
        if self.faults & {"fragments", "fragment-names", "same-command-id"}:
            pieces = "".join(
                f'<fragment seq="{n}" id="{name}"/>' for n, name in enumerate(self.pieces())
            )
            commands["2"] = (
                "APPSPROXY",
                (
                    '<ns:policyFragments xmlns:ns="http://www.sophos.com/xml/mcs/policyFragments">'
                    '<meta protocolVersion="1.0"/><fragments><appId policyType="2">SAV</appId>'
                    f"{pieces}</fragments></ns:policyFragments>"
                ),
            )
        if self.has("mcs-action"):
            commands["3"] = ("MCS", "<action/>")
        return commands

    def poll(self, endpoint, _method, _body):
        if self.has("poll-403"):
            raise Answered(403)
        root = "mcs:commands" if self.has("commands-prefix") else "ns:commands"
        tag = "ns:command" if self.has("command-prefix") else "command"
        namespace = root.partition(":")[0]
        items = []
        for command_id, (app, body) in endpoint["commands"].items():
            shown = "1" if self.has("same-command-id") else command_id
            ident = "" if self.has("no-command-id") else f"<id>{shown}</id>"
            created = "20.11.2026" if self.has("bad-times") else TIME
            ttl = "10000" if self.has("bad-ttl") else "PT10000S"
            text = "" if self.has("no-command-body") else escape(body)
            items.append(
                f"<{tag}>{ident}<seq>1</seq><appId>{app}</appId><creationTime>{created}"
                f"</creationTime><ttl>{ttl}</ttl><body>{text}</body></{tag}>"
            )
        if self.has("forgets-commands"):
            endpoint["commands"] = {}
        xml = (
            f'<?xml version="1.0"?><{root} xmlns:{namespace}="http://www.sophos.com/xml/mcs/commands"'
            f' xmlns:ns="x" schemaVersion="1.0">{"".join(items)}</{root}>'
        ).replace(' xmlns:ns="x"', ' xmlns:ns="x"' if namespace != "ns" else "")
        raise Answered(200, xml[: len(xml) // 2] if self.has("cut-commands") else xml)

    def acknowledge(self, endpoint, method, _body, ids):
        if method == "GET" and self.has("no-get-ack"):
            raise Answered(405)
        if self.has("one-id-only") and ";" in ids:
            raise Answered(404)
        if self.has("unknown-ack-500") and not set(ids.split(";")) & set(endpoint["commands"]):
            raise Answered(500)
        if not self.has("ack-ignored"):
            for command_id in ids.split(";"):
                endpoint["commands"].pop(command_id, None)
        endpoint["acknowledged"] = True
        raise Answered(204 if self.has("ack-204") else 200)

    # ---- policies

    def policy(self, endpoint, _method, _body, app, policy_id):
        if policy_id not in ("MCS-policy", "ALC-policy") and not self.has("any-policy"):
            raise Answered(404)
        if endpoint.get("acknowledged") and self.has("policy-gone-after-ack"):
            raise Answered(404)
        if self.has("policy-500"):
            raise Answered(500)
        changed = "<!-- -->" if endpoint.get("acknowledged") and self.has("policy-changes") else ""
        raise Answered(200, (self.mcs_policy() if app == "MCS" else self.alc_policy()) + changed)

    def comp(self, number):
        rev = "" if self.has("empty-rev") else "r" * 64
        prefix = "x" if self.has("comp-prefix") else "csc"
        number = 26 if self.has("other-type") else number
        one = f'<{prefix}:Comp RevID="{rev}" policyType="{number}"/>'
        return one * (2 if self.has("two-comps") else 1)

    def mcs_policy(self):
        kind = "other" if self.has("mcs-type") else "mcs"
        relays = "" if self.has("no-relays") else "<messageRelays/>"
        if self.has("relay") or self.has("relay-port"):
            port = "x" if self.has("relay-port") else "8190"
            one = f'<messageRelay priority="0" port="{port}" address="a" id="E1"/>'
            relays = f"<messageRelays>{one}</messageRelays>"
        server = "https://a b//c" if self.has("bad-server") else f"https://localhost:4443{BASE}"
        delay = {"delay-text": "20s", "delay-short": "1"}
        value = next((v for f, v in delay.items() if self.has(f)), "20")
        flags = '<flagsPollingInterval default="14400"/>' * (2 if self.has("flags-twice") else 1)
        device = "other" if self.has("device-mismatch") else "D1"
        push = f"https://127.0.0.1:{self.port}{BASE}"
        if self.has("push-in-full"):
            push += "/v2/push/device/D1"
        pushes = f"<pushServers><pushServer>{push}</pushServer></pushServers>"
        doctype = "<!DOCTYPE policy>" if self.has("policy-doctype") else ""
        x = ' xmlns:x="com.sophos\\msys\\csc"' if self.has("comp-prefix") else ""
        return (
            f'{doctype}<policy {CSC}{x} type="{kind}"><meta protocolVersion="1.1"/>{self.comp(25)}'
            f'<configuration xmlns="http://www.sophos.com/xml/msys/mcspolicy.xsd">'
            f"<deviceId>{device}</deviceId><servers><server>{server}</server></servers>{relays}"
            f'<commandPollingDelay default="{value}"/>{flags}'
            f"{pushes if not self.has('no-push') else ''}</configuration></policy>"
        )

    def alc_policy(self):
        x = ' xmlns:x="com.sophos\\msys\\csc"' if self.has("comp-prefix") else ""
        root = "update" if self.has("alc-root") else "AUConfigurations"
        return f"<{root} {CSC}{x}>{self.comp(1)}</{root}>"

    def pieces(self):
        whole = f"<config {CSC}>{self.comp(2)}</config>"
        parts = [whole[:20], whole[20:]]
        if self.has("fragment-names"):
            return {f"piece{n}": part for n, part in enumerate(parts)}
        return {hashlib.sha256(part.encode()).hexdigest(): part for part in parts}

    def fragment(self, _endpoint, _method, _body, name):
        raise Answered(200, self.pieces()[name])

    # ---- tokens and flags

    def authenticate(self, _endpoint, _method, _body):
        self.tokens += 1
        if self.has("token-text"):
            raise Answered(200, "token")
        document = {
            "access_token": "t.o.k",
            "token_type": "Bearer",
            "expires_in": 600 if self.has("expires-600") else 86400,
            "role": "endpoint",
            "device_id": f"D{self.tokens}" if self.has("device-changes") else "D1",
            "tenant_id": "T1",
        }
        if self.has("no-tenant"):
            del document["tenant_id"]
        if self.has("no-access-token"):
            del document["access_token"]
        if self.has("no-expiry"):
            del document["expires_in"]
        raise Answered(200, json.dumps(document))

    def flags(self, _endpoint, _method, _body):
        if self.has("flags-list"):
            raise Answered(200, "[]")
        value = "yes" if self.has("flags-text") else True
        raise Answered(201 if self.has("flags-201") else 200, json.dumps({"a.b": value}))

    def version_2(self, path, headers):
        if self.has("no-version-2"):
            raise Answered(404)
        if headers["Authorization"] != "Bearer t.o.k" and not self.has("any-bearer"):
            raise Answered(401)
        kind = "text/html" if self.has("push-html") else "text/event-stream"
        more = {"Content-Type": kind} if path.startswith("/v2/push/") else {}
        raise Answered(500 if self.has("version-2-500") else 200, "", more)

    # ---- reports

    def statuses(self, _endpoint, _method, body):
        if "<!DOCTYPE" in body and not self.has("doctype-accepted"):
            raise Answered(400)
        for app, created, inner in re.findall(
            r"<status><appId>(\w+)</appId><creationTime>([^<]+)<.*?<body>(.*?)</body>", body
        ):
            self.check_time(created)
            plain = unescape(inner)
            if app not in KNOWN_APPS and self.has("unknown-app-400"):
                raise Answered(400)
            if plain.startswith("<StatusAndConfig") and self.has("plain-only"):
                raise Answered(400)
            if "Same" in plain and self.has("same-refused"):
                raise Answered(409)
        raise Answered(202 if self.has("statuses-202") else 200)

    def events(self, endpoint, _method, body):
        found = re.findall(r"<creationTime>([^<]+)</creationTime>.*?<id>(\w+)</id>", body)
        for created, event_id in found:
            self.check_time(created)
            if event_id in endpoint["seen"] and self.has("events-once"):
                raise Answered(409)
            endpoint["seen"].append(event_id)
        if len(found) > 10 and self.has("small-batches"):
            raise Answered(413)
        raise Answered(200)

    def check_time(self, created):
        if self.has("padded-only") and not re.search(r"\.\d{6}Z$", created):
            raise Answered(400)


@pytest.fixture(scope="session")
def contexts(tmp_path_factory):
    """Return the TLS contexts of a server and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "conformance test")])
    addresses = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName(addresses), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path_factory.mktemp("tls") / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=pem)


@pytest.fixture
def mcs_server(contexts):
    """Return a context manager that serves a double with the given faults and gives its target."""

    @asynccontextmanager
    async def serving(*faults, **options):
        double = McsDouble(*faults)
        server = await asyncio.start_server(double.serve, "127.0.0.1", 0, ssl=contexts[0])
        port = double.port = server.sockets[0].getsockname()[1]
        # The rest of a short body never comes; everything else does, however slow the machine.
        timeout_s = 2.0 if "short-body" in faults else 60.0
        defaults = {"assignment_s": 0.1, "interval_s": 0.05, "timeout_s": timeout_s}
        target = Target(
            url=f"https://127.0.0.1:{port}{BASE}",
            token=TOKEN,
            **{"context": contexts[1], **defaults, **options},
        )
        try:
            yield double, target
        finally:
            server.close()

    return serving


@pytest.fixture
def check(mcs_server):
    """Return a function that checks a double with the given faults."""

    async def run(*faults, only=(), **options):
        async with mcs_server(*faults, **options) as (_, target):
            return await check_server(target, now=now, rng=random.Random(1), only=only)

    return run
