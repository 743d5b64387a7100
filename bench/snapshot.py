"""What it costs to bring one computer, or the UTM, back to an earlier state.

- A reset in a running lab, sockets open, after a policy that came in between; the peer copies the
  same files by `shutil.copytree`, which has no service read them.
- A whole load stops the lab and starts it again; it is given beside them.
"""

import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.result import Result, Target, compared
from utmlab.demo.configuration import CONFIGURATION
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.snapshot.shelf import Shelf
from utmlab.stack import Stack

ROUNDS = 30
QUICK = Target("value", "<=", 10.0)
COMPUTER = "PC-01"


async def run() -> tuple[Result, ...]:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="utmlab-bench-") as folder:
        data = Path(folder, "lab")
        settings = LabSettings(poll_interval_s=0.2, ports=Ports())
        async with Stack(Places(data, data / "logs"), settings) as lab:
            await lab.call("utm", "enable")
            await lab.call("utm", "edit", operations=CONFIGURATION, summary="web control")
            await lab.install(COMPUTER)
            await lab.wait_compliant()
            await lab.snapshots.save("one")
            return await _measured(lab, Path(folder))


async def _measured(lab: Stack, scratch: Path) -> tuple[Result, ...]:
    saved = Shelf(lab.places).path("one") / "data"
    computer = await _resets(lab, lambda: lab.snapshots.reset("one", computers=[COMPUTER]))
    copied = [_copied(saved / "hosts" / COMPUTER, scratch) for _ in range(ROUNDS)]
    utm = await _resets(lab, lambda: lab.snapshots.reset("one", utm=True))
    copied_utm = [_copied(saved / "utm", scratch) for _ in range(ROUNDS)]
    began = time.perf_counter()
    await lab.snapshots.load("one")
    loaded_ms = (time.perf_counter() - began) * 1000
    peer = "copytree of the same files"
    return (
        compared("reset of a computer", computer, "ms", peer=peer, theirs=copied).judged(QUICK),
        compared("reset of the UTM", utm, "ms", peer=peer, theirs=copied_utm).judged(QUICK),
        Result(name="load of a lab", value=round(loaded_ms, 1), unit="ms"),
    )


async def _resets(lab: Stack, reset: Callable[[], Awaitable[None]]) -> list[float]:
    """Return the milliseconds of each; a policy comes in between, and is applied."""
    await reset()  # the image is made once
    taken = []
    for number in range(ROUNDS):
        host = f"site-{number}.example"
        done = await lab.call("utm", "policy_block", host=host, group="Default")
        await lab.wait_compliant(done["changeset"])
        began = time.perf_counter()
        await reset()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _copied(source: Path, scratch: Path) -> float:
    target = scratch / "copy"
    began = time.perf_counter()
    shutil.copytree(source, target, symlinks=True)
    taken = (time.perf_counter() - began) * 1000
    shutil.rmtree(target)
    return taken
