"""Raw HTTP/1.1 over TLS, on the server's side: nothing a client does is smoothed over.

Invariants:

* Every request is recorded before it is answered, however it is answered.
* Nothing is read without a limit; what is no HTTP closes the connection.

Provenance: sections 1.1 and 1.2 of the protocol notes (public).
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from utmlab.conformance.client.record import Seen, classify

if TYPE_CHECKING:
    import ssl

_MOST = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer, right or wrong.

    Attributes:
        name: Of the fault, for findings; empty for a right answer.
        missing: Bytes that Content-Length promises and that never come.
        raw: Sent as it stands instead of an HTTP answer; the connection closes.
        reset: The connection is reset instead of answered.
        stream: The answer stays open and `Listener.stream` writes to it.
        hold_s: How long the answer is held back.
    """

    name: str = ""
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    missing: int = 0
    raw: bytes = b""
    reset: bool = False
    stream: bool = False
    hold_s: float = 0.0

    def encoded(self) -> bytes:
        """Return the answer's bytes."""
        if self.raw:
            return self.raw
        length = () if self.stream else (("Content-Length", str(len(self.body) + self.missing)),)
        lines = [f"{name}: {value}" for name, value in (*length, *self.headers)]
        head = "\r\n".join((f"HTTP/1.1 {self.status} X", *lines))
        return f"{head}\r\n\r\n".encode() + self.body


class Answering(Protocol):
    """Who decides about answers."""

    def answer(self, seen: Seen) -> Reply:
        """Return the answer to a request, which is recorded."""

    def answered(self, seen: Seen) -> None:
        """Hear that the answer has left."""


@dataclass(slots=True)
class Listener:
    """The listener of one run; paths are relative to `base_path`."""

    world: Answering
    context: ssl.SSLContext
    base_path: str
    port: int = 0
    stream: asyncio.StreamWriter | None = None
    _server: asyncio.Server | None = None
    _connections: int = 0
    _under_way: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self, host: str = "127.0.0.1") -> None:
        """Listen; `port` is the one that is listened on from now on."""
        self._server = await asyncio.start_server(
            self._serve, host, self.port, ssl=self.context, limit=1 << 20
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def push(self, text: str) -> None:
        """Write to the stream that a client holds open."""
        if self.stream is not None:
            self.stream.write(text.encode())
            with contextlib.suppress(ConnectionError):
                await self.stream.drain()

    async def drop_stream(self) -> None:
        """End the stream."""
        writer, self.stream = self.stream, None
        if writer is not None:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        number = self._connections
        self._open.add(writer)
        try:
            while True:
                seen = await self._read(reader, number)
                if not await self._answer(seen, writer):
                    break
            if self.stream is writer:
                await reader.read()  # until the client goes, or we do
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            pass
        finally:
            self._open.discard(writer)
            if self.stream is writer:
                self.stream = None
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, connection: int) -> Seen:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, version = head[0].split(" ", 2)
        headers = tuple(
            (name.strip(), value.strip())
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        )
        length = next((value for name, value in headers if name.lower() == "content-length"), "0")
        if not length.isdigit() or int(length) > _MOST:
            raise ValueError(length)
        body = await reader.readexactly(int(length))
        path = target.removeprefix(self.base_path)
        call, first, second = classify(method, path)
        return Seen(
            at=asyncio.get_running_loop().time(),
            connection=connection,
            method=method,
            path=path,
            version=version,
            headers=headers,
            body=body,
            call=call,
            first=first,
            second=second,
            overlaps=self._under_way > 0,
        )

    async def _answer(self, seen: Seen, writer: asyncio.StreamWriter) -> bool:
        """Answer, and return whether another request is awaited on this connection."""
        reply = self.world.answer(seen)
        if reply.stream:
            self.stream = writer
        self._under_way += not reply.stream
        try:
            if reply.hold_s:
                await asyncio.sleep(reply.hold_s)
            if reply.reset:
                writer.transport.abort()
                return False
            writer.write(reply.encoded())
            await writer.drain()
            seen.status = 0 if reply.raw else reply.status
            return not (reply.raw or reply.missing or reply.stream)
        finally:
            self._under_way -= not reply.stream
            seen.answered_at = asyncio.get_running_loop().time()
            self.world.answered(seen)
