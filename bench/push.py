"""What it costs to wake thousands of endpoints over push, and how long the last one waits.

- Every stream is a TLS connection of its own, opened as a client opens it and only read; both
  servers hold as many. Rounds in turns.
- CPU time of the server process only, divided by the streams. A latency is from the moment at which
  the round begins to the one at which the line is read in this process, which shares the machine.
- What an endpoint does once it is woken is not measured here.
"""

import asyncio
import json
import ssl
import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from bench.load import connect, request
from bench.measured import MeasuredProcess, measured_process
from bench.result import Result, Target, compared
from bench.tenant import enrol_on, register_utm
from foundation.protocol import paths
from foundation.protocol.names import DEFAULT_BASE_PATH

STREAMS = 5_000
ENROLLING = 16
OPENING = 50
ROUNDS = 5
GUARD_S = 60
P99 = Target("value", "<=", 1.0)
LAST = Target("value", "<=", 2.0)
CPU = Target("ratio", "<=", 1.25)
_BASE = "/" + DEFAULT_BASE_PATH.strip("/")
_WOKEN = b"data:"


class Stream(asyncio.Protocol):
    """One held request."""

    def __init__(self, asked: bytes) -> None:
        self._asked = asked
        self.is_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.woken: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # uvloop's has no base class
        self.transport.write(self._asked)

    def data_received(self, data: bytes) -> None:
        if not self.is_up.done():
            if not data.startswith(b"HTTP/1.1 200 "):
                self.is_up.set_exception(RuntimeError(f"the stream was refused: {data[:200]!r}"))
                return
            self.is_up.set_result(None)
        if _WOKEN in data and not self.woken.done():
            self.woken.set_result(time.monotonic())

    def connection_lost(self, _exc: Exception | None) -> None:
        for waiting in (self.is_up, self.woken):
            if not waiting.done():
                waiting.cancel()

    def wait_again(self) -> None:
        """Wait for the next round."""
        self.woken = asyncio.get_running_loop().create_future()


async def run() -> tuple[Result, ...]:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder) / "lc")
        async with (
            measured_process("bench.push_server", "liveconnect", "--data", data) as ours,
            measured_process("bench.push_server", "held", "--data", data) as peer,
        ):
            ca = Path(ours.ready["ca"])
            asked = await _asked(ours, ca, Path(folder) / "utm")
            to_ours = await _open(ours.ready["mcs_port"], ca, asked)
            await ours.ask("look")
            to_peer = await _open(peer.ready["mcs_port"], ca, [request("GET", "/held")] * STREAMS)
            results = await _compare(ours, to_ours, peer, to_peer)
            for stream in (*to_ours, *to_peer):
                stream.transport.abort()
            return results


async def _compare(
    ours: MeasuredProcess, to_ours: list[Stream], peer: MeasuredProcess, to_peer: list[Stream]
) -> tuple[Result, ...]:
    await _round(ours, to_ours)
    await _round(peer, to_peer)
    mine, theirs = [], []
    for _ in range(ROUNDS):
        mine.append(await _round(ours, to_ours))
        theirs.append(await _round(peer, to_peer))
    name = f"aiohttp, one line to {STREAMS} held streams"
    results = []
    for at, (title, unit) in enumerate(
        (("push_cpu", "CPU us"), ("push_p50", "s"), ("push_p99", "s"), ("push_last", "s"))
    ):
        one = compared(
            title,
            [each[at] for each in mine],
            unit,
            peer=name,
            theirs=[each[at] for each in theirs],
        )
        targets = {"push_cpu": CPU, "push_p99": P99, "push_last": LAST}
        results.append(one.judged(targets[title]) if title in targets else one)
    return tuple(results)


async def _round(server: MeasuredProcess, streams: list[Stream]) -> tuple[float, ...]:
    """Wake all; return the server's CPU microseconds for each, p50, p99 and the last."""
    for stream in streams:
        stream.wait_again()
    before = await server.usage()
    began_s = (await server.ask("wake"))["began_s"]
    async with asyncio.timeout(GUARD_S):
        heard_s = await asyncio.gather(*(stream.woken for stream in streams))
    after = await server.usage()
    waits = sorted(at - began_s for at in heard_s)
    p99 = statistics.quantiles(waits, n=100)[98]
    cpu_us = (after.cpu_s - before.cpu_s) * 1e6 / len(streams)
    return cpu_us, statistics.median(waits), p99, waits[-1]


async def _asked(ours: MeasuredProcess, ca: Path, folder: Path) -> list[bytes]:
    """Enrol endpoints; return the request that opens the stream of each."""
    token = await register_utm(ours.ready["link_url"], ca, folder)
    asked: list[bytes] = []

    async def enrol(numbers: Iterable[int]) -> None:
        connection = await connect(ours.ready["mcs_port"], ca)
        answers: list[bytes] = []
        for number in numbers:
            endpoint = await enrol_on(connection, token, number)
            path = _BASE + paths.authenticate(endpoint.endpoint_id)
            ask = request("POST", path, authorization=endpoint.authorization)
            await connection.run([ask], answers.append)
            access = json.loads(answers.pop())
            path = _BASE + paths.push(access["device_id"])
            bearer = f"Bearer {access['access_token']}"
            asked.append(request("GET", path, authorization=bearer))
        connection.close()

    await asyncio.gather(*(enrol(range(one, STREAMS, ENROLLING)) for one in range(ENROLLING)))
    return asked


async def _open(port: int, ca: Path, asked: list[bytes]) -> list[Stream]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca)
    loop, room = asyncio.get_running_loop(), asyncio.Semaphore(OPENING)

    async def open_one(request_: bytes) -> Stream:
        async with room:
            _, stream = await loop.create_connection(
                lambda: Stream(request_),
                "127.0.0.1",
                port,
                ssl=context,
                server_hostname="localhost",
            )
            await stream.is_up
            return stream

    return list(await asyncio.gather(*(open_one(one) for one in asked)))
