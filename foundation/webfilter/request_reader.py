"""Requests out of a client's bytes, by llhttp in its strict mode.

- One request line, one Host, one framing: conflicting Content-Length and Transfer-Encoding,
  folded headers, bare newlines and the like are refused by the parser; several Host headers and
  codings other than chunked are refused here.
- A plain request is read by one pattern instead (`plain_heads`), with the same result.
- Heads are bounded in bytes and lines before anything is made of them.
- Trailers are read and dropped (RFC 9110 6.5.1 lets a proxy do so).
"""

from collections.abc import Callable

import httptools

from foundation.webfilter.body_stream import NO_BODY, BodyStream
from foundation.webfilter.headers import Fields
from foundation.webfilter.heads import RequestHead
from foundation.webfilter.limits import Limits
from foundation.webfilter.plain_heads import plain_request
from foundation.webfilter.refusals import (
    ExchangeRefusedError,
    HeadTooLargeError,
    MethodRefusedError,
    RequestMalformedError,
    UrlTooLongError,
)


class IncomingRequest:
    """A request whose head is complete; the body may still be on its way."""

    __slots__ = ("body", "head")

    def __init__(self, head: RequestHead, body: BodyStream) -> None:
        self.head, self.body = head, body


class RequestReader:
    """Feeds llhttp, keeps the limits, hands out requests."""

    def __init__(
        self,
        limits: Limits,
        *,
        on_request: Callable[[IncomingRequest], None],
        make_body: Callable[[], BodyStream],
    ) -> None:
        self._limits, self._on_request, self._make_body = limits, on_request, make_body
        self._parser = httptools.HttpRequestParser(self)
        self._refusal: ExchangeRefusedError | None = None
        self._body: BodyStream | None = None
        self._target = b""
        self._lines: list[tuple[bytes, bytes]] = []
        self._fed_bytes = 0
        self._pending_bytes = 0
        self._has_begun_in_this_feed = False
        self._is_between_requests = True
        self.is_in_head = False

    def feed(self, data: bytes) -> bytes | None:
        """Parse; return the bytes after an upgrade or CONNECT, None as long as HTTP goes on.

        Raises:
            ExchangeRefusedError: The bytes are no acceptable request.
        """
        if self._is_between_requests and self._read_plain(data):
            return None
        self._has_begun_in_this_feed = False
        self._fed_bytes = len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return data[upgrade.args[0] :]
        except httptools.HttpParserError as error:
            raise self._refusal or self._malformed(error) from None
        if self.is_in_head and not self._has_begun_in_this_feed:
            self._pending_bytes += len(data)
            self._check_head_size(self._pending_bytes)
        return None

    def on_message_begin(self) -> None:
        """Parser callback."""
        self._target, self._lines, self._body = b"", [], None
        self._pending_bytes = 0
        self.is_in_head = self._has_begun_in_this_feed = True
        self._is_between_requests = False

    def on_url(self, piece: bytes) -> None:
        """Parser callback."""
        self._target += piece
        if len(self._target) > self._limits.url_bytes:
            self._refuse(UrlTooLongError(f"the URL is over {self._limits.url_bytes} bytes"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Parser callback."""
        if self._body is None:  # otherwise it is a trailer
            self._lines.append((name, value))

    def on_headers_complete(self) -> None:
        """Parser callback."""
        self.is_in_head = False
        lines, parser = self._lines, self._parser
        if self._fed_bytes + self._pending_bytes > self._limits.head_bytes:
            self._check_head_size(sum(len(name) + len(value) + 4 for name, value in lines))
        if len(lines) > self._limits.header_count:
            self._refuse(HeadTooLargeError(f"over {self._limits.header_count} header lines"))
        head = RequestHead(
            parser.get_method().decode("ascii"),
            self._target.decode("utf-8", "surrogateescape"),
            parser.get_http_version(),
            Fields(lines),
            is_keep_alive=parser.should_keep_alive(),
            is_upgrade=parser.should_upgrade(),
        )
        self._check(head)
        self._body = self._make_body() if head.has_body else NO_BODY
        self._on_request(IncomingRequest(head, self._body))

    def on_body(self, piece: bytes) -> None:
        """Parser callback."""
        if self._body is not None:
            self._body.put(piece)

    def on_message_complete(self) -> None:
        """Parser callback."""
        if self._body is not None and self._body is not NO_BODY:
            self._body.end()
        self._is_between_requests = self._parser.should_keep_alive()

    def _read_plain(self, data: bytes) -> bool:
        """Hand out a plain request; what is over a limit is left to the parser, which says so."""
        limits = self._limits
        head = plain_request(data) if len(data) <= limits.head_bytes else None
        if head is None or len(head.target) > limits.url_bytes:
            return False
        if data.count(b"\n") > limits.header_count + 2:  # two more than header lines
            return False
        self._on_request(IncomingRequest(head, NO_BODY))
        return True

    def _check(self, head: RequestHead) -> None:
        if head.version not in {"1.0", "1.1"}:
            self._refuse(RequestMalformedError(f"HTTP/{head.version} is not spoken here"))
        hosts = len(head.fields.find_all(b"host"))
        if hosts > 1 or (hosts == 0 and head.version == "1.1"):
            self._refuse(RequestMalformedError(f"the request has {hosts} Host headers"))
        if head.is_chunked:
            codings = head.fields.tokens(b"transfer-encoding")
            if codings != {b"chunked"} or head.version == "1.0":
                self._refuse(MethodRefusedError("the only transfer coding is chunked, in HTTP/1.1"))

    def _check_head_size(self, count: int) -> None:
        if count > self._limits.head_bytes:
            self._refuse(HeadTooLargeError(f"over {self._limits.head_bytes} bytes of headers"))

    def _refuse(self, refusal: ExchangeRefusedError) -> None:
        self._refusal = refusal
        raise refusal

    def _malformed(self, error: Exception) -> ExchangeRefusedError:
        if isinstance(error, httptools.HttpParserInvalidMethodError):
            return MethodRefusedError("the method is unknown")
        return RequestMalformedError(f"the request cannot be read: {error}")
