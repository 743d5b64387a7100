"""Who filters where, and what Web Control does with connections that are not its to filter."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from endpoint.host import HostFolder
from endpoint.network import (
    Network,
    NetworkFileDamagedError,
    load_network,
    network_file,
    store_network,
)
from endpoint.web_control.standing_back import stands_back
from foundation.net.http_server import HttpServer
from foundation.webfilter.policy import WebPolicy

OFFICE = Network(location="office", gateway_host="127.0.0.1", gateway_port=1, source="127.77.0.1")
ON = WebPolicy(group_ref="REF_Group")
ENDPOINT_FILTERS = WebPolicy(group_ref="REF_Group", switches=(("office_filter", "endpoint"),))
OFF = WebPolicy(group_ref="REF_Group", web_control=False, switches=ENDPOINT_FILTERS.switches)


@pytest.mark.parametrize(
    ("network", "policy", "expected"),
    [
        (Network(), ON, False),
        (Network(), None, False),
        (OFFICE, ON, True),
        (OFFICE, None, True),
        (OFFICE, ENDPOINT_FILTERS, False),
        (OFFICE, OFF, True),
    ],
)
def test_utm_08_who_filters(network, policy, expected):
    assert stands_back(network, policy) is expected


class Gateway:
    """A proxy as far as these tests need one: it says who asked for what."""

    def __init__(self):
        self.asked = []
        self.server = None

    async def start(self):
        async def answer(request):
            self.asked.append((request.remote, request.raw_path))
            return web.Response(text="from the gateway")

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        self.server = HttpServer(app, name="gateway", host="127.0.0.1", port=0)
        await self.server.start()
        return self


@pytest.fixture
async def gateway():
    gateway = await Gateway().start()
    yield gateway
    await gateway.server.stop()


@pytest.fixture
async def at_the_office(desk, gateway):
    """A desk whose Web Control runs behind the gateway."""
    desk.give()
    store_network(desk.host, office(gateway))
    await desk.web_control.start()
    return desk


def office(gateway, **changes):
    settings = {
        "location": "office",
        "gateway_host": "127.0.0.1",
        "gateway_port": gateway.server.port,
        "source": "127.77.0.1",
        **changes,
    }
    return Network(**settings)


async def test_utm_08_at_the_office_everything_goes_to_the_gateway(at_the_office, gateway):
    assert await at_the_office.fetch("http://blocked.example/a") == (200, "from the gateway")
    assert gateway.asked == [("127.77.0.1", "http://blocked.example/a")]
    assert at_the_office.events() == []


async def test_an_unreachable_gateway_is_a_502_page(at_the_office, gateway):
    store_network(at_the_office.host, office(gateway, gateway_port=1))
    status, text = await at_the_office.fetch(
        "http://fine.example/", headers={"Accept": "text/html"}
    )
    assert status == 502
    assert "<h1>" in text
    assert "cannot be reached" in text


async def test_an_unreachable_gateway_also_ends_a_tunnel_visibly(at_the_office, gateway):
    store_network(at_the_office.host, office(gateway, gateway_port=1))
    with pytest.raises(aiohttp.ClientHttpProxyError) as refused:
        await at_the_office.fetch("https://fine.example/")
    assert refused.value.status == 502


async def test_utm_08_a_move_holds_for_the_next_connection(at_the_office, gateway):
    store_network(at_the_office.host, Network())
    assert (await at_the_office.fetch("http://blocked.example/"))[0] == 403
    store_network(at_the_office.host, office(gateway))
    assert (await at_the_office.fetch("http://blocked.example/"))[1] == "from the gateway"


async def test_a_request_on_a_kept_connection_does_not_escape_the_gateway(desk, gateway):
    desk.give()
    await desk.web_control.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.web_control.port)
    request = b"GET http://fine.example/ HTTP/1.1\r\nHost: fine.example\r\n\r\n"
    writer.write(request)
    assert (await reader.readuntil(b"the page")).startswith(b"HTTP/1.1 200")
    store_network(desk.host, office(gateway))
    writer.write(request)
    try:
        assert b"the page" not in await reader.read()
    except ConnectionResetError:
        pass
    finally:
        writer.close()


async def test_asking_web_control_itself_makes_no_ring(at_the_office, gateway):
    """A gateway that is asked for the very address of Web Control gets an answer from it."""
    port = at_the_office.web_control.port
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/") as answer,
    ):
        assert answer.status >= 400
    assert gateway.asked == []


async def test_stopping_ends_the_connections_that_were_handed_on(at_the_office):
    reader, writer = await asyncio.open_connection("127.0.0.1", at_the_office.web_control.port)
    writer.write(b"GET http://fine.example/ HTTP/1.1\r\nHost: fine.example\r\n\r\n")
    await reader.readuntil(b"from the gateway")
    await at_the_office.web_control.stop()
    try:
        assert await reader.read() == b""
    except ConnectionResetError:
        pass
    finally:
        writer.close()


def test_a_host_without_a_file_roams(tmp_path):
    assert load_network(HostFolder(tmp_path)) == Network()


def test_a_network_is_read_as_it_was_stored(tmp_path):
    host = HostFolder(tmp_path)
    store_network(host, OFFICE)
    assert load_network(host) == OFFICE


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"version": 2}', b'{"version": 1, "location": "moon"}']
)
def test_a_damaged_file_is_refused(tmp_path, content):
    host = HostFolder(tmp_path)
    network_file(host).write_bytes(content)
    with pytest.raises(NetworkFileDamagedError):
        load_network(host)


async def test_a_file_that_becomes_damaged_leaves_the_computer_where_it_was(at_the_office):
    network_file(at_the_office.host).write_bytes(b"{")
    assert (await at_the_office.fetch("http://blocked.example/"))[1] == "from the gateway"
