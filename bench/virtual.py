"""An hour of fifty endpoints in virtual time: real seconds, and CPU per poll of both sides.

- The whole lab in one process, over real TLS and real SQLite, at the authentic 20 s.
- The peer is the hour itself: the ratio says what share of real time is needed.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.result import Result
from utmlab.clock import VirtualClock, run_virtual
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import UTM, Stack

ENDPOINTS = 50
HOUR_S = 3600.0
POLLS = ENDPOINTS * HOUR_S / 20
_START = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def run() -> tuple[Result, ...]:
    """Measure."""
    # On a thread of its own, since a virtual loop cannot run inside this one.
    wall_s, cpu_s = await asyncio.to_thread(_an_hour)
    return (
        Result(
            name="virtual hour",
            value=round(wall_s, 2),
            unit="s for an hour of 50 endpoints",
            peer="the hour itself",
            peer_value=HOUR_S,
            ratio=round(wall_s / HOUR_S, 4),
        ),
        Result(
            name="virtual poll",
            value=round(cpu_s / POLLS * 1e6, 1),
            unit="CPU us per poll, client and server together",
        ),
    )


def _an_hour() -> tuple[float, float]:
    used: list[tuple[float, float]] = []

    async def live(clock: VirtualClock) -> None:
        with tempfile.TemporaryDirectory() as folder:
            await _live(Path(folder), clock, used.append)

    run_virtual(live, start=_START)
    return used.pop()


async def _live(
    folder: Path, clock: VirtualClock, tell: Callable[[tuple[float, float]], object]
) -> None:
    settings = LabSettings(ports=Ports(), journal=False)
    lab = Stack(Places.of(folder), settings, now=clock.now, rng=random.Random(1))
    async with lab:
        await lab.call(UTM, "enable")
        installer = Path((await lab.call(UTM, "deploy_agent"))["file"])
        for number in range(ENDPOINTS):
            await lab.install(f"PC-{number:02}", installer)
        await lab.wait_compliant(timeout_s=HOUR_S)
        tell(await _measured(asyncio.sleep(HOUR_S)))


async def _measured(work: Awaitable[object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    await work
    return time.perf_counter() - wall, time.process_time() - cpu
