"""A push channel is up, tells and ends as the protocol says, and leaves no connection behind."""

import asyncio
from urllib.parse import SplitResult

import pytest

from endpoint.mcs_client.push_target import PushTarget
from foundation.protocol.push import PING, WAKE_UP, PushKind, encode_event
from utmlab.fleet.push_link import PushLink

TARGET = PushTarget(
    url="https://push.example/v2/push/device/d",
    device="d",
    tenant="t",
    token="secret",
    ping_timeout_s=90,
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


class Transport(asyncio.Transport):
    def __init__(self):
        super().__init__()
        self.written, self.is_aborted = b"", False

    def write(self, data):
        self.written += data

    def abort(self):
        self.is_aborted = True


class Hall:
    """Stands for a fleet and for an agent: connects, and hears what is said."""

    def __init__(self):
        self.said, self.lost, self.is_up = [], [], False
        self.transports, self.connections, self.asked = [], [], []
        self.link = PushLink(self, 0.0)

    async def connect(self, protocol, number, server: SplitResult):
        link = protocol()
        self.asked.append((number, server.netloc))
        self.transports.append(Transport())
        self.connections.append(link)
        link.connection_made(self.transports[-1])
        return link

    def push_said(self, event):
        self.said.append(event.kind)

    def push_up(self):
        self.is_up = True

    def push_lost(self, _push, reason):
        self.lost.append(reason)

    async def opened(self, *answers):
        task = asyncio.create_task(self.link.open(self, TARGET, 3))
        for answer in answers:
            await asyncio.sleep(0)
            self.connections[-1].data_received(answer)
        await task


def chunk(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


async def test_a_stream_is_up_and_its_events_are_heard_however_they_are_cut():
    hall = Hall()
    await hall.opened(HEAD)
    assert hall.is_up
    for byte in chunk(PING) + chunk(encode_event(WAKE_UP)):
        hall.connections[0].data_received(bytes([byte]))
    assert hall.said == [PushKind.PING, PushKind.WAKE_UP]
    assert b"Authorization: Bearer secret\r\nX-Device-ID: d\r\n" in hall.transports[0].written
    hall.connections[0].connection_lost(None)
    assert hall.lost == ["the server ended the stream"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "the server answered 403"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "answered with text/html"),
        (b"no HTTP at all\r\n\r\n", "no HTTP"),
    ],
)
async def test_what_is_no_stream_is_no_push(answer, reason):
    hall = Hall()
    await hall.opened(answer)
    assert not hall.is_up
    assert reason in hall.lost[0]
    assert hall.transports[0].is_aborted


async def test_a_redirect_is_followed_to_https_only():
    def moved(place):
        return b"HTTP/1.1 307 Moved\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % place

    hall = Hall()
    await hall.opened(moved(b"https://other.example:8443/p"), HEAD)
    assert hall.is_up
    assert hall.asked == [(3, "push.example"), (3, "other.example:8443")]
    hall.connections[0].connection_lost(None)
    assert hall.lost == []
    hall = Hall()
    await hall.opened(moved(b"http://other.example/p"))
    assert hall.lost == ["redirected to no https"]


async def test_a_connection_that_comes_too_late_is_let_go_of():
    hall = Hall()
    hall.link.close()
    await hall.opened()
    assert hall.transports[0].is_aborted
    assert hall.lost == []
