"""One connection of an agent: HTTP/1.1 over TLS, one request at a time, almost nothing kept.

- All agents share one TLS context; a connection is a protocol object with two fields that matter.
- Answers need Content-Length, as every MCS answer has; a stream of events is handed on as it comes.
- What is not understood ends the connection, as a client's own would.

Provenance: mcs-protocol 1.1, 1.7 (public).
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from endpoint.mcs_client.outcome import Answer, Breakdown, NoAnswer, Outcome

_END_OF_HEAD: Final = b"\r\n\r\n"
_STREAM: Final = b"text/event-stream"
AGENTS_PER_ADDRESS: Final = 10_000
"""A source address has some 28,000 ports towards one server."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, cut once for all agents."""

    host: str
    port: int
    base: str

    @classmethod
    def of(cls, url: str) -> "Address":
        """Cut a base URL; only https is meant.

        Raises:
            ValueError: If it is no https URL.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise ValueError(f"{url!r} is no https URL")
        return cls(parts.hostname, parts.port or 443, parts.path.rstrip("/"))


class Wire(asyncio.Protocol):
    """A connection, opened when it is needed.

    Args:
        address: The server.
        context: The TLS context that all share.
        source: The local address; empty leaves it to the system.
    """

    __slots__ = (
        "_address",
        "_answer",
        "_context",
        "_missing",
        "_on_stream",
        "_received",
        "_source",
        "_transport",
    )

    def __init__(self, address: Address, context: ssl.SSLContext, source: str = "") -> None:
        self._address = address
        self._context = context
        self._source = source
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Outcome] | None = None
        self._received = b""
        self._missing = 0
        self._on_stream: Callable[[bytes], None] | None = None

    @property
    def base(self) -> str:
        """What every path begins with."""
        return self._address.base

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._transport is not None

    async def request(self, head: bytes, body: bytes, timeout_s: float) -> Outcome:
        """Send one request; return what came of it.

        Args:
            head: The request line and the headers, without Host, Content-Length and blank line.
            body: The body.
            timeout_s: How long connecting and the answer may take, each.
        """
        try:
            async with asyncio.timeout(timeout_s):
                if self._transport is None:
                    await self._connect()
        except (OSError, TimeoutError) as error:
            kind = Breakdown.CERTIFICATE if isinstance(error, ssl.SSLError) else Breakdown.CONNECT
            return NoAnswer(kind, str(error) or type(error).__name__)
        assert self._transport is not None  # noqa: S101 - just connected
        self._answer = asyncio.get_running_loop().create_future()
        host, port = self._address.host, self._address.port
        self._transport.write(
            b"%b\r\nHost: %b:%d\r\nContent-Length: %d\r\n\r\n%b"
            % (head, host.encode(), port, len(body), body)
        )
        try:
            async with asyncio.timeout(timeout_s):
                return await self._answer
        except TimeoutError:
            self.close()
            return NoAnswer(Breakdown.TIMEOUT, f"no answer within {timeout_s:g} s")
        finally:
            self._answer = None

    def stream_to(self, on_stream: Callable[[bytes], None]) -> None:
        """Hand on what comes after the head of a stream; empty bytes tell of its end."""
        self._on_stream = on_stream

    def close(self) -> None:
        """End the connection at once; the next request opens another."""
        transport, self._transport = self._transport, None
        self._received, self._missing = b"", 0
        if transport is not None:
            transport.abort()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(
            lambda: self,
            self._address.host,
            self._address.port,
            ssl=self._context,
            server_hostname=self._address.host,
            local_addr=(self._source, 0) if self._source else None,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's transports have the methods, but not the base class.
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(NoAnswer(Breakdown.RESET, str(exc or "the server closed")))
        if self._on_stream is not None:
            self._on_stream(b"")

    def data_received(self, data: bytes) -> None:
        """Take bytes; an answer that is whole is handed over."""
        if self._on_stream is not None and self._answer is None:
            self._on_stream(data)
            return
        self._received += data
        if not self._missing:
            self._missing = self._whole_length()
        if self._missing and len(self._received) >= self._missing:
            self._deliver()

    def _whole_length(self) -> int:
        """Return how long the answer will be, 0 while that is not known."""
        at = self._received.find(_END_OF_HEAD)
        if at < 0:
            return 0
        head = self._received[:at].lower()
        if _STREAM in head:
            return at + len(_END_OF_HEAD)
        _, found, rest = head.partition(b"\r\ncontent-length:")
        if not found:
            self._break(Breakdown.MALFORMED, "an answer without Content-Length")
            return 0
        return at + len(_END_OF_HEAD) + int(rest.partition(b"\r\n")[0])

    def _deliver(self) -> None:
        head, _, body = self._received[: self._missing].partition(_END_OF_HEAD)
        rest = self._received[self._missing :]
        self._received, self._missing = b"", 0
        answer = self._answer
        if answer is None or answer.done():
            self.close()
            return
        first, *lines = head.split(b"\r\n")
        try:
            status = int(first[9:12])
        except ValueError:
            self._break(Breakdown.MALFORMED, f"an answer that begins with {first[:40]!r}")
            return
        headers = _of_200(lines) if status == 200 else _headers(lines)
        answer.set_result(Answer(status, headers, body))
        if rest and self._on_stream is not None:
            self._on_stream(rest)

    def _break(self, kind: Breakdown, detail: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(NoAnswer(kind, detail))
        self.close()


def _of_200(lines: list[bytes]) -> dict[str, str]:
    """Return what a client looks at in a success: cookies and the type, if there are any."""
    wanted = [line for line in lines if line[:10].lower() in (b"set-cookie", b"content-ty")]
    return _headers(wanted)


def _headers(lines: list[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers
