"""What PostgreSQL costs beside SQLite: polls and enrolments, with one worker and with three.

- The same requests on as many connections; the workers share a port, and the system deals out the
  connections. Rounds in turns; CPU time of LiveConnect's processes only, the server of PostgreSQL
  is told apart by the rate.
- A poll asks no database, so it should cost the same. Enrolments are commits: all workers together
  write one stream of them, which is what the rates show.
"""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bench.load import Connection, connect
from bench.measured import MeasuredProcess, measured_process
from bench.result import Result, compared
from bench.tenant import enrol_on, register_utm, registrations
from utmlab.held_ports import HeldPorts
from utmlab.private_postgres import PrivatePostgres

CONNECTIONS = 24
POLLS = 400
"""Per connection and round."""
ENROLMENTS = 20
ROUNDS = 4
WORKERS = (1, 3)


@dataclass(frozen=True, slots=True)
class Broker:
    """One LiveConnect under measurement, however many processes it is."""

    processes: list[MeasuredProcess]
    connections: list[Connection]
    token: str
    polls: list[bytes]

    async def cpu_s(self) -> float:
        """Return the CPU time of its processes."""
        return sum([(await one.usage()).cpu_s for one in self.processes])


async def run() -> tuple[Result, ...]:
    """Measure."""
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        # PostgreSQL's own user has to enter it when root measures.
        Path(folder).chmod(0o755)
        postgres = PrivatePostgres(Path(folder) / "postgres")
        postgres.start()
        try:
            async with _alone(Path(folder) / "sqlite") as sqlite:
                for count in WORKERS:
                    data, url = Path(folder) / f"workers-{count}", _database(postgres, count)
                    async with _workers(data, await url, count) as workers:
                        results += await _compare(sqlite, workers, count)
        finally:
            postgres.close()
    return tuple(results)


async def _database(postgres: PrivatePostgres, count: int) -> str:
    import asyncpg  # noqa: PLC0415 - an extra

    connection = await asyncpg.connect(postgres.url())
    await connection.execute(f"CREATE DATABASE workers_{count}")
    await connection.close()
    return postgres.url(f"workers_{count}")


@contextlib.asynccontextmanager
async def _alone(data: Path) -> AsyncIterator[Broker]:
    async with measured_process("bench.worker", "--data", str(data)) as process:
        yield await _ready([process], data)


@contextlib.asynccontextmanager
async def _workers(data: Path, url: str, count: int) -> AsyncIterator[Broker]:
    held = HeldPorts()
    words = ["--data", str(data), "--database", url]
    words += ["--mcs-port", str(held.take()), "--link-port", str(held.take())]
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(held.release)
        processes = [
            await stack.enter_async_context(
                measured_process("bench.worker", *words, "--worker", str(number))
            )
            for number in range(1, count + 1)
        ]
        yield await _ready(processes, data)


async def _ready(processes: list[MeasuredProcess], data: Path) -> Broker:
    places = processes[0].ready
    ca = Path(places["ca"])
    token = await register_utm(places["link_url"], ca, data / "utm")
    connections = [await connect(places["mcs_port"], ca) for _ in range(CONNECTIONS)]
    endpoints = [await enrol_on(one, token, n) for n, one in enumerate(connections)]
    return Broker(processes, connections, token, [each.poll() for each in endpoints])


async def _compare(sqlite: Broker, workers: Broker, count: int) -> list[Result]:
    polls, enrolments, rates = [], [], []
    for number in range(ROUNDS + 1):
        first = 1000 + number * CONNECTIONS * ENROLMENTS + count * 100_000
        polls.append([await _polls(one) for one in (workers, sqlite)])
        done = [await _enrolments(one, first) for one in (workers, sqlite)]
        rates.append([rate for rate, _ in done])
        enrolments.append([cost for _, cost in done])
    workers_of = f"postgres {count} worker{'s' if count > 1 else ''}"
    told = (
        ("poll", polls, "CPU us"),
        ("enrolment", rates, "/s"),
        ("enrolment cost", enrolments, "CPU us"),
    )
    return [
        compared(
            f"{what}, {workers_of}",
            [ours for ours, _ in rounds[1:]],  # the first opens files and fills caches
            unit,
            peer="SQLite, one process",
            theirs=[theirs for _, theirs in rounds[1:]],
        )
        for what, rounds, unit in told
    ]


async def _polls(broker: Broker) -> float:
    _, cost = await _round(broker, [[poll] * POLLS for poll in broker.polls])
    return cost


async def _enrolments(broker: Broker, first: int) -> tuple[float, float]:
    requests = [
        list(registrations(broker.token, first + n * ENROLMENTS, ENROLMENTS))
        for n in range(CONNECTIONS)
    ]
    return await _round(broker, requests)


async def _round(broker: Broker, requests: list[list[bytes]]) -> tuple[float, float]:
    """Return requests per second, and CPU microseconds of LiveConnect per request."""
    count = sum(map(len, requests))
    before, began = await broker.cpu_s(), time.perf_counter()
    await asyncio.gather(
        *(one.run(each) for one, each in zip(broker.connections, requests, strict=True))
    )
    lasted, after = time.perf_counter() - began, await broker.cpu_s()
    return count / lasted, (after - before) * 1e6 / count
