"""kill -9 at random, N times; nothing may be lost.

- Named points and moments that nobody has named, drawn from the seed; the same seed draws the same
  kills (what the processes do meanwhile is up to the machine).
- A lab serves many kills and is then made anew; after damage it is kept where it is, and the next
  kills go on with a new one.
"""

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foundation.errors import DomainError
from utmlab.kill_points import Kill, random_kill
from utmlab.torture import Torture

KILLS_PER_LAB = 50
MOST_FAILURES = 5
SAY_EVERY_S = 30.0
LONGEST_SENTENCE = 600


@dataclass
class Summary:
    """What came of all kills so far."""

    seed: int
    wanted: int
    kills: int = 0
    polls: Counter[int] = field(default_factory=Counter)
    where: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    failures: list[dict[str, Any]] = field(default_factory=list)

    def document(self, seconds: float) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "kills": self.kills,
            "wanted": self.wanted,
            "seconds": round(seconds, 1),
            "points": len(self.where),
            "polls_until_compliant": {str(n): self.polls[n] for n in sorted(self.polls)},
            "slowest_to_settle_s": round(self.slowest_s, 2),
            "failures": self.failures,
        }


class Kills:
    """Kills, one after the other, in one lab after the other."""

    def __init__(self, folder: Path, summary: Summary, say: Callable[[str], None]) -> None:
        self._say = say
        self._folder = folder
        self._summary = summary
        self._rng = random.Random(summary.seed)
        self._labs = 0
        self._torture: Torture | None = None

    async def run(self) -> None:
        began = said = time.monotonic()
        summary = self._summary
        while summary.kills < summary.wanted and len(summary.failures) < MOST_FAILURES:
            await self._one(random_kill(self._rng))
            if time.monotonic() - said >= SAY_EVERY_S:
                said = time.monotonic()
                self._say(f"{summary.kills} of {summary.wanted} kills in {said - began:.0f} s")
        await self._close(keep=False)

    async def _one(self, kill: Kill) -> None:
        summary = self._summary
        summary.kills += 1
        summary.where[kill.point or f"{kill.part}: {kill.story.name}"] += 1
        try:
            endured = await (await self._lab()).endure(kill)
        except (DomainError, OSError) as error:
            await self._fail(kill, error)
        else:
            summary.polls[endured.polls] += 1
            summary.slowest_s = max(summary.slowest_s, endured.seconds)
            if summary.kills % KILLS_PER_LAB == 0:
                await self._close(keep=False)

    async def _lab(self) -> Torture:
        if self._torture is None:
            self._labs += 1
            self._torture = Torture(self._folder / f"lab-{self._labs}")
            await self._torture.start()
        return self._torture

    async def _fail(self, kill: Kill, error: Exception) -> None:
        folder = self._torture.folder if self._torture else self._folder
        sentence = f"{type(error).__name__}: {error}"[:LONGEST_SENTENCE]
        number = self._summary.kills
        self._say(f"kill {number}, {kill}: {sentence} (kept: {folder})")
        self._summary.failures.append(
            {"number": number, "kill": str(kill), "error": sentence, "folder": str(folder)}
        )
        await self._close(keep=True)

    async def _close(self, *, keep: bool) -> None:
        torture, self._torture = self._torture, None
        if torture is None:
            return
        await torture.stop()
        if not keep:
            shutil.rmtree(torture.folder, ignore_errors=True)
