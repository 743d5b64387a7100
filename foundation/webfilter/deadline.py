"""A moment by which something must have happened, cheap to move.

- Moving it is an assignment: the loop's timer stays where it is, and looks again when it fires.
- One per connection, so that a request costs no timer.
"""

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls back once when it has passed."""

    __slots__ = ("_due", "_loop", "_on_passed", "_timer", "_timer_due")

    def __init__(self, on_passed: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_passed = on_passed
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0

    def set(self, seconds: float) -> None:
        """Let it pass in so many seconds from now."""
        due = self._due = self._loop.time() + seconds
        if self._timer is not None:
            if self._timer_due <= due:
                return
            self._timer.cancel()
        self._arm(due)

    def lift(self) -> None:
        """Let it never pass."""
        self._due = None

    def close(self) -> None:
        """Lift it and give the timer back."""
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, due: float) -> None:
        self._timer_due = due
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._loop.time() < self._due:
            self._arm(self._due)
            return
        self._due = None
        self._on_passed()
