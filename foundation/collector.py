"""The garbage collector of a process whose heap only grows or stays.

- A full collection walks everything that lives and holds the interpreter, and so every loop: twenty
  to thirty milliseconds for what was imported, a second for thousands of connections. So what
  outlives a collection is left out of the next ones, which walk only what came since.
- What is left out and dies in a cycle afterwards would never be freed. So one collection is whole
  whenever twice as much lives as after the last whole one: at most half of the memory can be lost
  to such cycles, and for each object that stays the walks cost a constant. What lives is counted
  in the interpreter's blocks, which it can tell without walking through them.
- A server leaves out once a second what came in that second, and has no full collections else. The
  interpreter counts what was made less what went, so with thousands of connections, each of whose
  polls puts something new in place of something old, it waited for long and then walked through
  all that was new: a pause of 0.3 s every 20 s with 15,000 agents.
- A server that has much to do puts it off for some seconds: what belongs to requests under way goes
  by itself. Raising the younger thresholds was measured: as much time in all, in longer pauses.
- This is the state of a process: only what a process begins with may call it, never a library.

Provenance: ours.
"""

import asyncio
import gc
import sys
import time
from typing import Any, Final

FULL: Final = 2
"""The collector's oldest generation."""
YOUNG: Final = 1
SERVER: Final = (700, 10, 1_000_000)
"""Thresholds of a server: full collections do not come by themselves. The interpreter's own are
(700, 10, 10)."""
LOOK_S: Final = 1.0
IDLE: Final = 0.4
"""A server that used less than this share of a core lately has little to do."""
MOST_PUT_OFF: Final = 5
FEWEST: Final = 400_000
"""Blocks that live before one collection is whole, however few the last left."""


def leave_out_of_collections(*, is_server: bool = False) -> None:
    """Collect once; what is left, and what outlives later collections, stays left out.

    Args:
        is_server: Whether to leave out once a second, by the running loop, rather than after
            each full collection. Heeded the first time only.

    Raises:
        RuntimeError: If a server has no running loop yet.
    """
    gc.collect()
    gc.freeze()
    if gc.get_threshold() == SERVER or any(isinstance(one, _AfterFull) for one in gc.callbacks):
        return
    if is_server:
        gc.set_threshold(*SERVER)
        _EachSecond(asyncio.get_running_loop()).look_later()
    else:
        gc.callbacks.append(_AfterFull())


class _Heap:
    """What lives, against what lived after the last whole collection."""

    def __init__(self) -> None:
        self._limit = 0
        self.was_walked()

    def was_walked(self) -> None:
        self._limit = max(FEWEST, 2 * sys.getallocatedblocks())

    def has_doubled(self) -> bool:
        return sys.getallocatedblocks() > self._limit


class _AfterFull:
    """Called by the collector when it begins and ends."""

    def __init__(self) -> None:
        self._heap = _Heap()
        self._is_whole = False

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        if phase != "stop" or info["generation"] != FULL:
            return
        gc.freeze()
        if self._is_whole:
            self._heap.was_walked()
            self._is_whole = False
        elif self._heap.has_doubled():
            gc.unfreeze()
            self._is_whole = True


class _EachSecond:
    """Collects what came lately, unless there is much to do."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._heap = _Heap()
        self._put_off = 0
        self._looked_at_s = self._used_s = 0.0

    def look_later(self) -> None:
        """Look after a while."""
        # Of the process: while the loop waits, a thread may be storing what others wait for.
        self._looked_at_s, self._used_s = self._loop.time(), time.process_time()
        self._loop.call_later(LOOK_S, self._look)

    def _look(self) -> None:
        elapsed_s = self._loop.time() - self._looked_at_s
        share = (time.process_time() - self._used_s) / elapsed_s
        if is_put_off(share, self._put_off):
            self._put_off += 1
        else:
            self._put_off = 0
            self._collect()
        self.look_later()

    def _collect(self) -> None:
        is_whole = self._heap.has_doubled()
        if is_whole:
            gc.unfreeze()
        gc.collect(FULL if is_whole else YOUNG)
        gc.freeze()
        if is_whole:
            self._heap.was_walked()


def is_put_off(share: float, times: int) -> bool:
    """Tell whether a server waits with a collection.

    Args:
        share: Of a core, that the process used lately.
        times: How often it was put off already.
    """
    return share >= IDLE and times < MOST_PUT_OFF
