"""Load over TLS: keep-alive connections that send the next request when the answer is there.

- A raw protocol, since a full HTTP client would cost more than the server under measurement.
- Only as much HTTP is read as answers with Content-Length need; anything but 200 ends the run.
"""

import asyncio
import ssl
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length: "
OnAnswer = Callable[[bytes], None]


class UnexpectedAnswerError(Exception):
    """The server answered something else than 200."""


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._received = b""
        self._missing = 0
        self._requests: Iterator[bytes] = iter(())
        self._on_answer: OnAnswer | None = None
        self._done: asyncio.Future[None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods, but not the base class.
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        done = getattr(self, "_done", None)
        if done is not None and not done.done():
            done.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._missing == 0:
            head, end, _ = self._received.partition(_END_OF_HEAD)
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 200 "):
                self._done.set_exception(UnexpectedAnswerError(self._received[:500]))
                return
            at = head.lower().index(_LENGTH) + len(_LENGTH)
            length = int(head[at:].partition(b"\r\n")[0])
            self._missing = len(head) + len(end) + length
        if len(self._received) < self._missing:
            return
        if self._on_answer is not None:
            self._on_answer(self._received.partition(_END_OF_HEAD)[2])
        self._received, self._missing = b"", 0
        self._send_next()

    async def run(self, requests: Iterable[bytes], on_answer: OnAnswer | None = None) -> None:
        """Send requests one after the other; return after the last answer."""
        self._requests, self._on_answer = iter(requests), on_answer
        self._done = asyncio.get_running_loop().create_future()
        self._send_next()
        await self._done

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _send_next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._done.set_result(None)
        else:
            self._transport.write(request)


async def connect(port: int, ca: Path) -> Connection:
    """Return a connection to a server of `localhost` whose certificate is from `ca`."""
    (connection,) = await connect_often(port, ca, 1)
    return connection


async def connect_often(port: int, ca: Path, times: int) -> list[Connection]:
    """Return so many connections likewise."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca)
    connections = []
    for _ in range(times):
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection, "127.0.0.1", port, ssl=context, server_hostname="localhost"
        )
        connections.append(connection)
    return connections


def request(
    method: str, path: str, *, authorization: str = "", body: bytes = b"", port: int = 0
) -> bytes:
    """Return a request as the MCS client sends it."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\n"
    head += f"Authorization: {authorization}\r\n" if authorization else ""
    head += "User-Agent: Sophos MCS Client/1.0\r\nAccept: application/xml; charset=utf-8\r\n"
    if body or method != "GET":
        head += f"Content-Type: application/xml; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body
