"""Where Web Control's computer is, looked at again whenever its file was replaced.

- A file that cannot be read changes nothing: the computer stays where it was, and the log says so
  once. A start with such a file finds the computer at no office, so that its own policy holds.
- At the office the gateway's own note is looked at too: it may have moved its proxy.
"""

from pathlib import Path

from endpoint.host import HostFolder
from endpoint.logs import EndpointLog
from endpoint.network import (
    Network,
    NetworkFileDamagedError,
    at_gateway,
    load_network,
    network_file,
)

_Stamp = tuple[int, int, int] | None


class Whereabouts:
    """The network of one host.

    Args:
        host: The machine.
        log: Web Control's log.
    """

    def __init__(self, host: HostFolder, log: EndpointLog) -> None:
        self._host = host
        self._log = log
        self._file = network_file(host)
        self._stamps: tuple[_Stamp, _Stamp] = (None, None)
        self._stored = Network()
        self._current = Network()

    @property
    def is_outdated(self) -> bool:
        """Whether a file was replaced since it was last read; costs a look at the folder."""
        return self._stamps_now() != self._stamps

    @property
    def current(self) -> Network:
        """The network the computer is plugged into now, with the gateway where it is now."""
        stamps = self._stamps_now()
        if stamps != self._stamps:
            if stamps[0] != self._stamps[0]:
                self._read()
                stamps = stamps[0], self._note_stamp()
            self._stamps = stamps
            self._current = at_gateway(self._stored)
        return self._current

    def _read(self) -> None:
        try:
            self._stored = load_network(self._host)
        except (NetworkFileDamagedError, OSError) as error:
            self._log.error("Location", f"{error}; {self._stored.location} stays")

    def _stamps_now(self) -> tuple[_Stamp, _Stamp]:
        return _stamp_of(self._file), self._note_stamp()

    def _note_stamp(self) -> _Stamp:
        note = self._stored.gateway_note
        return _stamp_of(Path(note)) if note else None


def _stamp_of(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
