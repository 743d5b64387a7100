"""The one source of chance of this corpus: SplitMix64, on plain integers.

The generators of the standard library may draw in another way in another Python; this one is eight
lines and public domain (Steele, Lea, Flood 2014), restated.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

T = TypeVar("T")
_ALL: Final = (1 << 64) - 1


class Numbers:
    """A stream of 64-bit numbers.

    Args:
        seed: Any number from 0 to 2**64 - 1.
        name: Streams of different names have nothing in common.
    """

    def __init__(self, seed: int, name: str) -> None:
        state = 0xCBF29CE484222325  # FNV-1a, 64 bits
        for byte in name.encode("ascii") + seed.to_bytes(8, "big"):
            state = ((state ^ byte) * 0x100000001B3) & _ALL
        self._state = state

    def draw(self) -> int:
        """Return the next number, 64 bits; callers cut bits from it."""
        self._state = mixed = (self._state + 0x9E3779B97F4A7C15) & _ALL
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _ALL
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _ALL
        return mixed ^ (mixed >> 31)

    def below(self, limit: int) -> int:
        """Return a number from 0 to `limit` - 1."""
        return (self.draw() >> 16) % limit

    def one_of(self, choices: Sequence[T]) -> T:
        """Return one of several."""
        return choices[self.below(len(choices))]
