"""How long `utmlab up` takes to be ready, a broker alone included, and to have an endpoint comply.

- Everything as the product ships it, the poll interval of 20 s included, but on free ports.
- Seconds from the start of the process, imports included; each round is a new process.
- The floor is an interpreter that imports the third-party packages and ends.
"""

import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.measured import PAGE_BYTES
from bench.result import Result, Target, compared
from foundation.net.control import ControlClient

ROUNDS = 5
READY = Target("value", "<=", 1.5)
COMPLIANT = Target("value", "<=", 3.0)
BROKER = Target("value", "<=", 0.7)
RESIDENT = Target("value", "<=", 120.0)
FLOOR = (
    "import aiohttp, can_ada, cryptography.x509, httptools, jwt, re2, sqlite_utils, uvloop, "
    "xmltodict"
)
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """How far a process came."""

    wall_s: float
    cpu_s: float
    resident_mib: float


async def run() -> tuple[Result, ...]:
    """Measure."""
    labs, floors, brokers = [], [], []
    for _ in range(ROUNDS):
        floors.append(await _floor())
        labs.append(await _lab())
        brokers.append(await _broker())
    ready, compliant = ([lab[n] for lab in labs] for n in (0, 1))
    name = "imports of third parties"
    resident = statistics.median(one.resident_mib for one in compliant)
    return (
        compared(
            "start ready", [one.wall_s for one in ready], "s", peer=name, theirs=floors
        ).judged(READY),
        compared(
            "start first compliant", [one.wall_s for one in compliant], "s", peer=name,
            theirs=floors,
        ).judged(COMPLIANT),
        compared("start broker", brokers, "s", peer=name, theirs=floors).judged(BROKER),
        Result(name="start cost", value=_median_cpu(ready), unit="CPU s until ready"),
        Result(name="endpoint cost", value=round(_median_cpu(compliant) - _median_cpu(ready), 4),
               unit="CPU s from ready to compliant"),
        Result(name="resident", value=round(resident, 1), unit="MiB").judged(RESIDENT),
    )  # fmt: skip


def _median_cpu(stages: list[Stage]) -> float:
    return round(statistics.median(one.cpu_s for one in stages), 4)


async def _floor() -> float:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", FLOOR, cwd=ROOT)
    if await process.wait() != 0:
        raise RuntimeError("a third-party package cannot be imported")
    return time.perf_counter() - began


async def _lab() -> tuple[Stage, Stage]:
    with tempfile.TemporaryDirectory() as folder:
        data, began = Path(folder) / "lab", time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "utmlab", "--json", "--data", str(data), "up", "--ports", "0"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        assert process.stdout is not None
        try:
            if not await process.stdout.readline():
                said = (await process.communicate())[1].decode(errors="replace")
                raise RuntimeError(f"`utmlab up` ended before it was ready: {said}")
            ready = _stage(process.pid, began)
            control = ControlClient(data)
            await control.call("endpoint_install", name="PC-01")
            await control.call("wait_compliant", endpoint="PC-01")
            compliant = _stage(process.pid, began)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.communicate()
    return ready, compliant


async def _broker() -> float:
    """A LiveConnect alone, with a tenant, a token and a policy."""
    with tempfile.TemporaryDirectory() as folder:
        data, began = Path(folder) / "broker", time.perf_counter()
        words = ("up", "--only", "liveconnect", "--auto-utm", "--ports", "0")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "utmlab", "--json", "--data", str(data), *words),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        assert process.stdout is not None
        try:
            if not await process.stdout.readline():
                said = (await process.communicate())[1].decode(errors="replace")
                raise RuntimeError(f"the broker ended before it was ready: {said}")
            return time.perf_counter() - began
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.communicate()


def _stage(pid: int, began: float) -> Stage:
    wall_s = time.perf_counter() - began
    own = Path(f"/proc/{pid}")
    # After the name, which may hold blanks: fields 14 and 15 are its CPU time in ticks.
    fields = (own / "stat").read_text().rpartition(")")[2].split()
    resident = int((own / "statm").read_text().split()[1])
    return Stage(
        wall_s=wall_s,
        cpu_s=(int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
        resident_mib=resident * PAGE_BYTES / 2**20,
    )
