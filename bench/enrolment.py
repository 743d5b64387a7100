"""How fast endpoints enrol: POST /register, answered after the commit.

- Commits are grouped; each round enrols new computers on connections that are open already.
- The floor is aiohttp taking the same bodies and answering as many bytes, storing nothing.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from bench.load import Connection, connect, request
from bench.measured import MeasuredProcess, measured_process
from bench.result import Result, Target, compared
from bench.tenant import register_utm, registrations

CONNECTIONS = 32
EACH = 40
"""Enrolments per connection and round."""
ROUNDS = 5
ANSWER_BYTES = 136
PER_SECOND = Target("value", ">=", 500)
RequestsOf = Callable[[int], Iterable[bytes]]


async def run() -> tuple[Result, ...]:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "lc"
        async with (
            measured_process("bench.server", "liveconnect", "--data", str(data)) as ours,
            measured_process(
                "bench.server", "static", "--data", str(data), "--size", str(ANSWER_BYTES)
            ) as peer,
        ):
            return await _compare(ours, peer, Path(folder))


async def _compare(
    ours: MeasuredProcess, peer: MeasuredProcess, folder: Path
) -> tuple[Result, ...]:
    ca = Path(ours.ready["ca"])
    token = await register_utm(ours.ready["link_url"], ca, folder / "utm")
    to_ours = [await connect(ours.ready["mcs_port"], ca) for _ in range(CONNECTIONS)]
    to_peer = [await connect(peer.ready["mcs_port"], ca) for _ in range(CONNECTIONS)]
    mine, theirs = [], []
    for number in range(ROUNDS + 1):
        first = number * CONNECTIONS * EACH
        bodies = [list(registrations(token, first + n * EACH, EACH)) for n in range(CONNECTIONS)]
        mine.append(await _round(ours, to_ours, bodies))
        plain = [[_to_static(one) for one in each] for each in bodies]
        theirs.append(await _round(peer, to_peer, plain))
    for connection in (*to_ours, *to_peer):
        connection.close()
    # The first round opens files and fills caches.
    (rates, costs), (peer_rates, peer_costs) = zip(*mine[1:]), zip(*theirs[1:])  # noqa: B905
    name = "aiohttp storing nothing"
    return (
        compared("enrolment", rates, "/s", peer=name, theirs=peer_rates).judged(PER_SECOND),
        compared("enrolment cost", costs, "CPU us", peer=name, theirs=peer_costs),
    )


def _to_static(registration: bytes) -> bytes:
    return request("POST", "/static", body=registration.partition(b"\r\n\r\n")[2])


async def _round(
    server: MeasuredProcess, connections: list[Connection], requests: list[list[bytes]]
) -> tuple[float, float]:
    """Return requests per second and CPU microseconds of the server per request."""
    count = sum(len(each) for each in requests)
    before, began = await server.usage(), time.perf_counter()
    await asyncio.gather(*(one.run(each) for one, each in zip(connections, requests, strict=True)))
    lasted, after = time.perf_counter() - began, await server.usage()
    return count / lasted, (after.cpu_s - before.cpu_s) * 1e6 / count
