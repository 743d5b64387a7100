"""The push channel of a client, against a server that says what a test wants, in virtual time."""

import asyncio
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from foundation.protocol.push import PING, WAKE_UP, encode_event
from tests.endpoint.mcs_client.conftest import commands_document
from tests.endpoint.mcs_client.connect_proxy import Proxy, policy, proxies, relays

PING_TIMEOUT_S = 90
FALLBACK_S = 3600


@dataclass
class PushServer:
    """Holds streams open; it pings each 30 s unless it is silent."""

    opened_at: list[float] = field(default_factory=list)
    streams: list[web.StreamResponse] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    is_silent: bool = False
    location: str = ""
    port: int = 0

    async def handle(self, request):
        assert request.headers["Authorization"] == "Bearer jwt"
        assert request.headers["X-Device-ID"] == "device-1"
        if request.path.startswith("/from/"):
            location = self.location + request.path.removeprefix("/from")
            return web.Response(status=307, headers={"Location": location})
        self.opened_at.append(asyncio.get_running_loop().time())
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        self.streams.append(answer)
        await answer.write(PING)
        while not self.is_silent:
            await asyncio.sleep(30)
            await answer.write(PING)
        await asyncio.Event().wait()
        return answer

    async def say(self, data):
        await self.streams[-1].write(encode_event(data))


def push_policy(documents, push, ways, *, direct, url="https://localhost:{port}", revision="p1"):
    inside = (
        f'{ways}<commandPollingDelay default="20"/>'
        f"<pushServers><pushServer>{url.format(port=push.port)}</pushServer></pushServers>"
        f"<pushPingTimeout>{PING_TIMEOUT_S}</pushPingTimeout>"
        f"<pushFallbackPollInterval>{FALLBACK_S}</pushFallbackPollInterval>"
    )
    return policy(documents, inside, direct=direct, revision=revision)


def no_ways(_port):
    return "<messageRelays/>"


@pytest.fixture
def with_push(in_virtual_time, documents, pki):
    """Run ``story(lab, push)`` with a client that has a push server and perhaps a proxy."""

    def run(story, *, proxy=None, ways=no_ways, direct=True, **more):
        async def main(lab):
            push, app = PushServer(), web.Application()
            app.router.add_get("/{tail:.*}", push.handle)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=pki.server_context).start()
            push.port = runner.addresses[0][1]
            lab.enrolled()
            async with (proxy or Proxy()).running() as running:
                body = push_policy(documents, push, ways(running.port), direct=direct, **more)
                lab.server.assign("MCS", 25, body)
                try:
                    async with lab.running():
                        return await story(lab, push)
                finally:
                    await runner.cleanup()

        return in_virtual_time(main)

    return run


async def up(lab, push, streams=1):
    """Wait until so many streams were opened; return the number of polls by then."""
    async with asyncio.timeout(600):
        while len(push.streams) < streams:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(0.25)
    await asyncio.sleep(0.25)
    return len(lab.server.poll_times)


def test_while_push_is_up_the_fallback_interval_is_the_cadence(with_push):
    async def story(lab, push):
        await up(lab, push)
        await asyncio.sleep(60)
        polls = len(lab.server.poll_times)
        await asyncio.sleep(FALLBACK_S - 120)
        return len(lab.server.poll_times) - polls, len(push.streams)

    assert with_push(story) == (0, 1)


def test_a_wake_up_is_answered_by_a_poll_at_once(with_push):
    async def story(lab, push):
        await up(lab, push)
        await asyncio.sleep(100)
        polls = len(lab.server.poll_times)
        await push.say(WAKE_UP)
        await asyncio.sleep(1)
        return len(lab.server.poll_times) - polls

    assert with_push(story) == 1


def test_silence_is_a_ping_time_out_then_a_poll_at_once_then_a_new_stream(with_push):
    async def story(lab, push):
        push.is_silent = True
        polls = await up(lab, push)
        opened = push.opened_at[0]
        await up(lab, push, streams=2)
        assert "No Ping from Server" in lab.log
        after = [at - opened for at in lab.server.poll_times[polls:] if at > opened + 60]
        return after[0], push.opened_at[1] - opened

    poll_s, again_s = with_push(story)
    assert poll_s == pytest.approx(PING_TIMEOUT_S, abs=1)
    assert again_s == pytest.approx(PING_TIMEOUT_S, abs=1)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 500, 503, 504])
def test_a_refused_stream_leaves_the_usual_interval_and_is_asked_for_at_the_next_poll(
    with_push, status
):
    async def story(lab, push):
        push.statuses = [status, status]
        await up(lab, push)
        assert f"the server answered {status}" in lab.log
        first, second, third = push.opened_at
        return second - first, third - second

    assert with_push(story) == (pytest.approx(20, abs=1), pytest.approx(20, abs=1))


def test_a_redirect_to_the_push_host_is_followed_with_the_same_headers(with_push):
    async def story(lab, push):
        push.location = f"https://127.0.0.1:{push.port}"
        await up(lab, push)
        return len(push.streams)

    assert with_push(story, url="https://localhost:{port}/from") == 1


@pytest.mark.parametrize(
    ("location", "told"), [("http://127.0.0.1", "redirected to http"), ("https://[", "ValueError")]
)
def test_a_redirect_out_of_tls_is_not_followed(with_push, location, told):
    async def story(lab, push):
        push.location = location
        await asyncio.sleep(95)
        assert told in lab.log
        return len(push.streams), len(lab.server.poll_times)

    assert with_push(story, url="https://localhost:{port}/from") == (0, 5)


def asked_for(proxy, push):
    """Return how often a proxy was asked for a tunnel to the push server."""
    return sum(head.startswith(f"CONNECT localhost:{push.port} ") for head in proxy.heads)


@pytest.mark.parametrize(("wants", "asked"), [("", 1), ("Basic", 1), ("Digest", 2)])
def test_push_goes_by_the_policys_proxy_as_polls_do(with_push, wants, asked):
    proxy = Proxy(wants)

    async def story(lab, push):
        polls = await up(lab, push)
        await push.say(WAKE_UP)
        await asyncio.sleep(1)
        return asked_for(proxy, push), len(lab.server.poll_times) - polls

    assert with_push(story, proxy=proxy, ways=proxies, direct=False) == (asked, 1)


def test_push_takes_the_next_way_where_one_opens_no_tunnel(with_push, documents):
    proxy = Proxy()

    async def story(lab, push):
        proxy.forbidden.add(push.port)  # polls go by this relay all the same
        await asyncio.sleep(1)
        assert asked_for(proxy, push) == 1
        body = push_policy(documents, push, relays(proxy.port), direct=True, revision="p2")
        lab.server.assign("MCS", 25, body)
        await up(lab, push)
        return asked_for(proxy, push), len(push.streams)

    assert with_push(story, proxy=proxy, ways=relays, direct=False) == (2, 1)


def test_push_begins_with_the_way_that_polls_found(with_push, port_of_nobody):
    proxy = Proxy()

    async def story(lab, push):
        await up(lab, push)
        return asked_for(proxy, push), "PushClient::No connection" in lab.log

    def ways(port):
        return relays(port_of_nobody, port)

    assert with_push(story, proxy=proxy, ways=ways, direct=False) == (1, False)


def test_where_no_way_leads_to_the_push_server_the_usual_interval_stays(with_push):
    proxy = Proxy()

    async def story(lab, push):
        proxy.forbidden.add(push.port)
        await asyncio.sleep(95)
        assert "Push is down: the proxy answered 403" in lab.log
        return len(push.streams), len(lab.server.poll_times), asked_for(proxy, push)

    assert with_push(story, proxy=proxy, ways=relays, direct=False) == (0, 5, 5)


def test_a_redirect_is_followed_by_the_same_way(with_push):
    proxy = Proxy("Digest")

    async def story(lab, push):
        push.location = f"https://127.0.0.1:{push.port}"
        await up(lab, push)
        there = [head for head in proxy.heads if head.startswith(f"CONNECT 127.0.0.1:{push.port}")]
        return asked_for(proxy, push), bool(there)

    url = "https://localhost:{port}/from"
    assert with_push(story, proxy=proxy, ways=proxies, direct=False, url=url) == (2, True)


@pytest.mark.parametrize("how", ["a wake-up", "whole commands"])
def test_other_ways_open_another_stream(with_push, documents, how):
    proxy = Proxy()

    async def story(lab, push):
        await up(lab, push)
        body = push_policy(documents, push, no_ways(0), direct=True, revision="p2")
        lab.server.assign("MCS", 25, body)
        whole = commands_document(lab.server.commands.values()).decode()
        said_at_s = asyncio.get_running_loop().time()
        await push.say(WAKE_UP if how == "a wake-up" else whole)
        await up(lab, push, streams=2)
        assert push.opened_at[-1] - said_at_s < 5  # not as late as the next poll
        return asked_for(proxy, push)

    assert with_push(story, proxy=proxy, ways=relays, direct=False) == 1


def test_whole_commands_in_a_back_off_are_followed_by_a_poll_that_ends_it(with_push, documents):
    async def story(lab, push):
        polls = await up(lab, push)
        lab.server.fail("GET", "/commands/applications/", 500)
        await push.say(WAKE_UP)
        await lab.server.until(lambda: len(lab.server.poll_times) > polls)
        lab.server.assign("SWC", 190, documents.policy(190, "rev-1"))
        whole = commands_document(lab.server.commands.values()).decode()
        said_at_s = asyncio.get_running_loop().time()
        await push.say(whole)
        await lab.server.until(lambda: len(lab.server.poll_times) > polls + 1)
        return lab.server.poll_times[-1] - said_at_s < 5, list(lab.server.commands)

    assert with_push(story) == (True, [])


def test_a_push_server_without_tls_gets_no_token(with_push):
    async def story(lab, push):
        await asyncio.sleep(30)
        assert "Push is down: no way to it may be used" in lab.log
        return len(push.opened_at)

    assert with_push(story, url="http://localhost:{port}") == 0
