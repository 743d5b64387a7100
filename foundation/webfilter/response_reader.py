"""Responses out of an origin's bytes, by llhttp in its strict mode.

- A plain head is read by one pattern and its body counted (`plain_heads`), with the same result.
- One reader per connection; interim 1xx answers are passed over, 101 ends HTTP.
- llhttp cannot know that a HEAD was asked: the head then ends the message, and the parser is not
  used again.
- A body without length ends with the connection.
"""

from typing import Protocol

import httptools

from foundation.webfilter.headers import Fields
from foundation.webfilter.heads import ResponseHead
from foundation.webfilter.limits import Limits
from foundation.webfilter.plain_heads import plain_response
from foundation.webfilter.refusals import OriginMalformedError

_BODILESS = frozenset({204, 304})


class ResponseSink(Protocol):
    """Whoever takes a response apart from its bytes."""

    is_withheld: bool
    """Whether the rest of the response is of no use."""

    def on_head(self, head: ResponseHead) -> None:
        """Take the head."""

    def on_body(self, piece: bytes) -> None:
        """Take a piece of the body."""

    def on_end(self) -> None:
        """Take note that the response is complete."""

    def flush(self) -> None:
        """Pass on what was taken: everything that came at once has been."""


class ResponseReader:
    """Feeds llhttp with the responses of one connection, one after the other."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sink: ResponseSink
        self._is_head_request = False
        self._parser: httptools.HttpResponseParser | None = None
        self._reason = b""
        self._lines: list[tuple[bytes, bytes]] = []
        self._fed_bytes = 0
        self._left_bytes = 0
        self._is_between_answers = True
        self._is_interim = False
        self._is_chunked = False
        self._head: ResponseHead | None = None
        self.is_complete = True
        self.is_switched = False

    def begin(self, sink: ResponseSink, *, is_head_request: bool) -> None:
        """Expect one response."""
        self._sink, self._is_head_request = sink, is_head_request
        if self._parser is None:
            self._parser = httptools.HttpResponseParser(self)
            self._is_between_answers = True
        self._fed_bytes = self._left_bytes = 0
        self._head = None
        self.is_complete = False

    def feed(self, data: bytes) -> bytes:
        """Parse; return what came after a switch of protocols.

        Raises:
            OriginMalformedError: The bytes are no acceptable response.
        """
        rest: bytes | None = None
        if self._left_bytes:
            rest = self._count(data)
        elif self._is_between_answers and not (self._is_head_request or self.is_complete):
            rest = self._begin_plain(data)
        return self._parse(data if rest is None else rest) if rest != b"" else b""

    def _parse(self, data: bytes) -> bytes:
        if self._head is None:
            self._fed_bytes += len(data)
        if self._parser is None:
            raise OriginMalformedError("the site sent something after its answer")
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.is_switched = True
            return data[upgrade.args[0] :]
        except httptools.HttpParserCallbackError as error:
            raise error.__context__ or error from None
        except httptools.HttpParserError as error:
            raise OriginMalformedError(f"the answer cannot be read: {error}") from None
        if self._head is None and self._fed_bytes > self._limits.head_bytes:
            raise OriginMalformedError(f"over {self._limits.head_bytes} bytes before the body")
        if self._is_head_request and self.is_complete:
            self._parser = None  # it still waits for a body that will not come
        return b""

    def feed_eof(self) -> None:
        """Note the end of the connection, which may be the end of the body.

        Raises:
            OriginMalformedError: The response was not complete.
        """
        if self.is_complete:
            return
        head = self._head
        if head is None or head.content_length or self._is_chunked:
            raise OriginMalformedError("the site closed the connection in the middle of its answer")
        self._complete()

    def on_message_begin(self) -> None:
        """Parser callback; after a complete response there must be no other."""
        if self.is_complete:
            raise OriginMalformedError("the site sent two answers to one request")
        self._reason, self._lines, self._is_interim = b"", [], False
        self._is_between_answers = False

    def on_status(self, piece: bytes) -> None:
        """Parser callback."""
        self._reason += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        """Parser callback."""
        if self._head is None:  # otherwise it is a trailer
            self._lines.append((name, value))

    def on_headers_complete(self) -> None:
        """Parser callback."""
        parser = self._parser
        if parser is None:
            return
        status, fields = parser.get_status_code(), Fields(self._lines)
        self._check_head_size()
        if 100 <= status < 200 and status != 101:
            self._is_interim = True
            return
        codings = fields.tokens(b"transfer-encoding")
        if codings and codings != {b"chunked"}:
            raise OriginMalformedError("the only transfer coding is chunked")
        self._is_chunked = bool(codings)
        has_body = not (self._is_head_request or status in _BODILESS or status == 101)
        self._head = ResponseHead(
            status,
            self._reason,
            fields,
            is_keep_alive=parser.should_keep_alive(),
            has_body=has_body,
        )
        self._sink.on_head(self._head)
        if not has_body:
            self._complete()

    def on_body(self, piece: bytes) -> None:
        """Parser callback."""
        if not self.is_complete:
            self._sink.on_body(piece)

    def on_message_complete(self) -> None:
        """Parser callback."""
        parser = self._parser
        self._is_between_answers = parser is not None and parser.should_keep_alive()
        if not self._is_interim:
            self._complete()

    def _begin_plain(self, data: bytes) -> bytes | None:
        """Take a plain head and what came of its body; return the rest, None if it is not plain."""
        head = plain_response(data)
        if head is None or head.end > self._limits.head_bytes:
            return None
        self._head, self._is_chunked, self._left_bytes = head, False, head.length
        self._sink.on_head(head)
        return self._count(data[head.end :])

    def _count(self, data: bytes) -> bytes:
        """Take what belongs to the body; return what came after its end."""
        left = self._left_bytes - len(data)
        self._left_bytes = max(left, 0)
        rest = b""
        if left < 0:
            data, rest = data[:left], data[left:]
        if data:
            self._sink.on_body(data)
        if left <= 0:
            self._complete()
        return rest

    def _check_head_size(self) -> None:
        limit = self._limits.head_bytes
        if self._fed_bytes > limit and sum(len(n) + len(v) + 4 for n, v in self._lines) > limit:
            raise OriginMalformedError(f"over {limit} bytes of headers")

    def _complete(self) -> None:
        if not self.is_complete:
            self.is_complete = True
            self._sink.on_end()
