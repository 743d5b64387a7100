"""The raw HTTP client: it shows every framing and hides no closed connection."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from utmlab.conformance.wire import Base, Wire, WireError


@pytest.fixture
def scripted(contexts):
    """Serve the given raw answers, one per request; None closes the connection instead."""

    @asynccontextmanager
    async def serving(*answers, close_after=False):
        queue = list(answers)
        received = []

        async def serve(reader, writer):
            try:
                while queue:
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                    received.append(head + await reader.readexactly(length))
                    answer = queue.pop(0)
                    if answer is None:
                        break
                    writer.write(answer)
                    await writer.drain()
                    if close_after:
                        break
            except asyncio.IncompleteReadError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=contexts[0])
        port = server.sockets[0].getsockname()[1]
        wire = Wire(Base("127.0.0.1", port, "/mcs"), contexts[1], timeout_s=60.0)
        try:
            yield wire, received
        finally:
            await wire.close()
            server.close()

    return serving


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2;x=y\r\nok\r\n1\r\n!\r\n0\r\nTrailer: 1\r\n\r\n"
)


async def test_a_request_is_framed_by_content_length_even_when_empty(scripted):
    async with scripted(OK) as (wire, received):
        await wire.request("GET", "/flags", {"X-Device-ID": "D1"})
    assert received[0].decode().split("\r\n") == [
        "GET /mcs/flags HTTP/1.1",
        f"Host: {wire.base.authority}",
        "Accept-Encoding: identity",
        "Content-Length: 0",
        "X-Device-ID: D1",
        "",
        "",
    ]


async def test_a_body_is_sent_after_the_head(scripted):
    async with scripted(OK) as (wire, received):
        await wire.request("PUT", "/statuses", {}, b"<a/>")
    assert received[0].endswith(b"Content-Length: 4\r\n\r\n<a/>")


async def test_the_second_answer_on_a_connection_is_reused(scripted):
    async with scripted(OK, OK) as (wire, _):
        first = await wire.request("GET", "", {})
        second = await wire.request("GET", "", {})
    assert (first.reused, second.reused) == (False, True)
    assert wire.dropped == []


@pytest.mark.parametrize(
    ("raw", "framing", "body", "stays"),
    [
        (OK, "length", b"ok", True),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            "length",
            b"",
            False,
        ),
        (b"HTTP/1.1 204 No\r\n\r\n", "none", b"", True),
        (
            CHUNKED,
            "chunked",
            b"ok!",
            True,
        ),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "length", b"ok", False),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, "length", b"ok", True),
    ],
)
async def test_each_framing_is_read_and_named(scripted, raw, framing, body, stays):
    async with scripted(raw) as (wire, _):
        answer = await wire.request("GET", "", {})
    assert (answer.framing, answer.body, answer.stays) == (framing, body, stays)


async def test_a_body_that_ends_with_the_connection_is_read_and_named(scripted):
    raw = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000
    async with scripted(raw, close_after=True) as (wire, _):
        answer = await wire.request("GET", "", {})
    assert (answer.framing, len(answer.body), answer.stays) == ("close", 300_000, False)


async def test_a_connection_that_was_closed_silently_is_counted(scripted):
    async with scripted(OK, OK, close_after=True) as (wire, _):
        await wire.request("GET", "", {})
        while not wire._reader.at_eof():  # noqa: ASYNC110  # the reader has no event for it
            await asyncio.sleep(0)
        second = await wire.request("GET", "/flags", {})
    assert wire.dropped == ["GET /flags"]
    assert not second.reused


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2_000_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000 + b"\r\n",
    ],
    ids=lambda raw: repr(raw)[:60],
)
async def test_what_is_no_complete_answer_is_an_error(scripted, raw):
    async with scripted(raw, close_after=True) as (wire, _):
        with pytest.raises(WireError):
            await wire.request("GET", "", {})


async def test_a_server_that_does_not_answer_is_given_up(scripted):
    async with scripted(b"") as (wire, _):
        await wire.connect()
        wire._timeout_s = 0.1
        with pytest.raises(WireError, match="no complete answer"):
            await wire.request("GET", "", {})


async def test_after_an_error_the_next_request_connects_anew(scripted):
    async with scripted(None, OK) as (wire, _):
        with pytest.raises(WireError):
            await wire.request("GET", "", {})
        assert (await wire.request("GET", "", {})).status == 200


async def test_headers_are_found_in_any_case(scripted):
    raw = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nSET-COOKIE: a=1\r\nset-cookie: b=2\r\n\r\n"
    async with scripted(raw) as (wire, _):
        answer = await wire.request("GET", "", {})
    assert answer.header("Content-Length") == "0"
    assert answer.all_headers("Set-Cookie") == ["a=1", "b=2"]
    assert answer.header("Missing") is None


async def test_text_is_utf_8_else_latin_1(scripted):
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xe9"
    async with scripted(raw) as (wire, _):
        assert (await wire.request("GET", "", {})).text == "\u00e9"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example", Base("a.example", 443, "")),
        ("https://a.example/mcs/", Base("a.example", 443, "/mcs")),
        ("https://a.example:4443/x/y", Base("a.example", 4443, "/x/y")),
    ],
)
def test_a_base_url_is_taken_apart(url, expected):
    assert Base.parse(url) == expected


def test_the_default_port_is_not_named_in_the_host_header():
    assert Base.parse("https://a.example:443/").authority == "a.example"
    assert Base.parse("https://a.example:4443/").authority == "a.example:4443"
