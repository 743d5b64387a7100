"""What a request costs in our filtering proxy, beside squid, tinyproxy and privoxy.

- Same origin, requests and connections; rounds in turns; every proxy with its access log on.
- CPU time of the proxy's process per request; latency is that of one request after the other on
  one connection, less the same without a proxy.
- Each request has a URL of its own, so that nobody gains from remembering URLs.
"""

import asyncio
import contextlib
import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measured import measured_process
from bench.plain_load import connect, one_by_one
from bench.proxy_peers import SITE, Program, nginx_origin, privoxy, squid, tinyproxy
from bench.result import Result, Target, compared

CONNECTIONS = 16
REQUESTS = 1_000
"""Per connection and round."""
CLOSING_REQUESTS = 150
"""Per connection and round, of a proxy that closes after each."""
SERIAL = 2_000
ROUNDS = 5
TARGET = Target("ratio", "<=", 1 / 1.5)
LATENCY_TARGET = Target("ratio", "<=", 1.0)
_numbers = itertools.count()


async def run() -> tuple[Result, ...]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with contextlib.AsyncExitStack() as stack:
            origin = await stack.enter_async_context(nginx_origin(folder))
            arguments = ("--folder", str(folder), "--origin", str(origin))
            measured = await stack.enter_async_context(
                measured_process("bench.proxy_server", *arguments)
            )
            ours = Program("utmlab", measured.ready["port"], measured.pid, site=SITE)
            peers = [
                await stack.enter_async_context(peer(folder))
                for peer in (squid, tinyproxy, privoxy)
            ]
            found = [ours, *(peer for peer in peers if peer is not None)]
            return await _compare(found, origin)


async def _compare(programs: list[Program], origin: int) -> tuple[Result, ...]:
    cpu: dict[str, list[float]] = {program.name: [] for program in programs}
    added: dict[str, list[float]] = {program.name: [] for program in programs}
    for program in programs:
        await _cpu_per_request(program, origin)
    for _ in range(ROUNDS):
        for program in programs:
            cpu[program.name].append(await _cpu_per_request(program, origin))
        direct = await _latency(origin, _urls(origin, "", "127.0.0.1"))
        for program in programs:
            if program.keeps_alive:
                urls = _urls(origin, f"http://{program.site}:{origin}", program.site)
                added[program.name].append(await _latency(program.port, urls) - direct)
    results = []
    for peer in programs[1:]:
        for name, numbers, unit, target in (
            ("proxy", cpu, "CPU us", TARGET),
            ("proxy, added latency", added, "us", LATENCY_TARGET),
        ):
            theirs = numbers[peer.name]
            if theirs:
                ours = numbers[programs[0].name]
                result = compared(f"{name}, {peer.name}", ours, unit, peer=peer.name, theirs=theirs)
                results.append(result.judged(target) if peer.name == "squid" else result)
    return tuple(results)


def _urls(origin: int, prefix: str, host: str) -> Iterator[bytes]:
    """Return requests as a browser writes them."""
    while True:
        yield (
            f"GET {prefix}/articles/{next(_numbers)}?from=front HTTP/1.1\r\n"
            f"Host: {host}:{origin}\r\n"
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
            "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n"
            "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\n"
            "Connection: keep-alive\r\n\r\n"
        ).encode()


async def _cpu_per_request(program: Program, origin: int) -> float:
    """Return the CPU microseconds of the proxy per request under load."""
    requests = _urls(origin, f"http://{program.site}:{origin}", program.site)
    count = REQUESTS if program.keeps_alive else CLOSING_REQUESTS
    before = program.cpu_s()
    if program.keeps_alive:
        connections = [await connect(program.port) for _ in range(CONNECTIONS)]
        await asyncio.gather(*(one.run(itertools.islice(requests, count)) for one in connections))
        for connection in connections:
            connection.close()
    else:
        await asyncio.gather(
            *(
                one_by_one(program.port, itertools.islice(requests, count))
                for _ in range(CONNECTIONS)
            )
        )
    return (program.cpu_s() - before) * 1e6 / (count * CONNECTIONS)


async def _latency(port: int, requests: Iterator[bytes]) -> float:
    """Return the median microseconds of one request after the other."""
    times = []
    connection = await connect(port)
    for _ in range(SERIAL):
        begun = time.perf_counter()
        await connection.run([next(requests)])
        times.append(time.perf_counter() - begun)
    connection.close()
    return statistics.median(times) * 1e6
