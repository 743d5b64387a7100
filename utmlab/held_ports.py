"""Free ports that stay one's own until somebody listens on them.

- A port that is only looked up as free may be given to somebody else before it is used. So it stays
  bound by a socket that never listens; on Linux a listener of the lab may bind it all the same.
- Ports are taken from below those that the system gives to outgoing connections: one that a stopped
  lab remembers is not lost to the next connection that anybody opens.
"""

import random
import socket
import sys
from pathlib import Path

LOOPBACK = "127.0.0.1"
LOWEST = 12_000
"""Above the ports that browsers refuse to open."""
TRIES = 50
_GIVEN_BY_THE_SYSTEM = Path("/proc/sys/net/ipv4/ip_local_port_range")


class HeldPorts:
    """The ports held for one lab."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()
        self._sockets: list[socket.socket] = []

    def take(self) -> int:
        """Return a port of 127.0.0.1 that nobody has, and hold it."""
        probe = self._bound()
        port: int = probe.getsockname()[1]
        if sys.platform == "linux":
            # Only after it is bound: two that ask at once must not get the same one.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._sockets.append(probe)
        else:
            probe.close()
        return port

    def release(self) -> None:
        """Hold nothing any more."""
        while self._sockets:
            self._sockets.pop().close()

    def _bound(self) -> socket.socket:
        highest = _first_given_by_the_system() - 1
        tries = TRIES if highest > LOWEST else 0
        for port in [self._random.randint(LOWEST, highest) for _ in range(tries)] + [0]:
            probe = socket.socket()
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                probe.close()
            else:
                return probe
        raise OSError("the system has no free port left")


def _first_given_by_the_system() -> int:
    try:
        return int(_GIVEN_BY_THE_SYSTEM.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0
