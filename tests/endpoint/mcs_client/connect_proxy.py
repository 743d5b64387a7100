"""A real CONNECT proxy that may want credentials, and MCS policies that name it."""

import asyncio
import base64
import contextlib
import hashlib
import re
from contextlib import asynccontextmanager

USER, PASSWORD, REALM, NONCE = "mcs", "pa:ss", "proxy", "0123abcd"


class Proxy:
    """Opens tunnels; `wants` is the scheme that it insists on, `forbidden` the ports it refuses."""

    def __init__(self, wants=""):
        self.wants = wants
        self.forbidden = set()
        self.heads = []
        self.tunnels = 0
        self.port = 0

    @asynccontextmanager
    async def running(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await self._refuse_or_open(reader, writer):
                pass
        writer.close()

    async def _refuse_or_open(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        if not self._accepts(head):
            challenge = f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth", algorithm=MD5'
            if self.wants == "Basic":
                challenge = f'Basic realm="{REALM}"'
            writer.write(
                f"HTTP/1.1 407 Proxy Authentication Required\r\n"
                f"Proxy-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n".encode()
            )
            await writer.drain()
            return True
        port = int(re.match(r"CONNECT [^:]+:(\d+) ", head)[1])
        if port in self.forbidden:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return False
        self.tunnels += 1
        there, onward = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pump(reader, onward), _pump(there, writer))
        return False

    def _accepts(self, head):
        shown = re.search(r"Proxy-Authorization: (\w+) (.*)\r\n", head, re.IGNORECASE)
        if not self.wants:
            return True
        if shown is None or shown[1] != self.wants:
            return False
        if self.wants == "Basic":
            return base64.b64decode(shown[2]).decode() == f"{USER}:{PASSWORD}"
        given = {
            name: one or two
            for name, one, two in re.findall(r'(\w+)=(?:"([^"]*)"|([^,]+))', shown[2])
        }

        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()

        expected = md5(
            f"{md5(f'{USER}:{REALM}:{PASSWORD}')}:{NONCE}:{given['nc']}:{given['cnonce']}:auth:"
            f"{md5('CONNECT:' + head.split()[1])}"
        )
        return given["response"] == expected


async def _pump(source, sink):
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    sink.close()


def policy(documents, inside, *, direct=True, revision="r1"):
    return documents.policy(
        25,
        revision,
        '<configuration xmlns="http://www.sophos.com/xml/msys/mcspolicy.xsd">'
        f"<deviceId>device-1</deviceId>{inside}"
        f"<useDirect>{str(direct).lower()}</useDirect></configuration>",
    )


def relays(*ports):
    listed = "".join(
        f'<messageRelay priority="{n}" port="{port}" address="127.0.0.1" id="relay-{n}"/>'
        for n, port in enumerate(ports)
    )
    return f"<messageRelays>{listed}</messageRelays>"


def proxies(port, credentials=f"{USER}:{PASSWORD}"):
    encoded = base64.b64encode(credentials.encode()).decode()
    return (
        f"<proxies><proxy>http://127.0.0.1:{port}</proxy></proxies><proxyCredentials>"
        f"<credentials>{encoded}</credentials></proxyCredentials><messageRelays/>"
    )
