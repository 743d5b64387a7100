"""Sending the lines of a log to a syslog receiver, at the pace of their stamps.

* The pace is the distance of a stamp from the largest before it, divided by the speed: an hour that
  comes twice is sent without a pause, and so are lines without a stamp.
* What goes out is `<PRI>` and the line as on the UTM's disk; a `<PRI>` that was there stays.
* Only a loopback address is sent to unless the caller allows others. The address that was looked at
  is the one that is used: a name is resolved once.
* UDP loses what the receiver does not fetch; at full speed the sender gives way to the loop after
  each line, and no more can be known.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, ClassVar, Final, Literal, Protocol

from foundation.errors import DomainError
from utm.logs.grammar import STAMP_FORMAT, format_stamp
from utm.logs.syslog_settings import priority
from utmlab.logtools.reading import RawLine
from utmlab.logtools.transport import unwrap

Protocols = Literal["udp", "tcp"]
Framing = Literal["lf", "octet"]
LARGEST_DATAGRAM: Final = 65_507
STAMP_LENGTH: Final = len("2018:07:26-17:57:33")
CONNECT_S: Final = 10.0


class RemoteNotAllowedError(DomainError):
    """The receiver is on another machine, and that was not allowed."""

    code: ClassVar[str] = "remote_not_allowed"
    hint: ClassVar[str] = "--allow-remote sends there; nothing leaves this machine by itself."


class ReceiverUnreachableError(DomainError):
    """The receiver cannot be reached, or went away."""

    code: ClassVar[str] = "receiver_unreachable"
    hint: ClassVar[str] = "Check host, port and protocol, and whether the receiver runs."


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where lines go."""

    host: str
    port: int
    protocol: Protocols = "udp"
    framing: Framing = "lf"
    allow_remote: bool = False


@dataclass(frozen=True, slots=True)
class Timed:
    """A message, and how many seconds after the first one it is due at speed 1."""

    due_s: float
    message: bytes


class _Connection(Protocol):
    async def send(self, message: bytes) -> None: ...


def timed(lines: Iterable[RawLine], shift_to: datetime | None = None) -> Iterator[Timed]:
    """Yield the messages of lines with their times.

    Args:
        lines: As they were read, in any transport's form; empty ones are left out.
        shift_to: The local time that the first stamp is moved to, and all others with it.
    """
    first: datetime | None = None
    due_s = 0.0
    for raw in lines:
        received = unwrap(raw.text.removesuffix("\r"))
        line = received.line
        if not line:
            continue
        stamp = _stamp(line)
        if stamp is not None:
            first = first or stamp
            due_s = max(due_s, (stamp - first).total_seconds())
            if shift_to is not None:
                line = format_stamp(_moved(stamp, shift_to - first)) + line[STAMP_LENGTH:]
        data = line.encode("utf-8", "surrogateescape")
        number = priority(data) if received.priority is None else received.priority
        yield Timed(due_s, b"<%d>%b" % (number, data))


async def send(
    messages: Iterable[Timed], receiver: Receiver, speed: float, told: Callable[[], None]
) -> None:
    """Send messages at their times.

    Args:
        messages: What and when.
        receiver: Where to.
        speed: How much faster than the stamps; infinite is without pauses.
        told: Hears of each message that was sent.

    Raises:
        ReceiverUnreachableError: if the receiver cannot be reached or goes away.
        RemoteNotAllowedError: if it is on another machine and that is not allowed.
    """
    loop = asyncio.get_running_loop()
    async with _connected(receiver) as connection:
        begin = loop.time()
        for message in messages:
            if not math.isinf(speed):
                await asyncio.sleep(pause_s(message, speed, loop.time() - begin))
            try:
                await connection.send(message.message)
            except OSError as error:
                raise _unreachable(receiver, error) from error
            told()


def pause_s(message: Timed, speed: float, elapsed_s: float) -> float:
    """Return how long to wait for a message; what is late goes out at once."""
    return max(0.0, message.due_s / speed - elapsed_s)


@asynccontextmanager
async def _connected(receiver: Receiver) -> AsyncIterator[_Connection]:
    host = await _address(receiver)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_S):
            if receiver.protocol == "udp":
                _, datagrams = await loop.create_datagram_endpoint(
                    _Datagrams, remote_addr=(host, receiver.port)
                )
            else:
                reader, writer = await asyncio.open_connection(host, receiver.port)
    except (OSError, TimeoutError) as error:
        raise _unreachable(receiver, error) from error
    if receiver.protocol == "udp":
        try:
            yield datagrams
        finally:
            datagrams.close()
        return
    try:
        yield _Stream(reader, writer, receiver.framing)
    finally:
        writer.close()


async def _address(receiver: Receiver) -> str:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(receiver.host, receiver.port)
    except OSError as error:
        raise _unreachable(receiver, error) from error
    host = str(found[0][4][0])
    if not receiver.allow_remote and not ip_address(host.partition("%")[0]).is_loopback:
        raise RemoteNotAllowedError(f"{receiver.host} is another machine ({host})")
    return host


class _Stream:
    """TCP: a line feed behind each message, or its length in front."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, framing: Framing
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._is_counted = framing == "octet"

    async def send(self, message: bytes) -> None:
        if self._reader.at_eof():
            raise ConnectionResetError("the receiver closed the connection")
        framed = b"%d %b" % (len(message), message) if self._is_counted else message + b"\n"
        self._writer.write(framed)
        await self._writer.drain()


class _Datagrams(asyncio.DatagramProtocol):
    """UDP: one datagram for each message, cut where no datagram can be longer."""

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._error: Exception | None = None

    def connection_made(self, transport: Any) -> None:  # uvloop's is no asyncio.DatagramTransport
        self._transport = transport

    def error_received(self, exc: Exception) -> None:
        self._error = exc

    async def send(self, message: bytes) -> None:
        if self._error is not None:
            raise OSError(str(self._error))
        if self._transport is not None:
            self._transport.sendto(message[:LARGEST_DATAGRAM])
        await asyncio.sleep(0)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _unreachable(receiver: Receiver, error: Exception) -> ReceiverUnreachableError:
    place = f"{receiver.host}:{receiver.port}/{receiver.protocol}"
    return ReceiverUnreachableError(f"{place}: {error or 'no answer'}")


def _stamp(line: str) -> datetime | None:
    try:
        return datetime.strptime(line[:STAMP_LENGTH], STAMP_FORMAT)  # noqa: DTZ007 - local time
    except ValueError:
        return None


def _moved(stamp: datetime, by: timedelta) -> datetime:
    try:
        return (stamp + by).replace(microsecond=0)
    except OverflowError:
        return stamp
