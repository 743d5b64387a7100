"""The browser of a lab, against a proxy that answers what a test says."""

import asyncio
import contextlib

import pytest

from utmlab.browsing import Page, browse

WARNING = (
    "<html><title>Warning </title><form method=post action='/.proceed?x=1'>"
    "<input type=hidden name=token value='a&amp;b'><input type=submit></form></html>"
)


class Proxy:
    """Answers requests in turn and remembers their heads and bodies."""

    def __init__(self):
        self.answers = []
        self.heard = []

    async def serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(
                    (
                        int(line.split(":")[1])
                        for line in head.lower().splitlines()
                        if line.startswith("content-length")
                    ),
                    0,
                )
                self.heard.append(head + (await reader.readexactly(length)).decode())
                status, body = self.answers.pop(0)
                writer.write(
                    f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n"
                    f"X-Kind: test\r\n\r\n{body}".encode()
                )
                await writer.drain()
        writer.close()


@pytest.fixture
async def proxy():
    proxy = Proxy()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield proxy
    server.close()


async def test_a_page_is_asked_for_in_absolute_form_with_its_headers(proxy):
    proxy.answers = [(200, "<title> Games </title>")]
    page = await browse(proxy.url, "http://games.example/x", headers={"User-Agent": "old"})

    assert proxy.heard[0].startswith("GET http://games.example/x HTTP/1.1\r\n")
    assert "User-Agent: old" in proxy.heard[0]
    assert (page.status, page.title, page.headers["X-Kind"]) == (200, "Games", "test")
    assert not page.proceeded


async def test_a_warning_is_gone_past_by_posting_its_form(proxy):
    proxy.answers = [(403, WARNING), (200, "through")]
    page = await browse(proxy.url, "http://shop.example/a/b", proceed=True)

    assert proxy.heard[1].startswith("POST http://shop.example/.proceed?x=1 HTTP/1.1\r\n")
    assert proxy.heard[1].endswith("token=a%26b")
    assert (page.status, page.text, page.proceeded) == (200, "through", True)


async def test_a_warning_stays_one_unless_told(proxy):
    proxy.answers = [(403, WARNING)]
    page = await browse(proxy.url, "http://shop.example/")

    assert (page.status, page.title, page.proceeded) == (403, "Warning", False)


async def test_a_block_page_has_nothing_to_post(proxy):
    proxy.answers = [(403, "<title>Blocked</title>")]
    page = await browse(proxy.url, "http://games.example/", proceed=True)

    assert (page.status, page.proceeded, len(proxy.heard)) == (403, False, 1)


async def test_a_refused_connect_is_a_status_without_a_page(proxy):
    proxy.answers = [(403, "")]
    page = await browse(proxy.url, "https://games.example/")

    assert proxy.heard[0].startswith("CONNECT games.example:443")
    assert page.status == 403


@pytest.mark.parametrize("text", ["", "no title", "</title>x<title>", "<title>open"])
def test_a_page_without_a_title_has_an_empty_one(text):
    assert Page("u", 200, text, {}).title == ""
