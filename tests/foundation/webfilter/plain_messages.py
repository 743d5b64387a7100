"""Heads near the plain form, generated: whole or cut anywhere; and the filter without patterns."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from hypothesis import strategies as st

from foundation.webfilter import request_reader, response_reader

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


def messages_of(starts: st.SearchStrategy[bytes], plain: bytes) -> st.SearchStrategy[list[bytes]]:
    """Return some messages, plain ones among them."""
    odd = st.builds(
        lambda start, lines, body: start + b"".join(lines) + b"\r\n" + body,
        starts,
        st.lists(LINES, max_size=7),
        BODIES,
    )
    return st.lists(st.one_of(st.just(plain), odd), min_size=1, max_size=4)


@st.composite
def pieces_of(draw: st.DrawFn, starts: st.SearchStrategy[bytes], plain: bytes) -> list[bytes]:
    """Return messages one by one, or cut anywhere."""
    messages = draw(messages_of(starts, plain))
    return draw(cut(messages))


@st.composite
def cut(draw: st.DrawFn, messages: list[bytes]) -> list[bytes]:
    """Return messages as they are, or cut anywhere."""
    if draw(st.booleans()):
        return messages
    whole = b"".join(messages)
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(whole) - 1)), max_size=5)))
    return [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True) if a < b]


@contextmanager
def without_patterns() -> Iterator[None]:
    """Leave every head to the parser."""
    with (
        patch.object(request_reader, "plain_request", lambda _data: None),
        patch.object(response_reader, "plain_response", lambda _data: None),
    ):
        yield
