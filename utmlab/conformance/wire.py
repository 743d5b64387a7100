"""Raw HTTP/1.1 over one TLS connection, as an MCS endpoint uses it.

Written on asyncio streams rather than on an HTTP library, because the suite has to see what
libraries smooth over: how an answer is framed, whether the connection stays, which headers came.

Invariants:

* Requests are strictly serial on one connection; every request carries `Content-Length`.
* A closed connection is opened again for the next request and counted, never hidden.
* Whatever the server sends, the result is an `Answer` or a `WireError`; nothing is read without
  a limit in bytes and in seconds.

Provenance: public behaviour of MCS clients (sections 1.1 and 1.2 of the protocol notes).
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from foundation.errors import DomainError

MAX_BODY = 100 * 1024 * 1024
MAX_HEADERS = 256
DEFAULT_TIMEOUT_S = 90.0


# TimeoutError is an OSError; EOFError covers a body cut short.
_UNREADABLE = (OSError, EOFError, ValueError, asyncio.LimitOverrunError)


class WireError(DomainError):
    """The server did not give a complete HTTP answer."""

    code: ClassVar[str] = "mcs_wire"
    hint: ClassVar[str] = "See what the server logged about this request."


class UrlRefusedError(DomainError):
    """The address is not one that an MCS endpoint could use."""

    code: ClassVar[str] = "mcs_url"
    hint: ClassVar[str] = "Give the MCS base URL, as https://host:4443/sophos/management/ep."


@dataclass(frozen=True, slots=True)
class Base:
    """The base URL of a server, taken apart: every path of a call is appended to `path`."""

    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> Base:
        """Take an https URL apart.

        Raises:
            UrlRefusedError: If it is not https, or has no host or an impossible port.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or 443
        except ValueError as error:
            raise UrlRefusedError(f"{url!r} is no URL: {error}") from error
        if parts.scheme != "https" or not parts.hostname:
            raise UrlRefusedError(f"{url!r} is not an https URL")
        return cls(parts.hostname, port, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        return self.host if self.port == 443 else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer as it stood on the wire.

    Attributes:
        method: Of the request.
        path: Of the request, relative to the base.
        version: As in the status line, `HTTP/1.1`.
        status: The status code.
        headers: In the order they came, names as sent.
        body: Without its framing.
        framing: How the end of the body was marked: `length`, `chunked`, `close` or `none`.
        reused: Whether the request went over a connection that had served one before.
        stays: Whether the server keeps the connection for the next request.
    """

    method: str
    path: str
    version: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    framing: str
    reused: bool
    stays: bool

    def header(self, name: str) -> str | None:
        """Return the first header of that name in any case, or None."""
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None

    def all_headers(self, name: str) -> list[str]:
        """Return every header of that name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def text(self) -> str:
        """The body as a client reads it: UTF-8, else Latin-1."""
        try:
            return self.body.decode("utf-8")
        except UnicodeDecodeError:
            return self.body.decode("latin-1")

    @property
    def call(self) -> str:
        """The request in one phrase, for findings."""
        return f"{self.method} {self.path or '(base)'}"


class Wire:
    """One persistent connection to one server.

    Args:
        base: The server.
        context: TLS context that trusts exactly one CA.
        timeout_s: For connecting and for each answer.
    """

    def __init__(
        self, base: Base, context: ssl.SSLContext, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> None:
        self.base = base
        self._context = context
        self._timeout_s = timeout_s
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._served = 0
        self.answers: list[Answer] = []
        self.dropped: list[str] = []
        """Calls before which the connection was found closed although it was to stay."""

    @property
    def tls_version(self) -> str:
        """The negotiated TLS version, empty when not connected."""
        tls = self._writer.get_extra_info("ssl_object") if self._writer else None
        return (tls.version() or "") if tls else ""

    async def connect(self) -> None:
        """Open the connection unless it is open.

        Raises:
            WireError: If the server cannot be reached or its certificate is refused.
        """
        if self._writer is not None:
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                self._reader, self._writer = await asyncio.open_connection(
                    self.base.host, self.base.port, ssl=self._context, limit=1 << 20
                )
        except ssl.SSLCertVerificationError as error:
            raise WireError(
                f"the certificate is refused: {error.verify_message or error}"
            ) from error
        except (OSError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise WireError(f"cannot connect to {self.base.authority}: {reason}") from error
        self._served = 0

    async def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._writer is not None:
            self._writer.close()
            self._reader = self._writer = None

    async def request(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> Answer:
        """Send one request and read its answer.

        Raises:
            WireError: If there is no complete answer.
        """
        if self._reader is not None and self._reader.at_eof():
            self.dropped.append(f"{method} {path or '(base)'}")
            await self.close()
        await self.connect()
        assert self._reader is not None  # noqa: S101  # connected
        assert self._writer is not None  # noqa: S101
        try:
            async with asyncio.timeout(self._timeout_s):
                self._writer.write(self._head(method, path, headers, body) + body)
                await self._writer.drain()
                answer = await self._read(self._reader, method, path)
        except WireError:
            await self.close()
            raise
        except _UNREADABLE as error:
            await self.close()
            reason = str(error) or type(error).__name__
            raise WireError(f"{method} {path or '(base)'}: no complete answer: {reason}") from error
        self._served += 1
        self.answers.append(answer)
        if not answer.stays:
            await self.close()
        return answer

    async def head_of_stream(self, path: str, headers: dict[str, str]) -> Answer:
        """Open a stream, read the head of the answer and hang up.

        Raises:
            WireError: If there is no head.
        """
        await self.connect()
        assert self._reader is not None  # noqa: S101  # connected
        assert self._writer is not None  # noqa: S101
        try:
            async with asyncio.timeout(self._timeout_s):
                self._writer.write(self._head("GET", path, headers, b""))
                version, status = _status_line(await self._reader.readuntil(b"\r\n"))
                answered = await _headers(self._reader)
        except _UNREADABLE as error:
            reason = str(error) or type(error).__name__
            raise WireError(f"GET {path}: no answer: {reason}") from error
        finally:
            await self.close()
        return Answer(
            method="GET",
            path=path,
            version=version,
            status=status,
            headers=answered,
            body=b"",
            framing="stream",
            reused=False,
            stays=False,
        )

    def _head(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        """Return the head in the order that real clients show on the wire."""
        lines = [
            f"{method} {self.base.path}{path} HTTP/1.1",
            f"Host: {self.base.authority}",
            "Accept-Encoding: identity",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")

    async def _read(self, reader: asyncio.StreamReader, method: str, path: str) -> Answer:
        version, status = _status_line(await reader.readuntil(b"\r\n"))
        headers = await _headers(reader)
        while 100 <= status < 200:  # an interim answer; the real one follows
            version, status = _status_line(await reader.readuntil(b"\r\n"))
            headers = await _headers(reader)
        values = {name.lower(): value for name, value in headers}
        connection = values.get("connection", "").lower()
        framing, body = await _body(reader, status, values)
        stays = framing != "close" and connection != "close" and version != "HTTP/1.0"
        return Answer(
            method=method,
            path=path,
            version=version,
            status=status,
            headers=headers,
            body=body,
            framing=framing,
            reused=self._served > 0,
            stays=stays or (version == "HTTP/1.0" and connection == "keep-alive"),
        )


def _status_line(line: bytes) -> tuple[str, int]:
    parts = line.decode("latin-1").split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/") or not parts[1].strip().isdigit():
        raise WireError(f"not an HTTP status line: {line[:80]!r}")
    return parts[0], int(parts[1])


async def _headers(reader: asyncio.StreamReader) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or len(headers) >= MAX_HEADERS:
            raise WireError(f"not an HTTP header: {line[:80]!r}")
        headers.append((name, value.strip()))
    return tuple(headers)


async def _body(
    reader: asyncio.StreamReader, status: int, headers: dict[str, str]
) -> tuple[str, bytes]:
    if status in (204, 304):
        return "none", b""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return "chunked", await _chunks(reader)
    if "content-length" in headers:
        length = headers["content-length"]
        if not (length.isascii() and length.isdigit()) or int(length) > MAX_BODY:
            raise WireError(f"Content-Length {length!r} is no usable number")
        return "length", await reader.readexactly(int(length))
    body = bytearray()
    while piece := await reader.read(1 << 16):
        body += piece
        if len(body) > MAX_BODY:
            raise WireError("the body does not end")
    return "close", bytes(body)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        if len(body) + size > MAX_BODY:
            raise WireError("the chunked body does not end")
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return bytes(body)
