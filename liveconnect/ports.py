"""Ports that the system gave, kept over a restart.

- What was handed out (MCS policies, installers, the UTM's link) names a port; after a restart
  the same one is taken again while it is free.
"""

import json
import socket
from pathlib import Path

from foundation.durable.files import write_atomic


class RememberedPorts:
    """The ports of one data folder."""

    def __init__(self, path: Path, host: str) -> None:
        self._path = path
        self._host = host
        self._ports = self._read()

    def wanted(self, name: str, configured: int) -> int:
        """Return the port to listen on: the configured one, else the one of last time, else 0."""
        if configured:
            return configured
        last = self._ports.get(name, 0)
        return last if last and self._is_free(last) else 0

    def remember(self, name: str, port: int) -> None:
        """Keep what the listener was given."""
        if self._ports.get(name) != port:
            self._ports[name] = port
            write_atomic(self._path, json.dumps(self._ports).encode())

    def _read(self) -> dict[str, int]:
        try:
            content = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        if not isinstance(content, dict):
            return {}
        return {key: value for key, value in content.items() if isinstance(value, int)}

    def _is_free(self, port: int) -> bool:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._host, port))
            except OSError:
                return False
        return True
