"""Hundreds of raw MCS clients at once: one TLS connection each, and nothing clever."""

import asyncio
from dataclasses import dataclass, field

from foundation.net.tls import client_context
from foundation.protocol import paths
from foundation.protocol.authorization import (
    EndpointCredentials,
    RegistrationCredentials,
    decode_registration_answer,
    encode_basic,
)
from foundation.protocol.computer_status import ComputerStatus
from foundation.protocol.events import Event, encode_events
from foundation.protocol.names import REGISTERED_APPS
from foundation.redact import Secret

PAUSE_S = 0.05
"""Between two tries of a client that was refused: far below any real back-off, to be a nuisance."""


@dataclass
class RawAnswer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class RawClient:
    """One client; `statuses` are all answers that it got."""

    lab: object
    name: str
    port: int
    context: object
    statuses: list[int] = field(default_factory=list)
    authorization: str = ""
    endpoint_id: str = ""
    streams: tuple | None = None

    async def ask(self, method, path, body=b"", authorization=None):
        """Send one request on the open connection, opening one if there is none."""
        if self.streams is None:
            self.streams = await asyncio.open_connection(
                "127.0.0.1", self.port, ssl=self.context, server_hostname="localhost"
            )
        reader, writer = self.streams
        base = "/" + self.lab.config.base_path.strip("/")
        head = f"{method} {base}{path} HTTP/1.1\r\nHost: localhost\r\n"
        head += f"Authorization: {authorization or self.authorization}\r\n"
        head += f"Content-Length: {len(body)}\r\n" if body or method != "GET" else ""
        writer.write(head.encode() + b"\r\n" + body)
        answer = await self._answer(reader)
        self.statuses.append(answer.status)
        if answer.headers.get("connection") == "close":
            await self.close()
        return answer

    async def insist(self, method, path, body=b"", authorization=None):
        """Send a request until it is answered by 200; a lost connection is opened again."""
        while True:
            try:
                answer = await self.ask(method, path, body, authorization)
            except (OSError, asyncio.IncompleteReadError):
                await self.close()
            else:
                if answer.status == 200:
                    return answer
                assert answer.status == 503, answer
                assert answer.headers["retry-after"] == "5"
            await asyncio.sleep(PAUSE_S)

    async def enrol(self, token):
        credentials = RegistrationCredentials("", Secret(""), token)
        computer = ComputerStatus(computer_name=self.name, timestamp=self.lab.clock())
        answer = await self.insist(
            "POST", paths.register(), computer.encode(), encode_basic(credentials)
        )
        given = decode_registration_answer(answer.body)
        self.endpoint_id = given.endpoint_id
        self.authorization = encode_basic(EndpointCredentials(given.endpoint_id, given.password))

    async def poll(self):
        return await self.insist("GET", paths.commands(REGISTERED_APPS, self.endpoint_id))

    async def authenticate(self):
        return await self.insist("POST", paths.authenticate(self.endpoint_id))

    async def report(self, event_id):
        event = Event("SWC", self.lab.clock(), 10_000.0, "<event/>", 0, event_id)
        return await self.insist("POST", paths.events(self.endpoint_id), encode_events([event]))

    async def close(self):
        streams, self.streams = self.streams, None
        if streams is not None:
            streams[1].close()

    async def _answer(self, reader):
        head = await reader.readuntil(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")[:-2]
        pairs = (one.partition(":")[::2] for one in fields)
        headers = {name.lower(): value.strip() for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return RawAnswer(int(line.split()[1]), headers, body)


class Herd:
    """Clients that do the same thing at the same moment."""

    def __init__(self, lab, count):
        context = client_context(ca=lab.service.ca_file, now=lab.clock)
        port = lab.service.mcs_port
        self.clients = [RawClient(lab, f"PC-{n:03}", port, context) for n in range(count)]

    async def all(self, work):
        """Do `work` with every client at once."""
        return await asyncio.gather(*map(work, self.clients))

    def statuses(self):
        """Return every answer since the last call."""
        found = [status for client in self.clients for status in client.statuses]
        for client in self.clients:
            client.statuses.clear()
        return found

    async def leave(self):
        for client in self.clients:
            await client.close()
