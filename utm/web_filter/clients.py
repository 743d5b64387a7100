"""Who is behind a source address: the lab's stand-in for authentication at the gateway.

- A file names, for each source address, the computer and who is logged in there. A real gateway
  asks a directory (SSO, an agent); here whoever runs the computers writes down what such a service
  would answer. Provenance: ours.
- The file is looked at for every request, so a computer that arrives is known at once; one that
  cannot be read leaves what was known.
- An address that it does not name is a stranger: without user, in no endpoint group.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from foundation.durable.files import write_atomic

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class WebClient:
    """A computer and the person in front of it."""

    computer: str = ""
    user: str = ""


STRANGER: Final = WebClient()


class WebClients:
    """The clients that a file names.

    Args:
        path: The file; None knows nobody.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._known: Mapping[str, WebClient] = {}

    def of(self, address: str) -> WebClient:
        """Return who is behind an address."""
        self._refresh()
        return self._known.get(address, STRANGER)

    def _refresh(self) -> None:
        if self._path is None:
            return
        try:
            status = self._path.stat()
            stamp = status.st_ino, status.st_mtime_ns, status.st_size
            if stamp == self._stamp:
                return
            self._stamp = stamp
            self._known = _decode(self._path.read_bytes())
        except FileNotFoundError:
            self._stamp, self._known = None, {}
        except (OSError, ValueError, KeyError, TypeError):
            return  # what was known stays; the file is read again when it is replaced


def write_clients(path: Path, clients: Mapping[str, WebClient]) -> None:
    """Store who is behind which address."""
    known = {
        address: {"computer": client.computer, "user": client.user}
        for address, client in sorted(clients.items())
    }
    write_atomic(path, json.dumps({"version": _VERSION, "clients": known}, indent=1).encode())


def _decode(data: bytes) -> dict[str, WebClient]:
    return {
        str(address): WebClient(str(one["computer"]), str(one["user"]))
        for address, one in json.loads(data)["clients"].items()
    }
