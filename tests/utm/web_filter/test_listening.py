"""Node http.port: the gateway follows it while it runs."""

import json
import socket

import aiohttp
import pytest

from foundation.net.http_server import PortInUseError
from utm.confd import NodeValueRefusedError
from utm.web_filter import WebFilterOptions
from utm.web_filter.listening import gateway_note

from .conftest import Gateway


@pytest.fixture
def free():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def set_port(port):
    return {"op": "node", "key": "http.port", "value": port}


def noted(gateway):
    return json.loads(gateway_note(gateway.utm.config.data).read_bytes())


async def test_a_changed_port_holds_at_once_and_the_old_one_is_given_up(gateway, free):
    before = gateway.utm.web_filter.port
    assert noted(gateway)["port"] == before
    await gateway.edit(set_port(free))

    assert gateway.utm.web_filter.port == free == noted(gateway)["port"]
    assert (await gateway.fetch("http://fine.example/"))[0] == 200
    with pytest.raises(aiohttp.ClientConnectionError):
        async with aiohttp.ClientSession() as session:
            await session.get("http://fine.example/", proxy=f"http://127.0.0.1:{before}")


async def test_a_connection_that_is_open_goes_on(gateway, free):
    async with aiohttp.ClientSession() as session:
        async with session.get("http://fine.example/", proxy=gateway.url) as answer:
            await answer.read()
        old = gateway.url
        await gateway.edit(set_port(free))
        async with session.get("http://fine.example/", proxy=old) as answer:
            assert await answer.text() == "the page"


async def test_a_taken_port_refuses_the_edit_and_nothing_changes(gateway):
    before = gateway.utm.web_filter.port
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"web filter cannot listen on .*:{taken}"):
            await gateway.edit(set_port(taken))

    assert gateway.utm.web_filter.port == before
    assert await gateway.utm.node("http.port") == 8080
    assert (await gateway.fetch("http://fine.example/"))[0] == 200


async def test_a_port_that_is_none_refuses_the_edit(gateway):
    with pytest.raises(NodeValueRefusedError):
        await gateway.edit(set_port(70_000))


async def test_the_changed_port_holds_after_a_restart_too(gateway, make_utm, free, site):
    await gateway.edit(set_port(free))
    await gateway.utm.stop()
    again = Gateway(make_utm(web_filter=WebFilterOptions(port=0)))
    await again.utm.start()

    assert again.utm.web_filter.port == free
