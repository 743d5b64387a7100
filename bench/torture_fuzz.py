"""Fuzzing: damaged documents for every parser; each is read or refused by a declared error.

- The inputs are shared out evenly; the same seed damages the same way, whatever is selected.
- Memory is looked at after a tenth of the inputs and at the end: what lies between is growth.
"""

import gc
import random
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from bench.measured import own_resident_mib
from bench.torture_mutations import Mutator
from bench.torture_parsers import Parser, parsers

MOST_GROWTH_MIB: Final = 20.0
MOST_SHOWN: Final = 20
ROUNDS: Final = 10
SHOWN_BYTES: Final = 400


@dataclass
class Fuzzed:
    """What came of a run."""

    seed: int
    read: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    crashes: list[dict[str, str]] = field(default_factory=list)
    crashed: Counter[str] = field(default_factory=Counter)
    growth_mib: float = 0.0
    slowest_ms: float = 0.0
    slowest: str = ""

    @property
    def failed(self) -> bool:
        """Whether anything happened that must not."""
        return bool(self.crashed) or self.growth_mib > MOST_GROWTH_MIB

    def document(self) -> dict[str, Any]:
        """Return the summary as JSON values."""
        return {
            "seed": self.seed,
            "inputs": sum((self.read + self.refused + self.crashed).values()),
            "parsers": len(self.read + self.refused),
            "read": sum(self.read.values()),
            "refused": sum(self.refused.values()),
            "crashed": dict(self.crashed),
            "growth_mib": round(self.growth_mib, 1),
            "slowest_ms": round(self.slowest_ms, 1),
            "slowest": self.slowest,
            "crashes": self.crashes,
        }


def fuzz(inputs: int, seed: int, say: Callable[[str], None]) -> Fuzzed:
    """Give the parsers so many inputs in all."""
    fuzzed, every = Fuzzed(seed), parsers()
    mutators = {one.name: Mutator(random.Random(f"{seed} {one.name}")) for one in every}
    each = -(-inputs // (len(every) * ROUNDS))
    before_mib = 0.0
    for number in range(ROUNDS):
        for parser in every:
            for _ in range(each):
                _give(parser, mutators[parser.name].damaged(parser.seeds), fuzzed)
        gc.collect()
        if number == 0:
            before_mib = own_resident_mib()
        say(f"fuzz: {(number + 1) * each * len(every)} inputs, {fuzzed.crashed.total()} crashes")
    fuzzed.growth_mib = own_resident_mib() - before_mib
    return fuzzed


def _give(parser: Parser, data: bytes, fuzzed: Fuzzed) -> None:
    began = time.perf_counter()
    try:
        parser.read(data)
    except parser.refuses:
        fuzzed.refused[parser.name] += 1
    except Exception as error:  # noqa: BLE001 - what is searched for
        fuzzed.crashed[parser.name] += 1
        if len(fuzzed.crashes) < MOST_SHOWN:
            where = traceback.extract_tb(error.__traceback__)[-1]
            crash = {
                "parser": parser.name,
                "error": f"{type(error).__name__}: {error}"[:SHOWN_BYTES],
                "where": f"{where.filename}:{where.lineno}",
                "input": repr(data[:SHOWN_BYTES]),
            }
            fuzzed.crashes.append(crash)
    else:
        fuzzed.read[parser.name] += 1
    taken_ms = (time.perf_counter() - began) * 1000
    if taken_ms > fuzzed.slowest_ms:
        fuzzed.slowest_ms, fuzzed.slowest = taken_ms, parser.name
