"""Relays, proxies and none: through a real CONNECT proxy that may want credentials."""

import asyncio
import base64
import contextlib
import hashlib
import re
from contextlib import asynccontextmanager

import pytest

from endpoint.mcs_client.proxy_auth import ProxyCredentials, credentials_of, digest
from endpoint.mcs_client.relay_note import relay_in_use
from endpoint.mcs_client.routes import Route, Routes, Via, Ways, distance, ways_in_order
from foundation.protocol.mcs_policy import MessageRelay

USER, PASSWORD, REALM, NONCE = "mcs", "pa:ss", "proxy", "0123abcd"


class Proxy:
    """Opens tunnels; `wants` is the scheme that it insists on."""

    def __init__(self, wants=""):
        self.wants = wants
        self.heads = []
        self.tunnels = 0
        self.port = 0

    @asynccontextmanager
    async def running(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await self._refuse_or_open(reader, writer):
                pass
        writer.close()

    async def _refuse_or_open(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        if not self._accepts(head):
            challenge = f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth", algorithm=MD5'
            if self.wants == "Basic":
                challenge = f'Basic realm="{REALM}"'
            writer.write(
                f"HTTP/1.1 407 Proxy Authentication Required\r\n"
                f"Proxy-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n".encode()
            )
            await writer.drain()
            return True
        self.tunnels += 1
        port = int(re.match(r"CONNECT [^:]+:(\d+) ", head)[1])
        there, onward = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pump(reader, onward), _pump(there, writer))
        return False

    def _accepts(self, head):
        shown = re.search(r"Proxy-Authorization: (\w+) (.*)\r\n", head, re.IGNORECASE)
        if not self.wants:
            return True
        if shown is None or shown[1] != self.wants:
            return False
        if self.wants == "Basic":
            return base64.b64decode(shown[2]).decode() == f"{USER}:{PASSWORD}"
        given = {
            name: one or two
            for name, one, two in re.findall(r'(\w+)=(?:"([^"]*)"|([^,]+))', shown[2])
        }

        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()

        expected = md5(
            f"{md5(f'{USER}:{REALM}:{PASSWORD}')}:{NONCE}:{given['nc']}:{given['cnonce']}:auth:"
            f"{md5('CONNECT:' + head.split()[1])}"
        )
        return given["response"] == expected


async def _pump(source, sink):
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    sink.close()


def policy(documents, inside, *, direct=True):
    return documents.policy(
        25,
        "r1",
        '<configuration xmlns="http://www.sophos.com/xml/msys/mcspolicy.xsd">'
        f"<deviceId>device-1</deviceId>{inside}"
        f"<useDirect>{str(direct).lower()}</useDirect></configuration>",
    )


def relays(*ports):
    listed = "".join(
        f'<messageRelay priority="{n}" port="{port}" address="127.0.0.1" id="relay-{n}"/>'
        for n, port in enumerate(ports)
    )
    return f"<messageRelays>{listed}</messageRelays>"


def proxies(port, credentials=f"{USER}:{PASSWORD}"):
    encoded = base64.b64encode(credentials.encode()).decode()
    return (
        f"<proxies><proxy>http://127.0.0.1:{port}</proxy></proxies><proxyCredentials>"
        f"<credentials>{encoded}</credentials></proxyCredentials><messageRelays/>"
    )


@pytest.fixture
def polled(in_virtual_time, documents):
    """Poll twice with a policy made for the port of a proxy; return its count of tunnels."""

    def run(proxy, inside_for, *, direct=False, fails=False):
        async def story(lab):
            lab.enrolled()
            async with proxy.running():
                body = policy(documents, inside_for(proxy.port), direct=direct)
                lab.handover.store_policy("MCS", 25, body)
                client = lab.client()
                try:
                    for _ in range(2):
                        with contextlib.suppress(Exception) if fails else contextlib.nullcontext():
                            await client.poll_once()
                finally:
                    await client.stop()
                return len(lab.server.poll_times), relay_in_use(lab.host)

        return in_virtual_time(story)

    return run


@pytest.mark.parametrize("wants", ["", "Basic", "Digest"])
def test_everything_goes_through_one_tunnel_of_the_policys_proxy(polled, wants):
    proxy = Proxy(wants)
    polls, relay = polled(proxy, proxies)
    assert (polls, proxy.tunnels, relay) == (2, 1, {})
    assert "Proxy-Connection: Keep-Alive" in proxy.heads[0]
    assert "Proxy-Authorization: Basic" in proxy.heads[0]


def test_wrong_credentials_are_not_tried_for_ever_and_nothing_goes_direct(polled):
    proxy = Proxy("Digest")
    polls, _ = polled(proxy, lambda port: proxies(port, "mcs:wrong"), fails=True)
    assert (polls, proxy.tunnels) == (0, 0)
    assert len(proxy.heads) <= 10


def test_the_relay_in_use_is_noted_for_the_status(polled, port_of_nobody):
    proxy = Proxy()
    polls, relay = polled(proxy, lambda port: relays(port_of_nobody, port))
    assert (polls, proxy.tunnels) == (2, 1)
    assert relay["relay_id"] == "relay-1"


def test_direct_is_the_last_resort_when_it_may_be_used(polled, port_of_nobody):
    polls, relay = polled(Proxy(), lambda _: relays(port_of_nobody), direct=True)
    assert (polls, relay) == (2, {})


def test_a_change_closes_the_connection_at_the_next_request(in_virtual_time, documents):
    async def story(lab):
        lab.enrolled()
        proxy = Proxy()
        async with proxy.running():
            client = lab.client()
            try:
                await client.poll_once()
                inside = policy(documents, relays(proxy.port), direct=False)
                lab.handover.store_policy("MCS", 25, inside)
                await client.poll_once()
                assert proxy.tunnels == 1
                lab.handover.store_policy("MCS", 25, policy(documents, "<messageRelays/>"))
                await client.poll_once()
                assert proxy.tunnels == 1
                assert relay_in_use(lab.host) == {}
            finally:
                await client.stop()

    in_virtual_time(story)


def test_relays_by_priority_as_text_then_by_distance():
    ways = Ways(
        relays=(
            MessageRelay("192.0.2.77", priority=1, id="far"),
            MessageRelay("192.0.2.3", priority=1, id="near"),
            MessageRelay("relay.example", priority=1, id="name"),
            MessageRelay("192.0.2.9", priority=10, id="ten"),
            MessageRelay("192.0.2.9", priority=2, id="two"),
        ),
        proxies=("http://p:81",),
        system_proxies=("s:82",),
    )
    vias = ways_in_order(ways, "192.0.2.2")
    assert [via.relay_id for via in vias[:5]] == ["near", "far", "name", "ten", "two"]
    assert [via and via.url for via in vias[5:]] == ["http://p:81", "http://s:82", None]


def test_system_proxies_and_the_direct_way_only_when_they_may_be_used():
    ways = Ways(system_proxies=("s:82",), use_system_proxy=False, use_direct=False)
    assert ways_in_order(ways, "") == ()


def test_the_last_good_route_leads():
    routes, good = Routes(), Route("https://b", Via("p", 1))
    ways = Ways(proxies=("p:1",))
    routes.ordered(["https://a", "https://b"], [], ways)
    routes.worked(good)
    assert routes.ordered(["https://a", "https://b"], [], ways)[0] == good
    assert good not in routes.ordered(["https://a", "https://b"], [], Ways())


def test_addresses_of_two_kinds_are_far_from_each_other():
    assert distance("192.0.2.1", "192.0.2.3") == 2
    assert distance("192.0.2.1", "2001:db8::1") == distance("", "x") > 1 << 128


def test_the_example_of_rfc_7616():
    challenge = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    answer = digest(challenge, ProxyCredentials("Mufasa", "Circle of Life"), uri="/x", cnonce="c")
    assert 'opaque="FQhe/' in answer
    assert "algorithm=SHA-256" in answer
    assert digest("Negotiate x", ProxyCredentials("a", "b"), uri="/", cnonce="c") is None
    assert (
        digest('Digest nonce="n", qop="auth-int"', ProxyCredentials("a", "b"), uri="/", cnonce="c")
        is None
    )


def test_credentials_stand_in_the_url_or_in_the_policy():
    assert credentials_of("http://a%40b:c%3Ad@p:1", "") == ProxyCredentials("a@b", "c:d")
    assert credentials_of("http://p:1", base64.b64encode(b"u:p:w").decode()) == ProxyCredentials(
        "u", "p:w"
    )
    assert credentials_of("http://p:1", "obfuscated") is None
