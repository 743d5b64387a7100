"""What a PostgreSQL has used: all of its processes, read from /proc.

- Processes that have ended are in the numbers of the one that started them.
- Its processes share most of their memory: each counts its part of what it shares (PSS).
"""

import os
from dataclasses import dataclass
from pathlib import Path

from bench.measured import Usage

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class _Process:
    """What the system says of a process: CPU time in ticks, that of its ended children besides."""

    parent: int
    ticks: int
    ticks_of_children: int


def usage_of(folder: Path) -> Usage:
    """Return what the PostgreSQL of a data folder has used."""
    main = int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
    processes = {
        pid: process
        for entry in _PROC.glob("[0-9]*")
        if (process := _process(pid := int(entry.name))) is not None
        and main in {pid, process.parent}
    }
    ticks = sum(one.ticks for one in processes.values()) + processes[main].ticks_of_children
    kib = sum(map(_pss_kib, processes))
    return Usage(cpu_s=ticks / _TICKS_PER_S, resident_mib=kib / 1024, tasks=len(processes))


def _process(pid: int) -> _Process | None:
    try:
        # The name is in brackets and may hold anything; what follows it is numbers.
        said = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended meanwhile
        return None
    user, system, of_children_user, of_children_system = map(int, said[11:15])
    return _Process(int(said[1]), user + system, of_children_user + of_children_system)


def _pss_kib(pid: int) -> int:
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
