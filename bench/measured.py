"""A process under measurement, seen from both sides.

- The process counts its own CPU time, all threads, user and system; what loads it is another
  process and is not counted.
- It says with one JSON line that it is ready, then answers each line on its standard input with
  its CPU time and its resident memory, and ends with its standard input.
"""

import asyncio
import contextlib
import json
import resource
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

PAGE_BYTES = resource.getpagesize()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a process has used until now."""

    cpu_s: float
    resident_mib: float
    tasks: int = 0


class MeasuredProcess:
    """A running process of `python -m MODULE`."""

    def __init__(self, process: asyncio.subprocess.Process, ready: dict[str, Any]) -> None:
        self._process = process
        self.ready = ready

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def usage(self) -> Usage:
        """Ask it what it has used."""
        return Usage(**await self.ask("usage"))

    async def ask(self, line: str) -> dict[str, Any]:
        """Send one line and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line.encode() + b"\n")
        answer: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return answer


@contextlib.asynccontextmanager
async def measured_process(module: str, *arguments: str) -> AsyncIterator[MeasuredProcess]:
    """Run a process for the length of a block; it answers when the block begins."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        ready = await process.stdout.readline()
        if not ready:
            raise RuntimeError(f"{module} {' '.join(arguments)} did not become ready")
        yield MeasuredProcess(process, json.loads(ready))
    finally:
        process.stdin.close()
        await process.wait()


async def standard_input() -> asyncio.StreamReader:
    """Return the lines of whoever measures this process."""
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    return lines


class Times(Protocol):
    """Times of requests."""

    def take(self) -> dict[str, Any]:
        """Return what was measured since the last time."""


async def answer_usage(times: Times | None = None, /, **ready: Any) -> None:
    """In the measured process: say that it is ready, and answer until the input ends.

    With `times`, the question `service` is answered by them.
    """
    lines = await standard_input()
    say(ready)
    while question := await lines.readline():
        if times is not None and question == b"service\n":
            say(times.take())
            continue
        tasks = len(asyncio.all_tasks())
        say({"cpu_s": own_cpu_s(), "resident_mib": own_resident_mib(), "tasks": tasks})


def say(content: dict[str, Any]) -> None:
    """Write one line to whoever measures this process."""
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def own_cpu_s() -> float:
    """Return the CPU time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def own_resident_mib() -> float:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * PAGE_BYTES / 2**20
