"""What a benchmark found, and the file that keeps it.

- A result stands beside a peer that was measured in the same run on the same machine; `ratio` is
  its value divided by the peer's.
- A target is about the value or about the ratio, and is met or not; without one nothing is judged.
"""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

RESULTS_FILE = Path(__file__).parent / "results.json"


@dataclass(frozen=True, slots=True)
class Target:
    """A number to reach."""

    of: Literal["value", "ratio"]
    direction: Literal["<=", ">="]
    limit: float

    def __str__(self) -> str:
        return f"{self.of} {self.direction} {self.limit:g}"

    def is_met(self, number: float) -> bool:
        """Tell whether `number` reaches it."""
        return number <= self.limit if self.direction == "<=" else number >= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the results."""

    name: str
    value: float
    unit: str
    peer: str = ""
    peer_value: float | None = None
    ratio: float | None = None
    target: str = ""
    met: bool | None = None

    def judged(self, target: Target) -> "Result":
        """Return the result with its target."""
        number = self.value if target.of == "value" else self.ratio
        if number is None:
            raise ValueError(f"{self.name} has no {target.of} to judge")
        return replace(self, target=str(target), met=target.is_met(number))

    def sentence(self) -> str:
        """Return the result as one line for people."""
        text = f"{self.name:<28}{self.value:>11.4g} {self.unit}"
        if self.peer_value is not None:
            text += f"; {self.peer}: {self.peer_value:.4g}"
        if self.ratio is not None:
            text += f"; ratio {self.ratio:.3f}"
        if self.met is not None:
            text += f"; target {self.target}: {'met' if self.met else 'NOT MET'}"
        return text


def compared(
    name: str, ours: Sequence[float], unit: str, *, peer: str, theirs: Sequence[float]
) -> Result:
    """Return the medians of rounds that were run in turns, and the median of their ratios."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return Result(
        name=name,
        value=round(statistics.median(ours), 4),
        unit=unit,
        peer=peer,
        peer_value=round(statistics.median(theirs), 4),
        ratio=round(statistics.median(ratios), 4),
    )


def keep(results: Iterable[Result], path: Path = RESULTS_FILE) -> None:
    """Write results; those of benchmarks that did not run now stay as they were."""
    kept = {one["name"]: one for one in _stored(path)}
    kept.update({one.name: asdict(one) for one in results})
    path.write_text(json.dumps(list(kept.values()), indent=1) + "\n")


def _stored(path: Path) -> list[dict[str, object]]:
    if not path.exists():
        return []
    content: list[dict[str, object]] = json.loads(path.read_text())
    return content
