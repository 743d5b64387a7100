"""A UTM that is registered with a LiveConnect, and endpoints enrolled by raw requests."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.load import Connection, request
from foundation.protocol import link, paths
from foundation.protocol.authorization import (
    RegistrationCredentials,
    decode_registration_answer,
    encode_basic,
)
from foundation.protocol.commands import decode_commands
from foundation.protocol.computer_status import ComputerStatus
from foundation.protocol.names import DEFAULT_BASE_PATH, REGISTERED_APPS
from foundation.redact import Secret
from foundation.service import utc_now
from liveconnect.app import LiveConnect
from utm.app import Utm
from utm.config import UtmConfig
from utm.epsecd.registration import LinkCredentials
from utm.link_client import LinkClient

_AT = datetime(2026, 11, 20, 23, 20, tzinfo=UTC)
_BASE = "/" + DEFAULT_BASE_PATH.strip("/")


@dataclass(frozen=True, slots=True)
class EnrolledEndpoint:
    """An endpoint as the load needs it."""

    endpoint_id: str
    authorization: str

    def poll(self) -> bytes:
        """Return its command poll."""
        path = _BASE + paths.commands(REGISTERED_APPS, self.endpoint_id)
        return request("GET", path, authorization=self.authorization)

    def acknowledgement(self, command_id: str) -> bytes:
        """Return its acknowledgement of a command."""
        path = _BASE + paths.command_ack(self.endpoint_id, [command_id])
        return request("DELETE", path, authorization=self.authorization)

    def events(self, document: bytes) -> bytes:
        """Return its request that hands over events."""
        path = _BASE + paths.events(self.endpoint_id)
        return request("POST", path, authorization=self.authorization, body=document)


async def register_utm(link_url: str, ca: Path, folder: Path) -> str:
    """Register a UTM; return the token that endpoints enrol with."""
    csr = LinkCredentials(folder).request("utm", "bench")
    client = LinkClient(link_url, ca=ca, now=utc_now)
    try:
        registration = await client.register(link.RegisterRequest(csr, "bench"))
    finally:
        await client.close()
    return registration.registration_token


@asynccontextmanager
async def enabled_utm(service: LiveConnect, folder: Path) -> AsyncIterator[Utm]:
    """Run a UTM beside a LiveConnect, registered and with Endpoint Protection on."""
    utm = Utm(
        UtmConfig(
            data=folder / "utm",
            logs=folder / "logs",
            liveconnect_url=service.link_url,
            liveconnect_ca=service.ca_file,
        )
    )
    await utm.start()
    try:
        await utm.enable()
        yield utm
    finally:
        await utm.stop()


async def token_of(utm: Utm) -> str:
    """Return the token that endpoints enrol with."""
    return str(await utm.node("epp.registration_token"))


def registrations(token: str, first: int, count: int) -> Iterator[bytes]:
    """Yield requests that enrol computers with numbered names."""
    credentials = RegistrationCredentials("", Secret(""), token)
    authorization = encode_basic(credentials)
    for number in range(first, first + count):
        computer = ComputerStatus(computer_name=f"PC-{number:06}", timestamp=_AT)
        yield request(
            "POST",
            _BASE + paths.register(),
            authorization=authorization,
            body=computer.encode(),
        )


async def enrol_on(connection: Connection, token: str, number: int) -> EnrolledEndpoint:
    """Enrol one endpoint and acknowledge what waits for it, so that its queue is empty."""
    answers: list[bytes] = []
    await connection.run(registrations(token, number, 1), answers.append)
    credentials = decode_registration_answer(answers.pop())
    endpoint = EnrolledEndpoint(credentials.endpoint_id, encode_basic(credentials))
    await connection.run([endpoint.poll()], answers.append)
    for command in decode_commands(answers.pop()):
        await connection.run([endpoint.acknowledgement(command.id)])
    return endpoint
