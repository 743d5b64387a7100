"""Sending lines to one syslog server: they wait in a bounded buffer while it is out of reach.

* `offer` never waits and never fails: when the buffer is full the oldest line goes, and is counted.
* A datagram is `<PRI>` and the line; over TCP a line feed ends it (public: no length in front).
* After a failure the next attempt comes after `reopen_s`; a batch that failed is tried again, so
  TCP may repeat lines, and UDP loses what was under way: syslog acknowledges nothing.
* A name is resolved at each attempt, and an address of this UTM is refused then too.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from foundation.service import Tasks
from utm.logs.syslog_settings import SyslogSettings, SyslogTarget, plain_address, priority

BATCH: Final = 100
REACH_S: Final = 10.0
FLUSH_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogState:
    """How it goes with one server; `trouble` says why lines wait, empty when they do not."""

    name: str
    address: str
    sent: int
    waiting: int
    dropped: int
    trouble: str


class _Line(Protocol):
    """A connection that takes messages."""

    async def send(self, messages: Sequence[bytes]) -> None: ...
    def close(self) -> None: ...


class SyslogSender:
    """Sends to one server.

    Args:
        target: The server.
        settings: Buffer, pause and the addresses that are never sent to.
    """

    def __init__(self, target: SyslogTarget, settings: SyslogSettings) -> None:
        self.target = target
        self._settings = settings
        self._waiting: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._tasks = Tasks()
        self._sent = self._dropped = 0
        self._trouble = target.problem

    @property
    def state(self) -> SyslogState:
        """How it goes."""
        target = self.target
        return SyslogState(
            name=target.name,
            address=f"{target.host}:{target.port}/{target.protocol}" if target.host else "",
            sent=self._sent,
            waiting=len(self._waiting),
            dropped=self._dropped,
            trouble=self._trouble,
        )

    def start(self) -> None:
        """Begin to send what is offered."""
        if not self.target.problem:
            self._tasks.keep(self._run, name=f"syslog to {self.target.name}")

    async def stop(self) -> None:
        """Send what can be sent at once, and end."""
        await self.flush()
        await self._tasks.close()

    async def flush(self) -> None:
        """Wait until nothing waits, as long as the server takes it, for a moment at most."""
        if self._trouble:
            return
        try:
            async with asyncio.timeout(FLUSH_S):
                await self._idle.wait()
        except TimeoutError:
            return

    def reconfigure(self, settings: SyslogSettings) -> None:
        """Take over another buffer size or pause."""
        self._settings = settings
        self._trim()

    def offer(self, lines: Iterable[bytes]) -> None:
        """Take lines as they are on disk, with their line feeds."""
        if self.target.problem:
            return
        self._waiting.extend(lines)
        self._trim()
        if self._waiting:
            self._idle.clear()
            self._news.set()

    def _trim(self) -> None:
        while len(self._waiting) > self._settings.buffer:
            self._waiting.popleft()
            self._dropped += 1

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            try:
                await self._send_all()
            except (OSError, TimeoutError, ValueError) as error:  # ValueError: no name of a host
                self._trouble = f"{self.target.host} cannot be reached: {error or 'no answer'}"
                await asyncio.sleep(self._settings.reopen_s)

    async def _send_all(self) -> None:
        async with asyncio.timeout(REACH_S):
            line = await self._open()
        try:
            while True:
                if not self._waiting:
                    self._news.clear()
                    self._idle.set()
                    await self._news.wait()
                await self._send_batch(line)
        finally:
            line.close()

    async def _send_batch(self, line: _Line) -> None:
        count = min(BATCH, len(self._waiting))
        batch = [self._waiting.popleft() for _ in range(count)]
        messages = [b"<%d>%b" % (priority(one), one.rstrip(b"\n")) for one in batch]
        try:
            async with asyncio.timeout(REACH_S):
                await line.send(messages)
        except (OSError, TimeoutError, asyncio.CancelledError):
            self._waiting.extendleft(reversed(batch))
            self._trim()
            raise
        self._sent += count
        self._trouble = ""

    async def _open(self) -> _Line:
        target = self.target
        loop = asyncio.get_running_loop()
        kind = socket.SOCK_STREAM if target.protocol == "tcp" else socket.SOCK_DGRAM
        found = await loop.getaddrinfo(target.host, target.port, type=kind)
        host, port = str(found[0][4][0]), target.port
        if plain_address(host) in self._settings.own_addresses:
            raise OSError("the server is this UTM: its lines would come back to it")
        local = (target.local_address, 0) if target.local_address else None
        if target.protocol == "tcp":
            reader, writer = await asyncio.open_connection(host, port, local_addr=local)
            return _Stream(reader, writer)
        _, datagrams = await loop.create_datagram_endpoint(
            _Datagrams, remote_addr=(host, port), local_addr=local
        )
        return datagrams


class _Stream:
    """TCP: one line feed behind each message."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, messages: Sequence[bytes]) -> None:
        if self._reader.at_eof():
            raise ConnectionResetError("the server closed the connection")
        self._writer.write(b"".join(message + b"\n" for message in messages))
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    """UDP: one datagram for each message."""

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._error: Exception | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def error_received(self, exc: Exception) -> None:
        self._error = exc

    async def send(self, messages: Sequence[bytes]) -> None:
        if self._error is not None:
            raise OSError(str(self._error))
        if self._transport is not None:
            for message in messages:
                self._transport.sendto(message)
        await asyncio.sleep(0)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
