"""What a report on inherited logs costs: some 200 MB of web and epsecd lines, and its memory.

- The peer reads the same files in the same run: a loop that matches the head of each line with one
  regular expression. `grep -c` of the head is the floor.
- Time is CPU time of a process of its own, for its peak of resident memory too; an archive is
  measured by the bytes that come out of it, against `zcat | wc`.
"""

import gzip
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.lint import _epsecd, _web
from bench.result import Result, Target, compared
from utmlab.logtools.reading import read_lines
from utmlab.logtools.report.heads import HEAD
from utmlab.logtools.report.names import Names
from utmlab.logtools.report.record import report_record
from utmlab.logtools.report.reporting import Report
from utmlab.logtools.report.sources import choose
from utmlab.logtools.report.text import report_text

MEGABYTE = 1_000_000
LARGE = 200 * MEGABYTE
ROUNDS = 3
RATE = Target("value", ">=", 15)
MEMORY = Target("value", "<=", 100)


async def run() -> tuple[Result, ...]:
    """Measure."""
    rng = random.Random(1)
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        web = _repeated(Path(folder) / "http.log", _web(rng), LARGE)
        results += _measured("log report, web lines", web)
        packed = web.with_name("http-2026-11-20.log.gz")
        with web.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as target:
            shutil.copyfileobj(source, target)
        results += _measured("log report, an archive", packed, web.stat().st_size)
        web.unlink()
        epsecd = _repeated(Path(folder) / "epsecd.log", _epsecd(rng), LARGE // 5)
        results += _measured("log report, epsecd lines", epsecd)
    return tuple(results)


def _repeated(path: Path, data: bytes, size: int) -> Path:
    with path.open("wb") as file:
        while file.tell() < size:
            file.write(data)
    return path


def _measured(name: str, path: Path, size: int = 0) -> tuple[Result, ...]:
    size = size or path.stat().st_size
    ours, loop, other, resident = [], [], [], []
    for _ in range(ROUNDS):
        other.append(_rate(size, lambda: _shell(path)))
        loop.append(size / MEGABYTE / _alone("heads", path)["cpu_s"])
        used = _alone("report", path)
        ours.append(size / MEGABYTE / used["cpu_s"])
        resident.append(used["peak_mib"])
    unit, tool = "MB per CPU second", "zcat | wc -l" if path.suffix == ".gz" else "grep -c"
    first = compared(name, ours, unit, peer="a loop over heads in Python", theirs=loop)
    second = compared(f"{name} ({tool})", ours, unit, peer=tool, theirs=other)
    memory = Result(name=f"{name}, memory", value=round(max(resident), 1), unit="MiB at most")
    return first.judged(RATE), second, memory.judged(MEMORY)


def _alone(work: str, path: Path) -> dict[str, float]:
    """Run one of the works of this module in a process of its own."""
    command = [sys.executable, "-m", "bench.log_report", work, str(path)]
    done = subprocess.run(command, check=True, capture_output=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _rate(size: int, work: Callable[[], None]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return size / MEGABYTE / used


def _shell(path: Path) -> None:
    counted = f"zcat {path} | wc -l" if path.suffix == ".gz" else f"grep -c '^2026:' {path}"
    subprocess.run(counted, shell=True, check=True, capture_output=True, env={"LC_ALL": "C"})


def _report(path: Path) -> None:
    report, chosen = Report(), choose([path])
    for source in chosen.sources:
        report.feed(source, read_lines(source.path))
    report.finish()
    text = report_text(report_record(report, Names()))
    assert "lines of 1 files" in text


def _heads(path: Path) -> None:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        assert sum(1 for line in file if HEAD.match(line))


def _peak_mib() -> float:
    """Return the peak of this program alone: `ru_maxrss` also has that of who started it."""
    status = Path("/proc/self/status").read_text().partition("VmHWM:")[2]
    return int(status.split()[0]) / 1024


if __name__ == "__main__":
    began = time.process_time()
    {"report": _report, "heads": _heads}[sys.argv[1]](Path(sys.argv[2]))
    used = time.process_time() - began
    print(json.dumps({"cpu_s": used, "peak_mib": _peak_mib()}))
