"""Connections from other processes to a loop of virtual time, and whether they are in mid-exchange.

A browser or curl lives in real time. Between two of its packets virtual time could jump over every
time-out of a server that waits for the second. So a jump waits for a moment of real time after a
visitor was last heard of, or until it has gone; one that holds a request or reads a stream in
silence delays nothing.

- A connection is a visitor's when its other end is no socket of this loop.
- Who is one is decided late: our own client may be registered after the server that it came to.

Provenance: ours.
"""

import contextlib
import socket
import time
from collections.abc import Iterable
from typing import Final

GRACE_S: Final = 0.25
"""How long a packet of a local client may take on a busy machine."""
_Address = tuple[str, int]
_Ends = tuple[_Address, _Address]
"""The near end of a connection and the far one."""


class Visitors:
    """The connections of one loop, by file descriptor."""

    def __init__(self) -> None:
        self._ends: dict[int, _Ends] = {}
        self._own: set[_Ends] = set()
        self._recent: set[int] = set()
        self._heard_at: dict[int, float] = {}

    def came(self, descriptor: int) -> None:
        """Hear of a file that is watched from now on."""
        ends = _ends_of(descriptor)
        if ends is not None:
            self._ends[descriptor] = ends
            self._own.add(ends)
            self.heard_from([descriptor])

    def left(self, descriptor: int) -> None:
        """Forget a file."""
        ends = self._ends.pop(descriptor, None)
        self._recent.discard(descriptor)
        self._heard_at.pop(descriptor, None)
        if ends is not None:
            self._own.discard(ends)

    def heard_from(self, descriptors: Iterable[int]) -> None:
        """Hear that there is something to do with these files."""
        self._recent.update(one for one in descriptors if one in self._ends)

    def are_busy(self) -> bool:
        """Whether a visitor was heard of within the grace."""
        for one in self._recent:
            if self._ends[one][::-1] not in self._own:
                self._heard_at[one] = time.monotonic()
        self._recent.clear()
        return self.grace_left_s() > 0

    def grace_left_s(self) -> float:
        """How much real time is left before the visitors count as silent."""
        last = max(self._heard_at.values(), default=float("-inf"))
        return max(0.0, last + GRACE_S - time.monotonic())


def _ends_of(descriptor: int) -> _Ends | None:
    """Return both ends of a TCP connection; None for any other file."""
    with contextlib.suppress(OSError):
        end = socket.socket(fileno=descriptor)
        try:
            if end.family == socket.AF_INET and end.type == socket.SOCK_STREAM:
                return end.getsockname(), end.getpeername()
        finally:
            end.detach()
    return None
