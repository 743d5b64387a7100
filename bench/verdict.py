"""What a verdict costs: full model, a million categorised sites, a thousand patterns.

- Measured in a process of its own, by its CPU time; memory is what it has beyond an interpreter
  that imported nothing of ours, with the engine warm and a million sites mapped.
- The floor beside it is can_ada's parse of the same URLs.
- A verdict is dropped once it is given, as a proxy drops it. "Spread" has a host per URL, which is
  the worst case of what is remembered by host; "browsed" has ten URLs per host.
- The swap: while an engine is built in an executor, a loop wakes every millisecond. What counts is
  for how long the builder kept the interpreter at most: the CPU time that this process used while
  the loop was to sleep a millisecond, which a busy machine does not change. How late the loop
  woke by the clock stands beside it, and the same without a build. Medians of several swaps.
- The fuzz is `bench.hostile`.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measured import own_resident_mib
from bench.result import Result, Target, compared

if TYPE_CHECKING:
    from collections.abc import Callable

    from foundation.categories.large_set import LargeCategorySet
    from foundation.webfilter.engine import Engine
    from foundation.webfilter.verdict import WebRequest

URLS = 100_000
ROUNDS = 5
SWAPS = 21
WAKE_S = 0.001
PER_SECOND = Target("value", ">=", 200_000)
MEMORY = Target("value", "<=", 60)
SWAP = Target("value", "<=", 5)
WORST = Target("value", "<=", 1)


async def run() -> tuple[Result, ...]:
    """Measure."""
    from bench.sites import World  # noqa: PLC0415 - only the parent makes a world

    with tempfile.TemporaryDirectory() as folder:
        world = await asyncio.to_thread(World)
        categories, urls, policy = (Path(folder) / name for name in ("c", "urls", "policy"))
        await asyncio.to_thread(world.write_categories, categories)
        document = {
            "spread": world.urls(URLS, per_host=1),
            "browsed": world.urls(URLS, per_host=10),
        }
        urls.write_text(json.dumps(document))
        from foundation.protocol.policies import seal  # noqa: PLC0415
        from foundation.webfilter.policy_xml import encode_web_policy  # noqa: PLC0415

        policy.write_bytes(seal(encode_web_policy(world.policy()))[1])
        command = (sys.executable, "-m", __spec__.name, str(categories), str(urls), str(policy))
        child = await asyncio.to_thread(subprocess.run, command, stdout=subprocess.PIPE, check=True)
    found = json.loads(child.stdout)
    floor = "can_ada parsing the same URLs"
    return (
        *(
            compared(
                f"verdict {kind}", found[kind], "per CPU second", peer=floor, theirs=found["parse"]
            ).judged(PER_SECOND)
            for kind in ("spread", "browsed")
        ),
        Result(name="verdict memory", value=found["memory"], unit="MiB").judged(MEMORY),
        Result(
            name="verdict swap",
            value=statistics.median(found["swap held"]),
            unit="CPU ms the loop was held at most",
        ).judged(SWAP),
        compared(
            "verdict swap by the clock",
            found["swap late"],
            "ms the loop was late at most",
            peer="with no swap",
            theirs=found["no swap late"],
        ),
        Result(name="verdict worst", value=found["worst"], unit="CPU ms, fuzzed").judged(WORST),
        Result(name="verdict worst, first", value=found["first"], unit="CPU ms, a URL never seen"),
    )


def _measured(categories: Path, urls: Path, policy: Path) -> dict[str, object]:
    before = own_resident_mib()
    from foundation.categories.large_set import LargeCategorySet  # noqa: PLC0415
    from foundation.webfilter.engine import Engine  # noqa: PLC0415
    from foundation.webfilter.policy_xml import decode_web_policy  # noqa: PLC0415
    from foundation.webfilter.verdict import WebRequest  # noqa: PLC0415

    engine = Engine(decode_web_policy(policy.read_bytes()))
    sites = LargeCategorySet.open(categories)
    from datetime import UTC, datetime  # noqa: PLC0415

    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    found: dict[str, object] = _swaps(policy.read_bytes())
    with urls.open() as file:
        first = _first_urls(file.read(4_000_000))
    for url in first:
        engine.verdict(WebRequest(url, "GET", at, "LAB\\dave", "192.0.2.7"), sites)
    memory = round(own_resident_mib() - before, 1)
    asked = {
        kind: [WebRequest(url, "GET", at, "LAB\\dave", "192.0.2.7") for url in some]
        for kind, some in json.loads(urls.read_text()).items()
    }
    import can_ada  # noqa: PLC0415

    found["memory"] = memory
    for kind, some in asked.items():
        for one in some:
            engine.verdict(one, sites)
        found[kind] = [
            _rate(partial(_judge, engine, some, sites), len(some)) for _ in range(ROUNDS)
        ]
    plain = [one.url for one in asked["spread"]]
    found["parse"] = [
        _rate(lambda: [can_ada.parse(url).href for url in plain], len(plain)) for _ in range(ROUNDS)
    ]
    from bench.hostile import worst  # noqa: PLC0415

    found |= worst()
    return found


def _first_urls(text: str) -> list[str]:
    return text[text.index('["') + 2 : text.rindex('", "')].split('", "')[:20_000]


def _rate(work: Callable[[], object], count: int) -> float:
    begin = time.process_time()
    work()
    return round(count / (time.process_time() - begin))


def _judge(engine: Engine, some: list[WebRequest], sites: LargeCategorySet) -> None:
    verdict = engine.verdict
    for one in some:
        verdict(one, sites)


def _swaps(document: bytes) -> dict[str, object]:
    from foundation.webfilter.engine import Engine  # noqa: PLC0415
    from foundation.webfilter.policy_xml import decode_web_policy  # noqa: PLC0415

    found: dict[str, object] = {}
    works: dict[str, Callable[[], object]] = {
        "swap": lambda: Engine(decode_web_policy(document)),
        "no swap": lambda: time.sleep(0.2),
    }
    for name, work in works.items():
        rounds = [asyncio.run(_lateness(work)) for _ in range(SWAPS)]
        found[f"{name} held"] = [held for held, _ in rounds]
        found[f"{name} late"] = [late for _, late in rounds]
    return found


async def _lateness(work: Callable[[], object]) -> tuple[float, float]:
    """Return for how long a loop was held at most while the work went on: CPU ms, and clock ms."""
    loop = asyncio.get_running_loop()
    done = loop.run_in_executor(None, work)
    held, late = [0.0], [0.0]
    while not done.done():
        used, due = time.process_time(), loop.time() + WAKE_S
        await asyncio.sleep(WAKE_S)
        # Of what was used, the builder may use a millisecond while the loop sleeps anyway.
        held.append(time.process_time() - used - WAKE_S)
        late.append(loop.time() - due)
    await done
    return round(max(held) * 1000, 3), round(max(late) * 1000, 3)


if __name__ == "__main__":
    print(json.dumps(_measured(*(Path(each) for each in sys.argv[1:4]))))
