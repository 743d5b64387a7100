"""A real LiveConnect on free ports with real TLS, and raw peers that speak to it."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from foundation.net.tls import client_context
from foundation.protocol import link, paths
from foundation.protocol.authorization import (
    EndpointCredentials,
    RegistrationCredentials,
    decode_registration_answer,
    encode_basic,
)
from foundation.protocol.commands import Command, decode_commands, read_apps_proxy_body
from foundation.protocol.computer_status import ComputerStatus
from foundation.protocol.events import Event, encode_events
from foundation.protocol.names import POLICY_TYPES, REGISTERED_APPS
from foundation.protocol.policies import compliance_element, seal
from foundation.protocol.statuses import (
    AdapterStatus,
    Status,
    encode_adapter_status,
    encode_statuses,
)
from foundation.redact import Secret
from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig


class Clock:
    """Time that stands still until it is told."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 23, 20, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def policy(app_id: str, content: str) -> link.PolicyDocument:
    """Return a sealed policy whose meaning is nobody's business here."""
    policy_type = POLICY_TYPES[app_id]
    revision, body = seal(
        '<?xml version="1.0"?>\n<policy xmlns:csc="com.sophos\\msys\\csc">'
        f"{compliance_element(policy_type)}<content>{content}</content></policy>".encode()
    )
    return link.PolicyDocument(app_id, policy_type, revision, body)


def group(ref: str, *policies: link.PolicyDocument) -> link.GroupPolicies:
    return link.GroupPolicies(ref, ref.title(), policies)


def computer(name: str, at: datetime, **more: Any) -> bytes:
    return ComputerStatus(computer_name=name, timestamp=at, **more).encode()


class Answer(SimpleNamespace):
    """Status, headers and body of an answer."""

    status: int
    headers: Any
    body: bytes

    @property
    def reason(self) -> str:
        return self.headers.get("X-Refusal-Reason", "")

    def json(self) -> Any:
        return json.loads(self.body)


class Peer:
    """Speaks HTTPS to one listener over one session."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(
            method, self.url + path, data=body, headers=named, allow_redirects=False
        ) as answer:
            return Answer(status=answer.status, headers=answer.headers, body=await answer.read())


class EndpointPeer(Peer):
    """A raw MCS client without any cleverness."""

    endpoint_id = ""
    password = ""

    def __init__(self, url: str, session: aiohttp.ClientSession, clock: Clock) -> None:
        super().__init__(url, session)
        self.clock = clock

    @property
    def basic(self) -> str:
        return encode_basic(EndpointCredentials(self.endpoint_id, Secret(self.password)))

    async def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        return await self.request(method, path, body, Authorization=self.basic, **headers)

    async def try_register(self, token: str, name: str = "laptop", **headers: str) -> Answer:
        credentials = RegistrationCredentials(self.endpoint_id, Secret(self.password), token)
        return await self.request(
            "POST",
            paths.register(),
            computer(name, self.clock()),
            Authorization=encode_basic(credentials),
            **headers,
        )

    async def register(self, token: str, name: str = "laptop", **headers: str) -> str:
        answer = await self.try_register(token, name, **headers)
        assert answer.status == 200, answer.body
        credentials = decode_registration_answer(answer.body)
        self.endpoint_id = credentials.endpoint_id
        self.password = credentials.password.reveal()
        return self.endpoint_id

    async def poll(self) -> tuple[Command, ...]:
        answer = await self.call("GET", paths.commands(REGISTERED_APPS, self.endpoint_id))
        assert answer.status == 200, answer.body
        return decode_commands(answer.body)

    async def acknowledge(self, *command_ids: str) -> Answer:
        answer = await self.call("DELETE", paths.command_ack(self.endpoint_id, command_ids))
        assert answer.status == 200, answer.body
        return answer

    async def take_policies(self) -> dict[str, bytes]:
        """Poll, acknowledge, and fetch what is assigned."""
        fetched = {}
        for command in await self.poll():
            await self.acknowledge(command.id)
            for each in read_apps_proxy_body(command.body):
                answer = await self.call("GET", paths.policy(each.app_id, each.policy_id))
                assert answer.status == 200, answer.body
                fetched[each.app_id] = answer.body
        return fetched

    async def put_status(self, app_id: str, revision: str, res: str = "Same") -> Answer:
        body = encode_adapter_status(AdapterStatus(app_id, POLICY_TYPES[app_id], res, revision, {}))
        document = encode_statuses([Status(app_id, self.clock(), 10_000.0, body)])
        return await self.call("PUT", paths.statuses(self.endpoint_id), document)

    async def post_event(self, event_id: str, body: str = "<event/>") -> Answer:
        document = encode_events([Event("SWC", self.clock(), 10_000.0, body, 0, event_id)])
        return await self.call("POST", paths.events(self.endpoint_id), document)


class UtmPeer(Peer):
    """A UTM: its key, its certificate and its changesets."""

    def __init__(
        self, lab: "Lab", key: ec.EllipticCurvePrivateKey, session: aiohttp.ClientSession
    ) -> None:
        super().__init__(lab.service.link_url, session)
        self.lab = lab
        self.key = key
        self.number = 0
        self.registration: link.Registration

    async def push(self, *groups: link.GroupPolicies, **more: Any) -> Answer:
        self.number += 1
        changeset = link.Changeset(
            epoch=self.registration.epoch,
            number=self.number,
            enabled=more.pop("enabled", True),
            default_group=more.pop("default_group", groups[0].ref if groups else ""),
            groups=groups,
            **more,
        )
        return await self.put(changeset)

    async def put(self, changeset: link.Changeset) -> Answer:
        path = f"{link.CHANGESETS_PATH}/{changeset.epoch}/{changeset.number}"
        return await self.request("PUT", path, link.encode_document(changeset))

    async def reports(self, hold: float = 0) -> tuple[link.Report, ...]:
        answer = await self.request("GET", f"{link.REPORTS_PATH}?hold={hold}")
        assert answer.status == 200, answer.body
        return link.decode_reports(answer.body)

    async def acknowledge(self, reports: tuple[link.Report, ...]) -> Answer:
        body = json.dumps({"reports": [each.number for each in reports]}).encode()
        return await self.request("POST", link.ACKNOWLEDGE_PATH, body)


def csr_of(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "utm")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


class Lab:
    """A LiveConnect and everything that talks to it in one test."""

    def __init__(self, folder: Path, clock: Clock, stack: AsyncExitStack) -> None:
        self.folder = folder
        self.clock = clock
        self.stack = stack
        self.config = LiveConnectConfig(data=folder / "data", mcs_port=0, link_port=0, journal=True)
        self.service: LiveConnect

    async def start(self, **changes: Any) -> None:
        import dataclasses

        self.config = dataclasses.replace(self.config, **changes)
        self.service = LiveConnect(self.config, now=self.clock)
        await self.service.start()

    async def restart(self, **changes: Any) -> None:
        await self.service.stop()
        await self.start(**changes)

    async def session(
        self, certificate: Path | None = None, key: Path | None = None
    ) -> aiohttp.ClientSession:
        context = client_context(
            ca=self.service.ca_file, now=self.clock, certificate=certificate, key=key
        )
        connector = aiohttp.TCPConnector(ssl=context)
        return await self.stack.enter_async_context(aiohttp.ClientSession(connector=connector))

    async def endpoint(self) -> EndpointPeer:
        return EndpointPeer(self.service.mcs_url, await self.session(), self.clock)

    async def stranger(self) -> Peer:
        return Peer(self.service.link_url, await self.session())

    async def utm(
        self,
        key: ec.EllipticCurvePrivateKey | None = None,
        organization: str = "Acme",
        secret: str = "",
    ) -> UtmPeer:
        key = key or ec.generate_private_key(ec.SECP256R1())
        stranger = await self.stranger()
        wanted = link.RegisterRequest(csr_of(key), organization, secret)
        answer = await stranger.request("POST", link.REGISTER_PATH, link.encode_document(wanted))
        assert answer.status == 200, answer.body
        registration = link.decode_registration(answer.body)
        certificate, key_file = self._write(registration.certificate_chain_pem, key)
        peer = UtmPeer(self, key, await self.session(certificate, key_file))
        peer.registration = registration
        return peer

    async def enrolled(self, utm: UtmPeer, name: str = "laptop") -> EndpointPeer:
        endpoint = await self.endpoint()
        await endpoint.register(utm.registration.registration_token, name)
        return endpoint

    def _write(self, chain: str, key: ec.EllipticCurvePrivateKey) -> tuple[Path, Path]:
        serial = f"{id(key):x}"
        certificate, key_file = self.folder / f"{serial}.crt", self.folder / f"{serial}.key"
        certificate.write_text(chain)
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return certificate, key_file


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def lab(tmp_path: Path, clock: Clock) -> AsyncIterator[Lab]:
    async with AsyncExitStack() as stack:
        lab = Lab(tmp_path, clock, stack)
        await lab.start()
        yield lab
        await lab.service.stop()


@pytest.fixture
async def workers(tmp_path: Path, clock: Clock, postgres: Any) -> AsyncIterator[list[Any]]:
    from tests.liveconnect.pair import running

    async with running(tmp_path, clock, await postgres.database()) as pair:
        yield pair


@pytest.fixture
def make_policy() -> Callable[[str, str], link.PolicyDocument]:
    return policy


@pytest.fixture
def make_group() -> Callable[..., link.GroupPolicies]:
    return group


@pytest.fixture
def make_computer() -> Callable[..., bytes]:
    return computer


@pytest.fixture
def make_csr() -> Callable[[Any], str]:
    return csr_of
