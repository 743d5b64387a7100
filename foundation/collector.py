"""The garbage collector of a process whose heap only grows or stays.

- A full collection walks everything that lives and holds the interpreter, and so every loop: twenty
  to thirty milliseconds for what was imported, a third of a second for thousands of connections.
  What outlives one full collection is left out of the next, so each walks only what came since.
- What is left out and dies in a cycle afterwards would never be freed. So one collection is whole
  whenever as much joined what is left out as the last whole one found: at most half of the memory
  can be lost to such cycles, and for each object the walks cost a constant.
- A server with thousands of requests under way makes objects that live as long as their request.
  Full collections come seldom there, so that most of these are gone by then. Raising the younger
  thresholds as well was measured: as much time in all, and pauses of 100 ms instead of 10.
- This is the state of a process: only what a process begins with may call it, never a library.

Provenance: ours.
"""

import gc
from typing import Any, Final

FULL: Final = 2
"""The collector's oldest generation."""
SELDOM: Final = (700, 10, 50)
"""Thresholds of a server; the interpreter's own are (700, 10, 10)."""
FEWEST: Final = 200_000
"""Objects left out before one collection is whole, however few the last left."""


def leave_out_of_collections(*, is_server: bool = False) -> None:
    """Collect once; what is left, and what outlives each later full collection, stays left out.

    Args:
        is_server: Whether full collections are to be seldom.
    """
    if is_server:
        gc.set_threshold(*SELDOM)
    gc.collect()
    gc.freeze()
    if not any(isinstance(each, _LeavesOut) for each in gc.callbacks):
        gc.callbacks.append(_LeavesOut())


class _LeavesOut:
    """Called by the collector when it begins and ends."""

    def __init__(self) -> None:
        self._room = max(FEWEST, gc.get_freeze_count())
        self._is_whole = False

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        if phase != "stop" or info["generation"] != FULL:
            return
        # Counting what is left out would walk all of it: only what joins it now is counted.
        joining = len(gc.get_objects(generation=FULL))
        gc.freeze()
        if self._is_whole:
            self._room, self._is_whole = max(FEWEST, joining), False
            return
        self._room -= joining
        if self._room < 0:
            gc.unfreeze()
            self._is_whole = True
