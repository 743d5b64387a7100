"""Whole exchanges are the same whether their heads are read by a pattern or by llhttp.

No socket is used: what the client sends and what the sites answer is cut as the test says.
"""

import asyncio
import re
from typing import Any
from unittest.mock import patch

from hypothesis import example, given
from hypothesis import strategies as st
from plain_messages import (
    REQUEST,
    REQUEST_LINES,
    RESPONSE,
    STATUS_LINES,
    cut,
    messages_of,
    pieces_of,
    without_patterns,
)
from proxy_world import CATEGORIES, NOON
from web_policies import one_action_policy

from foundation.webfilter import forwarder
from foundation.webfilter.content import ContentRules
from foundation.webfilter.engine import Engine
from foundation.webfilter.limits import Limits
from foundation.webfilter.origin import Origin
from foundation.webfilter.policy import FilterAction
from foundation.webfilter.proceed import ProceedMemory
from foundation.webfilter.proxy import FilteringProxy

LIMITS = Limits(url_bytes=60, head_bytes=400, header_count=6)
POLICY = one_action_policy(
    FilterAction(ref="REF_A", categories=(116,), content_types=("text/plain",))
)
ROUNDS = 40
"""Turns of the loop in which everything that can happen without a socket has happened."""
_LENGTH = re.compile(rb"(?i)content-length: ([^\r]*)\r\n")


class _Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self.protocol, self.written, self.is_closed = protocol, b"", False
        protocol.connection_made(self)

    def write(self, data: Any) -> None:
        self.written += data

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("192.0.2.7", 1) if name == "peername" else default

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    abort = close

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        """Nothing comes by itself."""

    resume_reading = pause_reading


class _Scene:
    """A filter, one client, and sites that answer with what is left of the answers."""

    def __init__(self, answers: list[list[bytes]]) -> None:
        self._answers = iter(answers)
        self._sites: list[tuple[_Wire, int]] = []
        self.activities: list[Any] = []
        engine = Engine(POLICY)
        self.proxy = FilteringProxy(
            lambda request: engine.verdict(request, CATEGORIES),
            on_activity=self.activities.append,
            proceed=ProceedMemory(now=lambda: NOON, timeout_s=lambda: 60.0),
            now=lambda: NOON,
            limits=LIMITS,
            decide_content=ContentRules(POLICY).verdict,
        )

    async def connect(self, *_: object, **__: object) -> Origin:
        origin = Origin(LIMITS)
        self._sites.append((_Wire(origin), 0))
        return origin

    async def play(self, pieces: list[bytes]) -> list[object]:
        client = _Wire(self.proxy.connection())
        for piece in pieces:
            if not client.is_closed:
                client.protocol.data_received(piece)
            await self._settle()
        client.close()
        await self._settle()
        assert not self.proxy.tasks.failures
        return [
            _LENGTH.sub(b"", client.written),
            _LENGTH.findall(client.written),
            [wire.written for wire, _ in self._sites],
            [one._replace(milliseconds=0.0, connect_milliseconds=0.0) for one in self.activities],
        ]

    async def _settle(self) -> None:
        await _turns()
        while asked := [number for number, site in enumerate(self._sites) if _is_asked(*site)]:
            for number in asked:
                wire, _ = self._sites[number]
                self._sites[number] = wire, len(wire.written)
                for piece in next(self._answers, [b""]):
                    if piece and not wire.is_closed:
                        wire.protocol.data_received(piece)
                    elif not piece:
                        wire.close()
                    await _turns()


def _is_asked(wire: _Wire, seen: int) -> bool:
    return not wire.is_closed and len(wire.written) > seen and wire.written.endswith(b"\r\n\r\n")


async def _turns() -> None:
    for _ in range(ROUNDS):
        await asyncio.sleep(0)


async def _played(pieces: list[bytes], answers: list[list[bytes]]) -> list[object]:
    scene = _Scene(answers)
    with patch.object(forwarder, "connect", scene.connect):
        return await scene.play(pieces)


def _answers() -> st.SearchStrategy[list[list[bytes]]]:
    one = messages_of(STATUS_LINES, RESPONSE).map(lambda some: some[:1]).flatmap(cut)
    return st.lists(st.one_of(st.just([RESPONSE]), one), max_size=5)


@given(pieces_of(REQUEST_LINES, REQUEST), _answers())
@example([REQUEST, REQUEST], [[RESPONSE], [RESPONSE]])
@example([REQUEST, REQUEST], [[RESPONSE[:-2]], [RESPONSE]])
@example([REQUEST + REQUEST], [[RESPONSE[:30], RESPONSE[30:]], [RESPONSE]])
@example([REQUEST], [[RESPONSE.replace(b"Server: s", b"Content-Type: text/plain")]])
@example(
    [REQUEST.replace(b"Accept", b"Proxy-Connection: Keep-Alive\r\nAccept")] * 2, [[RESPONSE]] * 2
)
@example(
    [REQUEST.replace(b"*/*", b"x\r\nReferer: http://r.example/\r\nUser-Agent: u")], [[RESPONSE]]
)
def test_origin_client_and_record_get_the_same(
    pieces: list[bytes], answers: list[list[bytes]]
) -> None:
    with without_patterns():
        expected = asyncio.run(_played(pieces, answers))
    assert asyncio.run(_played(pieces, answers)) == expected


def test_a_host_that_reads_as_an_address_only_without_its_dots_is_judged_as_the_address() -> None:
    request = REQUEST.replace(b"http://a.example/", b"http://2130706433../")
    *_, activities = asyncio.run(_played([request], [[RESPONSE]]))
    assert isinstance(activities, list)
    assert [one.verdict.host for one in activities] == ["127.0.0.1"]
