"""Plain heads are read by a pattern as llhttp reads them, whatever comes before or after."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given
from plain_messages import (
    REQUEST,
    REQUEST_LINES,
    RESPONSE,
    STATUS_LINES,
    pieces_of,
    without_patterns,
)

from foundation.webfilter.body_stream import BodyStream
from foundation.webfilter.heads import ResponseHead
from foundation.webfilter.limits import Limits
from foundation.webfilter.plain_heads import plain_request, plain_response
from foundation.webfilter.refusals import ExchangeRefusedError
from foundation.webfilter.request_reader import IncomingRequest, RequestReader
from foundation.webfilter.response_reader import ResponseReader

LIMITS = Limits(url_bytes=60, head_bytes=300, header_count=6)


def _lines(head: bytes) -> list[bytes]:
    """Return what passes on; where the lines stand among others is free."""
    assert head.endswith(b"\r\n")
    return sorted(head.split(b"\r\n"))


def _requests(pieces: list[bytes]) -> list[object]:
    seen: list[object] = []
    bodies: list[_Body] = []

    def made() -> BodyStream:
        bodies.append(_Body())
        return bodies[-1]

    def note(request: IncomingRequest) -> None:
        head = request.head
        seen.append(
            (
                (head.method, head.target, head.version, head.fields.lines),
                (head.is_keep_alive, head.is_upgrade, head.is_chunked, head.has_body),
                (head.content_length, request.body.is_complete),
                (head.referer, head.user_agent, _lines(head.after_host())),
            )
        )

    reader = RequestReader(LIMITS, on_request=note, make_body=made)
    for piece in pieces:
        try:
            rest = reader.feed(piece)
        except ExchangeRefusedError as refusal:
            return [*seen, repr(refusal), [body.taken for body in bodies]]
        seen.append((reader.is_in_head, rest))
        if rest is not None:
            break
    return [*seen, [(body.taken, body.is_complete) for body in bodies]]


class _Body(BodyStream):
    def __init__(self) -> None:
        super().__init__(limit=1_000, pause=lambda: None, resume=lambda: None)
        self.taken = b""

    def put(self, piece: bytes) -> None:
        self.taken += piece


@dataclass
class _Sink:
    seen: list[object] = field(default_factory=list)
    is_withheld: bool = False

    def on_head(self, head: ResponseHead) -> None:
        self.seen.append((head.status, head.reason, head.fields.lines))
        self.seen.append((head.is_keep_alive, head.has_body, head.content_length))
        self.seen.append((head.content_type, _lines(head.before_connection())))

    def on_body(self, piece: bytes) -> None:
        self.seen.append(piece)

    def on_end(self) -> None:
        self.seen.append("end")

    def flush(self) -> None:
        """Nothing is held."""


def _responses(pieces: list[bytes]) -> list[object]:
    """Read each piece that finds the reader idle as the begin of a new answer, as origins do."""
    sink, reader = _Sink(), ResponseReader(LIMITS)
    reader.begin(sink, is_head_request=False)
    for piece in pieces:
        if reader.is_complete:
            reader.begin(sink, is_head_request=False)
        try:
            sink.seen.append(("rest", reader.feed(piece), reader.is_switched))
        except ExchangeRefusedError as refusal:
            return [*sink.seen, repr(refusal)]
        if reader.is_switched:
            return sink.seen
    try:
        reader.feed_eof()
    except ExchangeRefusedError as refusal:
        sink.seen.append(repr(refusal))
    return sink.seen


@given(pieces_of(REQUEST_LINES, REQUEST))
@example([REQUEST, REQUEST])
@example([REQUEST.replace(b"Accept: */*", b"Connection: close"), REQUEST])
@example([REQUEST.replace(b"Accept: */*", b"Content-Length: 3"), REQUEST])
@example([REQUEST.replace(b"*/*", b"*/* ")])
@example([REQUEST[:-2], b"\r\n" + REQUEST, REQUEST])
def test_requests_are_read_alike_with_andwithout_patterns(pieces: list[bytes]) -> None:
    with without_patterns():
        expected = _requests(pieces)
    assert _requests(pieces) == expected


@given(pieces_of(STATUS_LINES, RESPONSE))
@example([RESPONSE, RESPONSE])
@example([RESPONSE.replace(b"Server: s", b"Server: s ")])
@example([RESPONSE[:-1], b"c", RESPONSE])
@example([RESPONSE + b"d"])
@example([RESPONSE + RESPONSE])
@example([RESPONSE + b"\r\n", RESPONSE])
@example([RESPONSE[:-2]])
@example([b"HTTP/1.1 100 Continue\r\n\r\n", RESPONSE])
@example([RESPONSE.replace(b"Server: s", b"Connection: close"), RESPONSE])
def test_responses_are_read_alike_with_andwithout_patterns(pieces: list[bytes]) -> None:
    with without_patterns():
        expected = _responses(pieces)
    assert _responses(pieces) == expected


@pytest.mark.parametrize(("read", "plain"), [(plain_request, REQUEST), (plain_response, RESPONSE)])
def test_only_the_plain_form_is_read(read: Callable[[bytes], object], plain: bytes) -> None:
    assert read(plain) is not None
    for line in (
        b"Connection: close",
        b"Connection: Accept",
        b"Transfer-Encoding: chunked",
        b"Content-Length: 4",
        b"Content-Length: 5\r\nContent-Length: 5",
        b"Connection: keep-alive\r\nConnection: keep-alive",
        b"Upgrade: x",
        b"A:b",
        b"A: b\nC: d",
    ):
        assert read(plain.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n", 1)) is None


@pytest.mark.parametrize(
    "line",
    [b"Connection: keep-alive", b"Proxy-Connection: Keep-Alive", b"PROXY-connection: keep-Alive"],
)
def test_a_plain_keep_alive_stays_plain_and_does_not_pass(line: bytes) -> None:
    head = plain_request(REQUEST.replace(b"Accept", line + b"\r\nX-" + line + b"\r\nAccept"))
    assert head is not None
    assert head.after_host().startswith(b"X-" + line + b"\r\nAccept: */*\r\nVia: ")


def test_of_a_plain_head_all_lines_can_be_had() -> None:
    request, response = plain_request(REQUEST), plain_response(RESPONSE)
    assert request is not None
    assert request.fields.lines == [(b"Host", b"a.example"), (b"Accept", b"*/*")]
    assert response is not None
    assert response.fields.lines == [(b"Server", b"s"), (b"Content-Length", b"3")]
