"""Plain heads are read by a pattern as llhttp reads them, whatever comes before or after."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foundation.webfilter import request_reader, response_reader
from foundation.webfilter.body_stream import BodyStream
from foundation.webfilter.heads import ResponseHead
from foundation.webfilter.limits import Limits
from foundation.webfilter.plain_heads import plain_request, plain_response
from foundation.webfilter.refusals import ExchangeRefusedError
from foundation.webfilter.request_reader import IncomingRequest, RequestReader
from foundation.webfilter.response_reader import ResponseReader

LIMITS = Limits(url_bytes=60, head_bytes=300, header_count=6)
REQUEST = b"GET http://a.example/x?y HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 3\r\n\r\nabc"

LINES = st.sampled_from(
    [
        b"Host: a.example\r\n",
        b"hOST: b.example\r\n",
        b"Accept: */*\r\n",
        b"Accept : x\r\n",
        b"Cookie: a=1;  b=2\r\n",
        b"Empty:\r\n",
        b"Blank: \r\n",
        b"Tight:x\r\n",
        b"Wide:   x\r\n",
        b"Trailing: x \r\n",
        b"Tab: a\tb\r\n",
        b"Latin: \xe9\r\n",
        b"Nul: a\x00b\r\n",
        b"Bare: a\n",
        b"Return: a\rb\r\n",
        b" folded\r\n",
        b"No colon\r\n",
        b": nameless\r\n",
        b"Long: " + b"x" * 280 + b"\r\n",
        b"Connection: keep-alive\r\n",
        b"Connection: close\r\n",
        b"Connection: Accept\r\n",
        b"Connection: Keep-Alive\r\n",
        b"Proxy-Connection: keep-alive\r\n",
        b"Proxy-Connection: Keep-Alive\r\n",
        b"X-Connection: keep-alive\r\n",
        b"User-Agent: a\r\n",
        b"user-agent: b\r\n",
        b"Referer: http://a.example/\r\n",
        b"Proxy-Connection: close\r\n",
        b"Upgrade: websocket\r\n",
        b"Connection: Upgrade\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Content-Length: 0\r\n",
        b"Content-Length: 3\r\n",
        b"Content-Length: +3\r\n",
        b"Content-Length: 3, 3\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Content-Type: text/html\r\n",
        b"content-TYPE: text/plain\r\n",
        b"Content-Types: x\r\n",
        b"TE: trailers\r\n",
        b"Expect: 100-continue\r\n",
    ]
)
REQUEST_LINES = st.sampled_from(
    [
        b"GET http://a.example/x?y HTTP/1.1\r\n",
        b"HEAD http://a.example:80/ HTTP/1.1\r\n",
        b"GET http://a.example/?a=?#b HTTP/1.1\r\n",
        b"GET http://u@a.example/ HTTP/1.1\r\n",
        b"GET http://a..-:/ HTTP/1.1\r\n",
        b'GET http://a.example:99999/%zz|{}" HTTP/1.1\r\n',
        b"GET http://a.example HTTP/1.1\r\n",
        b"GET /x HTTP/1.1\r\n",
        b"GET http://a.example/" + b"x" * 60 + b" HTTP/1.1\r\n",
        b"GET http://a.example/ HTTP/1.0\r\n",
        b"GET  http://a.example/ HTTP/1.1\r\n",
        b"get http://a.example/ HTTP/1.1\r\n",
        b"POST http://a.example/ HTTP/1.1\r\n",
        b"CONNECT a.example:443 HTTP/1.1\r\n",
    ]
)
STATUS_LINES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 \r\n",
        b"HTTP/1.1 200\r\n",
        b"HTTP/1.1 404 Not  Found \r\n",
        b"HTTP/1.1 204 No Content\r\n",
        b"HTTP/1.1 304 Not Modified\r\n",
        b"HTTP/1.1 100 Continue\r\n",
        b"HTTP/1.1 101 Switching\r\n",
        b"HTTP/1.1 999 Odd\r\n",
        b"HTTP/1.0 200 OK\r\n",
        b"HTTP/2.0 200 OK\r\n",
        b"http/1.1 200 OK\r\n",
    ]
)
BODIES = st.sampled_from([b"", b"abc", b"ab", b"abcd", b"3\r\nabc\r\n0\r\n\r\n", b"\r\n"])


def _messages(starts: st.SearchStrategy[bytes], plain: bytes) -> st.SearchStrategy[list[bytes]]:
    odd = st.builds(
        lambda start, lines, body: start + b"".join(lines) + b"\r\n" + body,
        starts,
        st.lists(LINES, max_size=7),
        BODIES,
    )
    return st.lists(st.one_of(st.just(plain), odd), min_size=1, max_size=4)


@st.composite
def _pieces(draw: st.DrawFn, starts: st.SearchStrategy[bytes], plain: bytes) -> list[bytes]:
    """Return messages one by one, or cut anywhere."""
    messages = draw(_messages(starts, plain))
    if draw(st.booleans()):
        return messages
    whole = b"".join(messages)
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(whole) - 1)), max_size=5)))
    return [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True) if a < b]


@contextmanager
def _without_patterns() -> Iterator[None]:
    with (
        patch.object(request_reader, "plain_request", lambda _data: None),
        patch.object(response_reader, "plain_response", lambda _data: None),
    ):
        yield


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


@given(_pieces(REQUEST_LINES, REQUEST))
@example([REQUEST, REQUEST])
@example([REQUEST.replace(b"Accept: */*", b"Connection: close"), REQUEST])
@example([REQUEST.replace(b"Accept: */*", b"Content-Length: 3"), REQUEST])
@example([REQUEST.replace(b"*/*", b"*/* ")])
@example([REQUEST[:-2], b"\r\n" + REQUEST, REQUEST])
def test_requests_are_read_alike_with_and_without_patterns(pieces: list[bytes]) -> None:
    with _without_patterns():
        expected = _requests(pieces)
    assert _requests(pieces) == expected


@given(_pieces(STATUS_LINES, RESPONSE))
@example([RESPONSE, RESPONSE])
@example([RESPONSE.replace(b"Server: s", b"Server: s ")])
@example([RESPONSE[:-1], b"c", RESPONSE])
@example([RESPONSE + b"d"])
@example([RESPONSE + RESPONSE])
@example([RESPONSE + b"\r\n", RESPONSE])
@example([RESPONSE[:-2]])
@example([b"HTTP/1.1 100 Continue\r\n\r\n", RESPONSE])
@example([RESPONSE.replace(b"Server: s", b"Connection: close"), RESPONSE])
def test_responses_are_read_alike_with_and_without_patterns(pieces: list[bytes]) -> None:
    with _without_patterns():
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
