"""Ports that are free, and stay one's own."""

import asyncio
import socket

import pytest
import uvloop

from utmlab.held_ports import HeldPorts


@pytest.fixture
def held():
    ports = HeldPorts()
    yield ports
    ports.release()


async def _listen(port):
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", port)
    try:
        return server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_server_may_listen_on_a_held_port_again_and_again(held, new_loop):
    port = held.take()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(_listen(port)) == port
        assert runner.run(_listen(port)) == port


def test_who_asks_for_a_held_port_without_sharing_is_refused(held):
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", held.take()))


def test_no_port_is_given_twice(held):
    others = HeldPorts()
    try:
        ports = [each.take() for _ in range(200) for each in (held, others)]
    finally:
        others.release()
    assert len(set(ports)) == len(ports)


def test_a_released_port_is_free_again(held):
    port = held.take()
    held.release()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
