"""The push channel of a client, against a server that says what a test wants, in virtual time."""

import asyncio
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from foundation.protocol.push import PING, WAKE_UP, encode_event

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
            raise web.HTTPTemporaryRedirect(self.location + request.path.removeprefix("/from"))
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


@pytest.fixture
def with_push(in_virtual_time, documents, pki):
    """Run ``story(lab, push, since)`` with a client that has a push server, from its start on."""

    def run(story, *, url="https://localhost:{port}"):
        async def main(lab):
            push, app = PushServer(), web.Application()
            app.router.add_get("/{tail:.*}", push.handle)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=pki.server_context).start()
            push.port = runner.addresses[0][1]
            inside = (
                '<configuration xmlns="http://www.sophos.com/xml/msys/mcspolicy.xsd">'
                "<deviceId>device-1</deviceId><messageRelays/>"
                '<commandPollingDelay default="20"/>'
                f"<pushServers><pushServer>{url.format(port=push.port)}</pushServer></pushServers>"
                f"<pushPingTimeout>{PING_TIMEOUT_S}</pushPingTimeout>"
                f"<pushFallbackPollInterval>{FALLBACK_S}</pushFallbackPollInterval>"
                "</configuration>"
            )
            lab.enrolled()
            lab.server.assign("MCS", 25, documents.policy(25, "p1", inside))
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


def test_a_redirect_out_of_tls_is_not_followed(with_push):
    async def story(lab, push):
        push.location = f"http://127.0.0.1:{push.port}"
        await asyncio.sleep(95)
        assert "redirected to http" in lab.log
        return len(push.streams), len(lab.server.poll_times)

    assert with_push(story, url="https://localhost:{port}/from") == (0, 5)
