"""Clients and origins that are broken, slow or hostile."""

import asyncio
import contextlib
import socket
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proxy_world import Origin, proxy_world
from web_policies import one_action_policy

from foundation.net.http_server import PortInUseError
from foundation.webfilter.limits import Limits
from foundation.webfilter.policy import FilterAction
from foundation.webfilter.proxy import FilteringProxy

POLICY = one_action_policy(FilterAction(ref="REF_A", categories=(116,)))
HOST = b"Host: news.example\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET http://news.example/ HTTP/1.1\r\n\r\n", 400),
        (b"GET http://news.example/ HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 400),
        (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET https://news.example/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET ftp://news.example/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET http://[::1/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET http://news.example:99999/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET http://games.example\\@news.example/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"CONNECT news.example/x:443 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"CONNECT a@news.example:443 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"TRACE http://news.example/ HTTP/1.1\r\n" + HOST + b"\r\n", 501),
        (b"BREW http://news.example/ HTTP/1.1\r\n" + HOST + b"\r\n", 501),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\x16\x03\x01\x00\xa5\x01\x00", 501),
        (b"GET http://news.example/ HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n", 400),
        (b"GET http://news.example/ HTTP/1.1\r\n" + HOST + b"X : a\r\n\r\n", 400),
        (b"GET http://news.example/ HTTP/1.1\n" + HOST + b"\n\n", 400),
        (
            b"POST http://news.example/ HTTP/1.1\r\n" + HOST
            + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (
            b"POST http://news.example/ HTTP/1.1\r\n" + HOST
            + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
            400,
        ),
        (b"POST http://news.example/ HTTP/1.1\r\n" + HOST + b"Content-Length: +3\r\n\r\nabc", 400),
        (
            b"POST http://news.example/ HTTP/1.1\r\n" + HOST
            + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            501,
        ),
        (b"GET http://news.example/" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (b"GET http://news.example/ HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 200 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"y" * 70_000 + b"\r\n\r\n", 431),
        (b"GET http://news.example/ HTTP/1.1\r\n" + HOST + b"X: " + b"y" * 900_000, 431),
    ],
)  # fmt: skip
async def test_a_request_that_is_not_clear_is_refused(request_, status):
    async with proxy_world(POLICY) as world:
        answer = await world.raw(request_)

        assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
        assert world.origin.requests == []
        assert len(world.refusals) == 1


async def test_an_earlier_request_is_answered_before_garbage_is_refused():
    async with proxy_world(POLICY) as world:
        answer = await world.raw(
            b"GET http://news.example/ HTTP/1.1\r\n" + HOST + b"\r\nGARBAGE\r\n\r\n"
        )

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.count(b"HTTP/1.1 ") == 2
    assert b"HTTP/1.1 501" in answer


async def test_pipelined_requests_are_answered_in_order_with_a_verdict_each():
    requests = b"".join(
        b"GET http://%s.example/ HTTP/1.1\r\nHost: x\r\n\r\n" % name
        for name in (b"news", b"games", b"shop") * 20
    )
    async with proxy_world(POLICY) as world:
        answer = await world.raw(requests)
        activities = await world.wait_activities(60)

    assert answer.count(b"HTTP/1.1 200 OK") == 40
    assert answer.count(b"HTTP/1.1 403") == 20
    assert [a.verdict.host for a in activities[:3]] == [
        "news.example",
        "games.example",
        "shop.example",
    ]


async def test_origin_form_is_judged_by_its_host_header():
    async with proxy_world(POLICY) as world:
        allowed = await world.raw(b"GET /x HTTP/1.1\r\nHost: news.example\r\n\r\n")
        blocked = await world.raw(b"GET /x HTTP/1.1\r\nHost: GAMES.example.\r\n\r\n")

    assert allowed.startswith(b"HTTP/1.1 200")
    assert blocked.startswith(b"HTTP/1.1 403")


async def test_the_host_header_is_made_from_the_url_that_was_judged():
    async with proxy_world(POLICY) as world:
        await world.raw(
            b"GET http://news.example:8080/a/../b HTTP/1.1\r\nHost: games.example\r\n"
            b"Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\n"
            b"Connection: X-Drop, close\r\nX-Drop: 1\r\nTE: trailers\r\nX-Keep: 2\r\n\r\n"
        )
        (head,) = world.origin.requests

    assert head == (
        b"GET /b HTTP/1.1\r\nHost: news.example:8080\r\nX-Keep: 2\r\nVia: 1.1 utmlab\r\n\r\n"
    )


async def test_hop_by_hop_headers_of_the_answer_end_at_the_proxy():
    answer = (
        b"HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nConnection: X-Drop\r\nX-Drop: 1\r\n"
        b"Keep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nX-Keep: 2\r\n\r\nok"
    )
    async with proxy_world(POLICY, Origin(answer)) as world:
        got = await world.raw(b"GET http://news.example/ HTTP/1.1\r\n" + HOST + b"\r\n")

    assert got == (
        b"HTTP/1.1 200 Fine\r\nX-Keep: 2\r\nVia: 1.1 utmlab\r\nContent-Length: 2\r\n"
        b"Connection: keep-alive\r\n\r\nok"
    )


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_an_origin_that_makes_no_sense_is_a_bad_gateway(answer):
    async with proxy_world(POLICY, Origin(answer)) as world:
        got = await world.raw(b"GET http://news.example/ HTTP/1.1\r\n" + HOST + b"\r\n")
        (activity,) = await world.wait_activities(1)

    assert got.startswith(b"HTTP/1.1 502")
    assert (activity.status_code, activity.error) == (502, "origin_malformed")


async def test_an_answer_that_breaks_off_is_not_passed_as_whole():
    async def break_off(_head, _reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        return False

    async with proxy_world(POLICY, Origin(break_off)) as world:
        code, out, _ = await world.curl("http://news.example/")
        (activity,) = await world.wait_activities(1)

    assert code != 0
    assert out == "half"
    assert activity.error == "origin_malformed"


async def test_an_interim_answer_is_passed_over():
    answer = (
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    )
    async with proxy_world(POLICY, Origin(answer)) as world:
        assert (await world.curl("http://news.example/"))[1] == "ok"


async def test_a_kept_connection_that_died_is_replaced_unseen():
    async def once(_head, _reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        return False  # closes although keep-alive was promised

    async with proxy_world(POLICY, Origin(once)) as world:
        urls = ["http://news.example/"] * 5
        code, out, _ = await world.curl(*urls)

    assert (code, out) == (0, "ok" * 5)


async def test_an_origin_that_does_not_answer_times_out():
    async def silent(_head, reader, _writer):
        await reader.read()
        return False

    limits = Limits(response_head_timeout_s=0.2)
    async with proxy_world(POLICY, Origin(silent), limits=limits) as world:
        _, out, _ = await world.curl("-w", "%{http_code}", "http://news.example/")

    assert out.endswith("504")


async def test_an_origin_that_cannot_be_connected_times_out():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = []
        for _ in range(4):  # a full backlog: the kernel drops further SYNs
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
            fillers.append(filler)
        async with proxy_world(
            POLICY,
            limits=Limits(connect_timeout_s=0.3),
            connect_to={"slow.test": full.getsockname()},
        ) as world:
            _, out, _ = await world.curl("-w", "%{http_code}", "http://slow.test/")
        for filler in fillers:
            filler.close()

    assert out.endswith("504")


async def test_an_unreachable_origin_is_a_bad_gateway_and_an_activity():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = unused.getsockname()
    async with proxy_world(POLICY, connect_to={"gone.test": address}) as world:
        _, out, _ = await world.curl("-w", "%{http_code}", "http://gone.test/")
        (activity,) = await world.wait_activities(1)

    assert out.endswith("502")
    assert activity.error == "origin_unreachable"


async def test_a_client_that_goes_away_frees_everything_and_is_recorded():
    gone = asyncio.Event()

    async def slow(_head, reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await reader.read()
        gone.set()
        return False

    async with proxy_world(POLICY, Origin(slow)) as world:
        reader, writer = await world.connect()
        writer.write(b"GET http://news.example/ HTTP/1.1\r\n" + HOST + b"\r\n")
        await reader.readuntil(b"half")
        # a reset: a mere end of sending is a half-closed client, which still gets its answer
        end = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, end)
        writer.transport.abort()
        async with asyncio.timeout(60):
            await gone.wait()
        (activity,) = await world.wait_activities(1)

    assert activity.error == "client_aborted"
    assert activity.size == 4


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.1.1]/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://224.0.0.1/",
        "http://2852039166/",
    ],
)
async def test_link_local_and_senseless_targets_are_refused(target):
    async with proxy_world(POLICY) as world:
        _, out, _ = await world.curl("-g", "-w", "%{http_code}", target)

    assert out.endswith("403")
    assert world.refusals == ["destination_refused"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.9.9.9", "[::ffff:127.0.0.1]"])
async def test_management_ports_are_not_reachable_by_any_name(host):
    async with proxy_world(POLICY, refuse_ports=lambda: frozenset({4444})) as world:
        _, plain, _ = await world.curl("-g", "-w", "%{http_code}", f"http://{host}:4444/")
        _, _, tunnel = await world.curl("-g", f"https://{host}:4444/")

    assert plain.endswith("403")
    assert "403" in tunnel


async def test_the_proxy_does_not_connect_to_itself():
    async with proxy_world(POLICY) as world:
        _, out, _ = await world.curl("-w", "%{http_code}", f"http://127.0.0.1:{world.proxy.port}/")

    assert out.endswith("403")


async def test_a_slow_request_head_is_given_up():
    async with proxy_world(POLICY, limits=Limits(request_wait_s=0.2, linger_s=0.2)) as world:
        reader, writer = await world.connect()
        writer.write(b"GET http://news.example/ HTTP/1.1\r\nHos")
        async with asyncio.timeout(60):
            answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 408")


async def test_a_websocket_upgrade_becomes_a_tunnel():
    async def upgrade(head, reader, writer):
        assert b"Upgrade: websocket" in head
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"\r\nearly"
        )
        writer.write(await reader.readexactly(4))
        return False

    async with proxy_world(POLICY, Origin(upgrade)) as world:
        reader, writer = await world.connect()
        writer.write(
            b"GET http://news.example/ HTTP/1.1\r\n" + HOST
            + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nping"
        )  # fmt: skip
        async with asyncio.timeout(60):
            answer = await reader.read()
        writer.close()
        (activity,) = await world.wait_activities(1)

    assert answer.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert answer.endswith(b"earlyping")
    assert activity.status_code == 101


async def test_another_upgrade_is_dropped_and_the_request_answered():
    async with proxy_world(POLICY) as world:
        answer = await world.raw(
            b"GET http://news.example/ HTTP/1.1\r\n" + HOST
            + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n"
        )  # fmt: skip

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"upgrade" not in world.origin.requests[0].lower()
    assert b"http2-settings" not in world.origin.requests[0].lower()


async def test_a_blocked_upgrade_gets_its_page_and_no_tunnel():
    async with proxy_world(POLICY) as world:
        answer = await world.raw(
            b"GET http://games.example/ HTTP/1.1\r\nHost: x\r\n"
            b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nxxxx"
        )

    assert answer.startswith(b"HTTP/1.1 403")


async def test_a_silent_tunnel_is_closed():
    async def silent(reader, writer):
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    limits = Limits(tunnel_idle_s=0.2)
    address = server.sockets[0].getsockname()
    async with proxy_world(POLICY, limits=limits, connect_to={"quiet.test": address}) as world:
        reader, writer = await world.connect()
        writer.write(b"CONNECT quiet.test:443 HTTP/1.1\r\nHost: quiet.test:443\r\n\r\n")
        async with asyncio.timeout(60):
            answer = await reader.read()
        writer.close()
    server.close()

    assert answer.startswith(b"HTTP/1.1 200 Connection established")


async def test_a_tunnel_passes_bytes_that_came_with_the_connect_and_half_closes():
    async def echo(reader, writer):
        writer.write(b"got " + await reader.read())
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    async with proxy_world(POLICY, connect_to={"echo.test": address}) as world:
        answer = await world.raw(
            b"CONNECT echo.test:7 HTTP/1.1\r\nHost: echo.test:7\r\n\r\nearly bytes"
        )
    server.close()

    assert answer.endswith(b"got early bytes")


async def test_more_clients_than_allowed_are_turned_away():
    async with proxy_world(POLICY, limits=Limits(connections=1)) as world:
        _, first = await world.connect()
        second_reader, second = await world.connect()
        async with asyncio.timeout(60):
            with contextlib.suppress(ConnectionError):
                assert await second_reader.read() == b""
        first.close()
        second.close()


async def test_a_taken_port_is_named():
    async with proxy_world(POLICY) as world:
        other = FilteringProxy(
            world.proxy._context.decide,
            on_activity=lambda _: None,
            proceed=world.proxy._context.proceed,
            port=world.proxy.port,
            name="Web Control proxy",
        )
        with pytest.raises(PortInUseError, match="Web Control proxy"):
            await other.start()


async def test_stopping_ends_open_connections():
    async with proxy_world(POLICY) as world:
        reader, writer = await world.connect()
        writer.write(b"GET http://news.example/ HTTP/1.1\r\n" + HOST + b"\r\n")
        await reader.readuntil(b"the origin")
        await world.proxy.stop()
        async with asyncio.timeout(60):
            rest = await reader.read()
        writer.close()

    assert rest == b""


@settings(max_examples=60)
@given(
    st.binary(max_size=300)
    | st.builds(
        b"%b %b HTTP/1.%b\r\nHost: %b\r\n%b\r\n%b".__mod__,
        st.tuples(
            st.sampled_from([b"GET", b"POST", b"CONNECT", b"HEAD"]),
            st.sampled_from([b"http://news.example/", b"/", b"games.example:443", b"*", b"\xff"]),
            st.sampled_from([b"1", b"0", b"9"]),
            st.sampled_from([b"news.example", b"", b"a b", b"[::1]"]),
            st.sampled_from([b"", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n"]),
            st.binary(max_size=30),
        ),
    )
)
def test_no_bytes_break_the_proxy(data):
    async def story():
        async with proxy_world(POLICY, limits=Limits(linger_s=0.05)) as world:
            await world.raw(data)
            after = await world.raw(b"GET http://news.example/ HTTP/1.1\r\n" + HOST + b"\r\n")
            assert after.startswith(b"HTTP/1.1 200")

    asyncio.run(story())


async def test_a_decision_that_fails_lets_nothing_through():
    async def broken(_request):
        raise LookupError("no verdict")

    async with proxy_world(POLICY) as world:
        proxy = FilteringProxy(
            broken,
            on_activity=world.note,
            proceed=world.proxy._context.proceed,
            connect_to=world.proxy._context.destinations.connect_to,
        )
        await proxy.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"GET http://news.example/ HTTP/1.1\r\n" + HOST + b"\r\n")
        async with asyncio.timeout(60):
            answer = await reader.read()
        writer.close()
        await proxy.stop()

        assert answer.startswith(b"HTTP/1.1 500")
        assert world.origin.connections == 0
        assert [str(error) for _, error in proxy.tasks.failures] == ["no verdict"]


async def test_a_mapped_address_that_resolves_to_link_local_is_refused():
    async with proxy_world(
        POLICY, connect_to={"sly.test": ("::ffff:169.254.169.254", 80)}
    ) as world:
        _, out, _ = await world.curl("-w", "%{http_code}", "http://sly.test/")

    assert out.endswith("403")


def closing_on_the_second_request():
    seen = []

    async def answer(_head, _reader, writer):
        seen.append(writer)
        if seen.count(writer) == 2:
            return False  # closes without a word, as a kept connection that just expired
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        return True

    return Origin(answer)


async def test_a_request_on_a_dying_connection_is_sent_again_if_it_may_be():
    async with proxy_world(POLICY, closing_on_the_second_request()) as world:
        code, out, _ = await world.curl("http://news.example/", "http://news.example/")

        assert (code, out) == (0, "okok")
        assert world.origin.connections == 2


async def test_an_upload_on_a_dying_connection_is_not_sent_twice():
    async with proxy_world(POLICY, closing_on_the_second_request()) as world:
        urls = ["http://news.example/", "http://news.example/"]
        _, out, _ = await world.curl("-w", "%{http_code}", "--data", "x", *urls)

        assert out.startswith("ok200")
        assert out.endswith("502")
        assert len(world.origin.requests) == 2


async def test_an_old_client_gets_an_endless_body_by_the_end_of_the_connection():
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    async with proxy_world(POLICY, Origin(answer)) as world:
        reader, writer = await world.connect()
        writer.write(b"GET http://news.example/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        async with asyncio.timeout(60):
            got = await reader.read()
        writer.close()

    assert got.endswith(b"Connection: close\r\n\r\nok")
