"""Answers of a server, read out of bytes as they come: only as much HTTP as servers of MCS need.

* A head is remembered by its bytes: within a second a server's answers begin alike, and no head is
  taken apart twice.
* A body has a Content-Length, is chunked, or ends with the connection; anything else, and what is
  no HTTP at all, is malformed.
* Bodies are bounded as the client's are.

Provenance: mcs-protocol.md 1.1 (public).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httptools

from endpoint.mcs_client.outcome import Answer, Breakdown, NoAnswer, Outcome

_MOST_WITH_LENGTH: Final = 100 * 1024 * 1024
_MOST_WITHOUT_LENGTH: Final = 10 * 1024 * 1024
_MOST_HEADS: Final = 256
_LONGEST_HEAD: Final = 65_536
_END: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an answer.

    Attributes:
        status: The status code.
        headers: By lower-case name; several Set-Cookie are lines of one value.
        length: The Content-Length; None for a body of another form.
        keeps: Whether the connection stays open.
    """

    status: int
    headers: Mapping[str, str]
    length: int | None
    keeps: bool


class Heads:
    """The heads that the answers of one server begin with."""

    def __init__(self) -> None:
        self._known: dict[bytes, Head] = {}

    def read(self, raw: bytes) -> Head:
        """Return a head.

        Raises:
            ValueError: It is none.
        """
        head = self._known.get(raw)
        if head is None:
            if len(self._known) >= _MOST_HEADS:
                self._known.clear()
            head = self._known[raw] = _read_head(raw)
        return head


class AnswerReader:
    """Reads one answer after the other of one connection."""

    __slots__ = ("_buffer", "_head", "_heads", "_slow", "keeps")

    def __init__(self, heads: Heads) -> None:
        self._heads = heads
        self._buffer = b""
        self._head: tuple[Head, int] | None = None
        self._slow: _SlowReader | None = None
        self.keeps = True

    def feed(self, data: bytes) -> Outcome | None:
        """Take bytes; return the answer once it is whole."""
        if self._slow is not None:
            return self._feed_slow(data)
        self._buffer = self._buffer + data if self._buffer else data
        if self._head is None:
            end = self._buffer.find(_END)
            if end < 0:
                is_long = len(self._buffer) > _LONGEST_HEAD
                return NoAnswer(Breakdown.MALFORMED, "a head without end") if is_long else None
            try:
                self._head = (self._heads.read(self._buffer[:end]), end + len(_END))
            except ValueError as error:
                return NoAnswer(Breakdown.MALFORMED, str(error))
        return self._whole(*self._head)

    def end(self) -> Outcome | None:
        """Take the end of the connection; return the answer that it completes, or breaks."""
        if self._slow is not None and not self._slow.is_chunked:
            self.keeps = False
            return Answer(self._slow.status, self._slow.headers, bytes(self._slow.body))
        if self._head is None:
            return None
        return NoAnswer(Breakdown.BODY_TOO_SHORT, "the connection ended within a body")

    def _whole(self, head: Head, begins: int) -> Outcome | None:
        if head.length is None:
            self._slow = _SlowReader(head)
            data, self._buffer = self._buffer, b""
            return self._feed_slow(data)
        if head.length > _MOST_WITH_LENGTH:
            return NoAnswer(Breakdown.BODY_TOO_LONG, f"{head.length} bytes")
        if len(self._buffer) < begins + head.length:
            return None
        body = self._buffer[begins : begins + head.length]
        self._buffer, self._head, self.keeps = b"", None, head.keeps
        return Answer(head.status, head.headers, body)

    def _feed_slow(self, data: bytes) -> Outcome | None:
        slow = self._slow
        if slow is None:
            return None
        try:
            slow.parser.feed_data(data)
        except httptools.HttpParserError as error:
            return NoAnswer(Breakdown.MALFORMED, str(error))
        if len(slow.body) > _MOST_WITHOUT_LENGTH:
            return NoAnswer(Breakdown.BODY_TOO_LONG, f"{len(slow.body)} bytes")
        if not slow.is_complete:
            return None
        self._slow = self._head = None
        self.keeps = slow.keeps
        return Answer(slow.status, slow.headers, bytes(slow.body))


class _SlowReader:
    """Reads what is not of a known length."""

    def __init__(self, head: Head) -> None:
        self.status, self.headers, self.keeps = head.status, head.headers, head.keeps
        self.is_chunked = "transfer-encoding" in head.headers
        self.body = bytearray()
        self.is_complete = False
        self.parser = httptools.HttpResponseParser(self)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self.body += body

    def on_message_complete(self) -> None:
        """Take note of the end."""
        self.is_complete = True


def _read_head(raw: bytes) -> Head:
    first, *lines = raw.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    status = rest.partition(" ")[0]
    if not version.startswith("HTTP/1.") or len(status) != 3 or not status.isdigit():
        raise ValueError(f"no answer of HTTP: {first[:60]!r}")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        key, text = name.strip().lower(), value.strip()
        headers[key] = f"{headers[key]}\n{text}" if key in headers else text
    length = headers.get("content-length")
    if length is not None and not (length.isdigit() and length.isascii()):
        raise ValueError(f"the Content-Length {length[:20]!r} is no number")
    is_chunked = "chunked" in headers.get("transfer-encoding", "").lower()
    keeps = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    return Head(int(status), headers, None if is_chunked or length is None else int(length), keeps)
