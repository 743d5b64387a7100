"""What a poll that finds nothing costs, beside one static route of aiohttp.

- Same loop, TLS, number of connections, request headers and size of answers; rounds in turns.
- CPU time of the server process only.
"""

import asyncio
import itertools
import tempfile
from pathlib import Path

from bench.load import Connection, connect, request
from bench.measured import MeasuredProcess, measured_process
from bench.result import Result, Target, compared
from bench.tenant import enrol_on, register_utm
from liveconnect.roster import NOTHING

CONNECTIONS = 16
POLLS = 1_000
"""Per connection and round."""
ROUNDS = 9
TARGET = Target("ratio", "<=", 1.25)


async def run() -> tuple[Result, ...]:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "lc"
        async with (
            measured_process("bench.server", "liveconnect", "--data", str(data)) as ours,
            measured_process(
                "bench.server", "static", "--data", str(data), "--size", str(len(NOTHING))
            ) as peer,
        ):
            return (await _compare(ours, peer, Path(folder)),)


async def _compare(ours: MeasuredProcess, peer: MeasuredProcess, folder: Path) -> Result:
    ca = Path(ours.ready["ca"])
    token = await register_utm(ours.ready["link_url"], ca, folder / "utm")
    to_ours = [await connect(ours.ready["mcs_port"], ca) for _ in range(CONNECTIONS)]
    to_peer = [await connect(peer.ready["mcs_port"], ca) for _ in range(CONNECTIONS)]
    endpoints = [await enrol_on(one, token, number) for number, one in enumerate(to_ours)]
    polls = [endpoint.poll() for endpoint in endpoints]
    static = [request("GET", "/static", authorization=one.authorization) for one in endpoints]
    await _round(ours, to_ours, polls)
    await _round(peer, to_peer, static)
    mine, theirs = [], []
    for _ in range(ROUNDS):
        mine.append(await _round(ours, to_ours, polls))
        theirs.append(await _round(peer, to_peer, static))
    for connection in (*to_ours, *to_peer):
        connection.close()
    name = "aiohttp, one static route"
    return compared("poll", mine, "CPU us", peer=name, theirs=theirs).judged(TARGET)


async def _round(
    server: MeasuredProcess, connections: list[Connection], requests: list[bytes]
) -> float:
    """Return the CPU microseconds of the server per request."""
    before = await server.usage()
    await asyncio.gather(
        *(
            connection.run(itertools.repeat(one, POLLS))
            for connection, one in zip(connections, requests, strict=True)
        )
    )
    after = await server.usage()
    return (after.cpu_s - before.cpu_s) * 1e6 / (POLLS * len(connections))
