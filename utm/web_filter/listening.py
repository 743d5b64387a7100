"""Where the gateway's proxy listens, and how others learn it.

- Node http.port decides (documented). As long as it has its factory value, a port given at the
  start stands in for it, so that several labs can run on one machine.
- A change of the node holds at once: the new listener stands before the old one goes, and
  connections that are open stay. A port that somebody else has refuses the change of the node.
- A file says where the proxy is now, or was last (ours; a network would announce it by WPAD).
"""

import json
import socket
from pathlib import Path
from typing import Final

from foundation.durable.files import write_atomic
from foundation.net.http_server import PortInUseError
from utm.confd import Confd

NAME: Final = "the UTM's web filter"
FACTORY_PORT: Final = 8080
_NODE: Final = "http.port"


def wanted_port(confd: Confd, given: int | None) -> int:
    """Return the port to listen on; 0 takes any.

    Args:
        confd: The configuration, or an edit of it.
        given: The port given at the start, None for none.
    """
    port = int(confd.node(_NODE) or FACTORY_PORT)
    return given if given is not None and port == FACTORY_PORT else port


def check_free(host: str, port: int) -> None:
    """Check that a port can be listened on.

    Raises:
        PortInUseError: If it cannot.
    """
    try:
        socket.create_server((host, port)).close()
    except (OSError, OverflowError) as error:
        raise PortInUseError(NAME, host, port) from error


def gateway_note(folder: Path) -> Path:
    """Return the file that says where the proxy of a UTM's folder is."""
    return folder / "web_filter.json"


def write_note(path: Path, host: str, port: int) -> None:
    """Say where the proxy is now."""
    note = {"version": 1, "host": host, "port": port, "url": f"http://{host}:{port}"}
    write_atomic(path, json.dumps(note).encode())
