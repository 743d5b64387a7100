"""Named points at which a test may end a process, as a power cut would.

- Off, a checkpoint is one comparison with None.
- `name:3` ends the process the third time that the point is reached.
- The process ends by SIGKILL, so that no handler, buffer or `finally` can tidy up.
"""

import os
import signal


class Checkpoints:
    """The points of one process; at most one of them is fatal."""

    def __init__(self, kill_at: str | None = None) -> None:
        name, _, count = (kill_at or "").partition(":")
        self._fatal = name or None
        self._remaining = int(count or 1)

    def reach(self, name: str) -> None:
        """Pass the point `name`, or end here when it is the fatal one."""
        if self._fatal is None or name != self._fatal:
            return
        self._remaining -= 1
        if self._remaining <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


NO_CHECKPOINTS = Checkpoints()
