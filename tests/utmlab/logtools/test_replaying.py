"""replay: what goes out, when, and where to."""

import asyncio
import io
import math
from datetime import datetime

import pytest

from utmlab.logtools.reading import split_lines
from utmlab.logtools.replaying import (
    Receiver,
    ReceiverUnreachableError,
    RemoteNotAllowedError,
    Timed,
    pause_s,
    send,
    timed,
)
from utmlab.logtools.transport import wrap

LINE = '2018:07:26-17:57:{} filter epsecd[5666]: I id="4211" severity="info"'
FIRST, SECOND = LINE.format("33"), LINE.format("53")


def silent():
    """Nobody counts."""


def messages(*lines, **rest):
    data = "".join(f"{line}\n" for line in lines).encode()
    return list(timed(split_lines(io.BytesIO(data)), **rest))


def test_messages_have_a_priority_and_the_distance_of_their_stamps():
    assert messages(FIRST, SECOND) == [
        Timed(0.0, b"<30>" + FIRST.encode()),
        Timed(20.0, b"<30>" + SECOND.encode()),
    ]


def test_received_lines_are_unwrapped_and_keep_their_priority():
    (one, two, three) = messages(
        wrap(FIRST, "mangled"), wrap(FIRST, "relayed", priority=28), wrap(FIRST, "octet")
    )
    assert one.message == three.message == b"<30>" + FIRST.encode()
    assert two.message == b"<28>" + FIRST.encode()


def test_the_severity_makes_the_priority():
    (one,) = messages(FIRST.replace("info", "error"))
    assert one.message.startswith(b"<27>")


def test_an_hour_that_comes_twice_is_sent_without_a_pause():
    early = FIRST.replace("17:57", "16:57")
    assert [one.due_s for one in messages(FIRST, SECOND, early, SECOND)] == [0, 20, 20, 20]


def test_lines_without_a_stamp_go_out_with_the_line_before():
    assert [one.due_s for one in messages(FIRST, SECOND, "no line", "")] == [0, 20, 20]


def test_stamps_are_moved_with_their_distances():
    moved = messages(FIRST, SECOND, shift_to=datetime(2026, 11, 21, 8, 0, 0))  # noqa: DTZ001
    assert [one.message[4:23] for one in moved] == [
        b"2026:11:21-08:00:00",
        b"2026:11:21-08:00:20",
    ]
    assert moved[1].due_s == 20


class Server:
    """A TCP receiver that keeps what it gets."""

    def __init__(self) -> None:
        self.data = b""
        self.ended = asyncio.Event()
        self.port = 0

    async def take(self, reader, writer):
        self.data = await reader.read(-1)
        writer.close()
        self.ended.set()


@pytest.fixture
async def server():
    receiving = Server()
    listening = await asyncio.start_server(receiving.take, "127.0.0.1", 0)
    receiving.port = listening.sockets[0].getsockname()[1]
    yield receiving
    listening.close()


@pytest.mark.parametrize("framing", ["lf", "octet"])
async def test_tcp_has_a_line_feed_behind_or_the_length_in_front(server, framing):
    receiver = Receiver(host="127.0.0.1", port=server.port, protocol="tcp", framing=framing)
    await send(messages(FIRST, SECOND), receiver, math.inf, silent)
    await server.ended.wait()
    lines = [f"<30>{line}".encode() for line in (FIRST, SECOND)]
    expected = {
        "lf": b"".join(one + b"\n" for one in lines),
        "octet": b"".join(b"%d %b" % (len(one), one) for one in lines),
    }
    assert server.data == expected[framing]


def test_the_pace_is_that_of_the_stamps_divided_by_the_speed():
    first, second = messages(FIRST, SECOND)
    assert pause_s(first, 4.0, 0.0) == 0
    assert pause_s(second, 4.0, 0.0) == 5
    assert pause_s(second, 4.0, 2.0) == 3
    assert pause_s(second, 4.0, 7.0) == 0


async def test_datagrams_hold_one_message_each():
    loop = asyncio.get_running_loop()
    got: asyncio.Queue[bytes] = asyncio.Queue()

    class Taking(asyncio.DatagramProtocol):
        def datagram_received(self, data, _addr):
            got.put_nowait(data)

    transport, _ = await loop.create_datagram_endpoint(Taking, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    counted: list[int] = []
    receiver = Receiver(host="127.0.0.1", port=port)
    await send(messages(FIRST, SECOND), receiver, math.inf, lambda: counted.append(1))
    async with asyncio.timeout(60):
        received = [await got.get(), await got.get()]
    assert received == [
        b"<30>" + FIRST.encode(),
        b"<30>" + SECOND.encode(),
    ]
    assert len(counted) == 2
    transport.close()


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "0.0.0.0"])
async def test_another_machine_is_refused(host):
    with pytest.raises(RemoteNotAllowedError):
        await send(messages(FIRST), Receiver(host=host, port=514), math.inf, silent)


async def test_a_receiver_that_is_not_there_is_said(server):
    listening = await asyncio.start_server(server.take, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    listening.close()
    await listening.wait_closed()
    receiver = Receiver(host="127.0.0.1", port=port, protocol="tcp")
    with pytest.raises(ReceiverUnreachableError):
        await send(messages(FIRST), receiver, math.inf, silent)
