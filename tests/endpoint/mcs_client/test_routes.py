"""Relays, proxies and none: through a real CONNECT proxy that may want credentials."""

import base64
import contextlib

import pytest

from endpoint.mcs_client.proxy_auth import ProxyCredentials, credentials_of, digest
from endpoint.mcs_client.relay_note import relay_in_use
from endpoint.mcs_client.routes import Route, Routes, Via, Ways, distance, ways_in_order
from foundation.protocol.mcs_policy import MessageRelay
from tests.endpoint.mcs_client.connect_proxy import Proxy, policy, proxies, relays


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
