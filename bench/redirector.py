"""`utmlab redirector` beside squidGuard: the same million blocked domains, the same lines.

- Both are whole processes, start included, and answer the same lines from a file into a file; CPU
  time is theirs. squidGuard's Berkeley DB and our category file are built before.
- Both must redirect the same lines; a run in which they differ is no result.
- The difference of a run with many lines and one with few leaves the start out.
"""

import asyncio
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.result import Result, Target, compared
from bench.sites import World
from foundation.categories.category import Category
from foundation.categories.large_set import write_category_file
from foundation.protocol.policies import seal
from foundation.webfilter.policy import FilterAction, Profile, WebPolicy
from foundation.webfilter.policy_xml import encode_web_policy

LINES = 200_000
FEW = 100
ROUNDS = 3
TARGET = Target("ratio", "<=", 1)
CONFIGURATION = """dbhome {db}
logdir {log}
dest block {{
  domainlist block/domains
}}
acl {{
  default {{
    pass !block all
    redirect http://127.0.0.1/blocked?url=%u
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class _Run:
    cpu_s: float
    hits: int


async def run() -> tuple[Result, ...]:
    """Measure."""
    return await asyncio.to_thread(_compare)


def _compare() -> tuple[Result, ...]:
    squid_guard = shutil.which("squidGuard")
    if squid_guard is None:
        print("squidGuard is not installed (apt-get install squidguard): nothing to compare with")
        return ()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = World()
        ours, theirs = _ours(folder, world), _theirs(folder, world, squid_guard)
        urls = world.urls(LINES, per_host=10)
        many, few = folder / "many", folder / "few"
        lines = [f"{url} 192.0.2.7/- - GET\n" for url in urls]
        many.write_text("".join(lines))
        few.write_text("".join(lines[:FEW]))
        mine: list[float] = []
        other: list[float] = []
        whole: list[tuple[float, float]] = []
        for _ in range(ROUNDS):
            one, two = _run(ours, many), _run(theirs, many)
            if one.hits != two.hits:
                raise RuntimeError(f"we redirect {one.hits} lines, squidGuard {two.hits}")
            mine.append(_per_line(one.cpu_s - _run(ours, few).cpu_s))
            other.append(_per_line(two.cpu_s - _run(theirs, few).cpu_s))
            whole.append((_per_line(one.cpu_s), _per_line(two.cpu_s)))
    return (
        compared("redirector", mine, "CPU us per line", peer="squidGuard", theirs=other).judged(
            TARGET
        ),
        compared(
            "redirector with start",
            [pair[0] for pair in whole],
            "CPU us per line",
            peer="squidGuard",
            theirs=[pair[1] for pair in whole],
        ),
    )


def _per_line(cpu_s: float) -> float:
    return round(cpu_s / (LINES - FEW) * 1e6, 3)


def _ours(folder: Path, world: World) -> list[str]:
    categories, policy = folder / "categories", folder / "policy.xml"
    block = Category((116,))
    write_category_file(categories, ((host, block) for host in world.hosts))
    action = FilterAction(ref="REF_A", categories=(116,))
    base = Profile(ref="REF_P", default_action_ref="REF_A", is_base=True)
    document = encode_web_policy(WebPolicy(group_ref="REF_G", profiles=(base,), actions=(action,)))
    policy.write_bytes(seal(document)[1])
    return [
        *(sys.executable, "-m", "utmlab", "redirector", "--policy", str(policy)),
        *("--categories", str(categories), "--redirect", "http://127.0.0.1/blocked?url=%u"),
    ]


def _theirs(folder: Path, world: World, program: str) -> list[str]:
    (folder / "db" / "block").mkdir(parents=True)
    (folder / "log").mkdir()
    (folder / "db" / "block" / "domains").write_text("\n".join(world.hosts) + "\n")
    configuration = folder / "squidGuard.conf"
    text = CONFIGURATION.format(db=folder / "db", log=folder / "log")
    configuration.write_text(text)
    subprocess.run([program, "-c", configuration, "-C", "all"], check=True, capture_output=True)
    return [program, "-c", str(configuration)]


def _run(command: list[str], lines: Path) -> _Run:
    before = _children_cpu_s()
    with lines.open("rb") as read, tempfile.TemporaryFile() as written:
        subprocess.run(
            command,
            stdin=read,
            stdout=written,
            stderr=subprocess.DEVNULL,
            check=True,
            env=os.environ,
            cwd=Path(__file__).parent.parent,
        )
        written.seek(0)
        hits = written.read().count(b"rewrite-url")
    return _Run(_children_cpu_s() - before, hits)


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
