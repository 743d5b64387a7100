"""Counting what there may be too much of, in bounded memory.

A table holds at most `capacity` keys. When it is full, the rarer half goes, and the largest count
that went is the `floor`: a key that comes (back) later starts at zero with the floor as its
possible error. So a count is never too high, it is too low by at most the key's error, and a key
that was dropped for good was seen at most `floor` times (the bound of space-saving).
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counted:
    """A key, how often it was seen at least, and by how much that may be too low."""

    key: bytes
    count: int
    error: int


@dataclass(slots=True)
class _Cell:
    count: int
    error: int


class TopCounts:
    """The most frequent keys of a stream.

    Args:
        capacity: How many keys are held at most, two or more.
    """

    __slots__ = ("_capacity", "_cells", "floor")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._cells: dict[bytes, _Cell] = {}
        self.floor = 0

    def add(self, key: bytes) -> None:
        """Count a key once."""
        cell = self._cells.get(key)
        if cell is not None:
            cell.count += 1
            return
        if len(self._cells) >= self._capacity:
            self._drop()
        self._cells[key] = _Cell(1, self.floor)

    def top(self, most: int) -> Iterator[Counted]:
        """Yield the most frequent keys, the most frequent first, equal ones by their bytes."""
        for key, cell in sorted(self._cells.items(), key=lambda one: (-one[1].count, one[0]))[
            :most
        ]:
            yield Counted(key, cell.count, cell.error)

    def _drop(self) -> None:
        ordered = sorted(self._cells.items(), key=lambda one: one[1].count + one[1].error)
        half = len(ordered) - self._capacity // 2
        last = ordered[half - 1][1]
        self.floor = max(self.floor, last.count + last.error)
        self._cells = dict(ordered[half:])
