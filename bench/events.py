"""What an endpoint's event costs on its way into eplog.log: LiveConnect and UTM together.

- Both run in one process, over their real link; an event counts when its line is in the file.
- Endpoints send their events in documents of fifty, as after some seconds of browsing.
- The floor is aiohttp taking the same documents and forgetting them.
"""

import asyncio
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.load import Connection, connect, request
from bench.measured import MeasuredProcess, measured_process
from bench.result import Result, Target, compared
from bench.tenant import EnrolledEndpoint, enrol_on
from foundation.protocol.events import (
    Event,
    WebControlEvent,
    encode_events,
    encode_web_control_event,
)

CONNECTIONS = 8
DOCUMENTS = 10
"""Per connection and round."""
EVENTS = 50
"""Per document."""
ROUNDS = 3
LOOK_EVERY_S = 0.02
TARGET = Target("value", ">=", 5000)
_AT = datetime(2026, 11, 20, 23, 20, tzinfo=UTC)


async def run() -> tuple[Result, ...]:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        async with (
            measured_process("bench.server", "houses", "--data", str(data)) as houses,
            measured_process("bench.server", "static", "--data", str(data / "lc")) as peer,
        ):
            return (await _compare(houses, peer),)


async def _compare(houses: MeasuredProcess, peer: MeasuredProcess) -> Result:
    ca = Path(houses.ready["ca"])
    to_houses = [await connect(houses.ready["mcs_port"], ca) for _ in range(CONNECTIONS)]
    to_peer = [await connect(peer.ready["mcs_port"], ca) for _ in range(CONNECTIONS)]
    token = houses.ready["token"]
    endpoints = [await enrol_on(one, token, number) for number, one in enumerate(to_houses)]
    log = _Lines(Path(houses.ready["logs"]) / "eplog.log")
    mine, theirs = [], []
    for number in range(ROUNDS):
        documents = [list(_documents(number, place)) for place in range(CONNECTIONS)]
        before = await houses.usage()
        await _send(to_houses, [_to(*pair) for pair in zip(endpoints, documents, strict=True)])
        await log.reach((number + 1) * CONNECTIONS * DOCUMENTS * EVENTS)
        mine.append(_per_cpu_second(before.cpu_s, (await houses.usage()).cpu_s))
        before = await peer.usage()
        await _send(to_peer, [[_to_static(one) for one in each] for each in documents])
        theirs.append(_per_cpu_second(before.cpu_s, (await peer.usage()).cpu_s))
    for connection in (*to_houses, *to_peer):
        connection.close()
    name = "aiohttp forgetting them"
    result = compared("events", mine, "per CPU second", peer=name, theirs=theirs)
    return result.judged(TARGET)


class _Lines:
    """The lines of a growing log, counted once each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._count = 0

    async def reach(self, count: int) -> None:
        """Wait until there are so many."""
        while self._count < count:
            await asyncio.sleep(LOOK_EVERY_S)
            if self._path.exists():
                with self._path.open("rb") as file:
                    file.seek(self._offset)
                    data = file.read()
                self._offset += len(data)
                self._count += data.count(b"\n")


def _documents(number: int, place: int) -> Iterator[bytes]:
    for _ in range(DOCUMENTS):
        yield encode_events(_event(number, place, each) for each in range(EVENTS))


def _event(number: int, place: int, each: int) -> Event:
    at = _AT + timedelta(seconds=number, milliseconds=each)
    body = WebControlEvent(
        at=at,
        user=rf"ACME\user{place}",
        url=f"http://games.example/level/{number}/{each}?from=start",
        method="GET",
        action="block",
        reason="category",
        category_ids=(116,),
        category_name="Games",
        reputation="neutral",
        filter_action_ref="REF_DefaultHTTPCFFAction",
        filter_action_name="Default content filter action",
        profile_ref="REF_DefaultHTTPProfile",
        profile_name="Default Web Filter Profile",
        client_ip="192.0.2.17",
        user_agent="Mozilla/5.0 (Windows NT 6.1; rv:52.0)",
    )
    identity = str(uuid.uuid4())
    return Event("SWC", at, 10_000.0, encode_web_control_event(body), each, identity)


def _to(endpoint: EnrolledEndpoint, documents: list[bytes]) -> list[bytes]:
    return [endpoint.events(document) for document in documents]


def _to_static(document: bytes) -> bytes:
    return request("POST", "/static", body=document)


async def _send(connections: list[Connection], requests: list[list[bytes]]) -> None:
    await asyncio.gather(*(one.run(each) for one, each in zip(connections, requests, strict=True)))


def _per_cpu_second(before: float, after: float) -> float:
    return CONNECTIONS * DOCUMENTS * EVENTS / (after - before)
