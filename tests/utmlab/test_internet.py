"""The lab's own internet."""

import asyncio

import aiohttp
import pytest

from foundation.net.tls import client_context
from foundation.service import utc_now
from utmlab.internet import LabInternet, is_lab_host


@pytest.fixture
async def internet(tmp_path):
    lab = LabInternet(tmp_path / "web", now=utc_now)
    await lab.start()
    yield lab
    await lab.stop()


class LoopbackResolver(aiohttp.abc.AbstractResolver):
    async def resolve(self, host, port=0, family=0):
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": port,
                "family": 2,
                "proto": 0,
                "flags": 0,
            }
        ]

    async def close(self):
        return


def session(internet):
    context = client_context(ca=internet.ca_file, now=utc_now)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=LoopbackResolver(), ssl=context)
    )


async def test_a_page_names_host_and_path(internet):
    async with (
        session(internet) as web,
        web.get(f"http://games.example:{internet.port}/play?level=1") as answer,
    ):
        assert answer.status == 200
        page = await answer.text()
    assert "<h1>games.example</h1>" in page
    assert "/play?level=1" in page


async def test_the_page_escapes_what_the_client_sent(internet):
    async with (
        session(internet) as web,
        web.get(f"http://a.test:{internet.port}/", params={"q": "<script>"}) as answer,
    ):
        assert "<script>" not in await answer.text()


async def test_https_has_a_certificate_for_every_host_of_the_zones(internet):
    async with session(internet) as web:
        for host in ("games.example", "deep.er.still.test"):
            async with web.get(f"https://{host}:{internet.port}/") as answer:
                assert f"<h1>{host}</h1>" in await answer.text()


async def test_a_name_outside_the_zones_is_refused_in_the_handshake(internet):
    async with session(internet) as web:
        with pytest.raises(aiohttp.ClientConnectionError):
            await web.get(f"https://www.sophos.invalid:{internet.port}/")


async def test_a_host_outside_the_zones_is_misdirected(internet):
    async with (
        session(internet) as web,
        web.get(f"http://other.invalid:{internet.port}/") as answer,
    ):
        assert answer.status == 421


async def test_what_got_through_is_remembered(internet):
    async with session(internet) as web:
        await web.get(f"http://news.example:{internet.port}/a?b=1")
        await web.get(f"http://other.invalid:{internet.port}/")
    assert internet.requests == (("news.example", "/a?b=1"),)


async def test_text_for_those_who_want_no_html(internet):
    headers = {"Accept": "text/plain"}
    async with (
        session(internet) as web,
        web.get(f"http://a.test:{internet.port}/x", headers=headers) as answer,
    ):
        assert await answer.text() == "a.test /x\n"


async def test_one_connect_to_map_leads_both_schemes_here(internet):
    target = ("127.0.0.1", internet.port)
    assert internet.connect_to() == {"*.example": target, "*.test": target}


async def test_a_client_that_never_speaks_does_not_stop_the_server_from_stopping(internet):
    _, writer = await asyncio.open_connection("127.0.0.1", internet.port)
    async with asyncio.timeout(60):
        await internet.stop()
    writer.close()


async def test_it_starts_again_after_a_stop(internet):
    await internet.stop()
    assert internet.port == 0
    await internet.start()
    async with session(internet) as web, web.get(f"https://a.test:{internet.port}/") as got:
        assert got.status == 200


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("a.example", True),
        ("A.TEST.", True),
        ("example", False),
        ("a.example.com", False),
        ("", False),
        ("127.0.0.1", False),
    ],
)
def test_the_zones_are_example_and_test(host, expected):
    assert is_lab_host(host) is expected
