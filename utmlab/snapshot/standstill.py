"""A lab that stands still for a moment, so that all of it can be copied as of one instant.

- Tasks: whoever copies holds the loop; nothing is received, decided or answered meanwhile.
- Processes: they are halted by the system and go on afterwards; to them it was a slow instant.

Provenance: ours.
"""

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator


@contextlib.contextmanager
def halted(pids: Iterable[int]) -> Iterator[None]:
    """Halt processes of this lab, and let them go on whatever happens."""
    stopped: list[int] = []
    try:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
