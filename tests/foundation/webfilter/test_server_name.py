"""CONNECT tunnels whose TLS asks for this or another host."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from proxy_world import proxy_world
from test_client_hello import hello, real_hello, server_name
from web_policies import one_action_policy

from foundation.webfilter import telling
from foundation.webfilter.limits import Limits
from foundation.webfilter.policy import FilterAction
from foundation.webfilter.server_name import ACCESS_DENIED
from foundation.webfilter.verdict import VerdictReason

POLICY = one_action_policy(FilterAction(ref="REF_A", categories=(116,), warn_categories=(195,)))
CONNECT = b"CONNECT news.example:443 HTTP/1.1\r\nHost: news.example:443\r\n\r\n"


class Listener:
    """An origin that says something first, then keeps what it hears until the end."""

    def __init__(self, greeting=b""):
        self.greeting = greeting
        self.heard = asyncio.get_running_loop().create_future()

    async def serve(self, reader, writer):
        writer.write(self.greeting)
        data = await reader.read()
        if not self.heard.done():
            self.heard.set_result(data)
        writer.write(b"goodbye")
        writer.close()


@asynccontextmanager
async def tunnel_world(greeting=b"", **settings):
    listener = Listener(greeting)
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()[:2]
    async with proxy_world(POLICY, connect_to={"*.example:443": address}, **settings) as world:
        world.listener = listener
        yield world
    server.close()


async def test_a_server_name_that_would_be_blocked_ends_the_tunnel_with_an_alert():
    async with tunnel_world() as world:
        answer = await world.raw(CONNECT + real_hello("www.games.example"))
        heard = await world.listener.heard
        first, second = await world.wait_activities(2)

    assert answer.endswith(b"\r\n\r\n" + ACCESS_DENIED)
    assert heard == b""
    assert (first.action, first.status_code, first.error) == ("block", 403, "sni_mismatch")
    assert first.verdict.host == "www.games.example"
    assert first.verdict.reason is VerdictReason.CATEGORY
    assert (second.verdict.host, second.error) == ("news.example", "sni_mismatch")
    assert world.refusals == ["sni_mismatch"]


async def test_another_server_name_that_is_allowed_passes_and_is_logged_as_a_mismatch():
    data = real_hello("shop.example")
    async with tunnel_world() as world:
        answer = await world.raw(CONNECT + data)
        heard = await world.listener.heard
        first, second = await world.wait_activities(2)

    assert answer.endswith(b"goodbye")
    assert heard == data
    assert (first.action, first.status_code, first.error) == ("allow", 200, "sni_mismatch")
    assert first.verdict.reason is VerdictReason.SNI_MISMATCH
    assert first.verdict.host == "shop.example"
    assert first.verdict.is_logged
    assert (second.verdict.reason, second.error) == (VerdictReason.DEFAULT, "sni_mismatch")
    assert world.refusals == []


async def test_another_server_name_that_would_be_warned_of_counts_as_proceed():
    async with tunnel_world() as world:
        await world.raw(CONNECT + real_hello("social.example"))
        first, _ = await world.wait_activities(2)

    assert first.action == "proceed"


async def test_the_same_server_name_in_any_spelling_is_no_mismatch():
    async with tunnel_world() as world:
        await world.raw(CONNECT + hello(server_name(b"NEWS.example.")))
        (activity,) = await world.wait_activities(1)

    assert (activity.error, activity.action) == ("", "allow")


async def test_a_hello_in_single_bytes_is_held_until_it_is_read():
    data = real_hello("games.example")
    async with tunnel_world() as world:
        reader, writer = await world.connect()
        writer.write(CONNECT)
        await reader.readuntil(b"\r\n\r\n")
        for at in range(0, len(data), 7):
            writer.write(data[at : at + 7])
            await writer.drain()
            await asyncio.sleep(0)
        async with asyncio.timeout(60):
            answer = await reader.read()
            heard = await world.listener.heard
        writer.close()

    assert answer == ACCESS_DENIED
    assert heard == b""


async def test_a_site_that_speaks_first_is_heard_and_no_tls_is_needed():
    async with tunnel_world(b"220 hello\r\n") as world:
        reader, writer = await world.connect()
        writer.write(CONNECT)
        async with asyncio.timeout(60):
            await reader.readuntil(b"220 hello\r\n")
            writer.write(b"EHLO me\r\n")
            writer.write_eof()
            assert await reader.read() == b"goodbye"
        writer.close()
        (activity,) = await world.wait_activities(1)

        assert await world.listener.heard == b"EHLO me\r\n"
        assert activity.error == ""


async def test_the_beginning_of_a_hello_that_never_ends_is_passed_at_the_end():
    data = real_hello("games.example")[:40]
    async with tunnel_world() as world:
        answer = await world.raw(CONNECT + data)

        assert answer.endswith(b"goodbye")
        assert await world.listener.heard == data


@pytest.mark.parametrize("told_s", [0.0, 3600.0])
async def test_a_tunnel_is_told_of_once(told_s):
    async with tunnel_world(limits=Limits(tunnel_told_s=told_s)) as world:
        await world.raw(CONNECT + real_hello("news.example"))
        async with asyncio.timeout(60):
            await world.listener.heard
        (activity,) = await world.wait_activities(1)

    assert len(world.activities) == 1
    # Of a tunnel that is told of at once, nothing had passed by then.
    assert activity.size == (0 if told_s == 0 else len("goodbye"))


async def test_an_open_tunnel_is_told_of_while_it_stands():
    data = real_hello("news.example")
    async with tunnel_world(limits=Limits(tunnel_told_s=0.0)) as world:
        reader, writer = await world.connect()
        writer.write(CONNECT + data)
        async with asyncio.timeout(60):
            await reader.readuntil(b"\r\n\r\n")
            (activity,) = await world.wait_activities(1)
            assert not world.listener.heard.done()
            writer.write_eof()
            assert await world.listener.heard == data
        writer.close()

    assert (activity.verdict.host, activity.status_code) == ("news.example", 200)
    assert len(world.activities) == 1


async def test_a_tunnel_of_a_silent_client_is_told_of_while_it_is_open(monkeypatch):
    monkeypatch.setattr(telling, "HELLO_S", 0.0)
    async with tunnel_world(b"220 hello\r\n", limits=Limits(tunnel_told_s=0.0)) as world:
        reader, writer = await world.connect()
        writer.write(CONNECT)
        async with asyncio.timeout(60):
            await reader.readuntil(b"220 hello\r\n")
            (activity,) = await world.wait_activities(1)
        writer.close()

    assert activity.verdict.host == "news.example"


async def test_a_mismatch_is_told_of_with_the_tunnel_also_when_that_is_at_once():
    async with tunnel_world(limits=Limits(tunnel_told_s=0.0)) as world:
        await world.raw(CONNECT + real_hello("shop.example"))
        first, second = await world.wait_activities(2)

    assert (first.verdict.host, first.error) == ("shop.example", "sni_mismatch")
    assert (second.verdict.host, second.error) == ("news.example", "sni_mismatch")
