"""Where Web Control's computer is, looked at again whenever its file was replaced.

- A file that cannot be read changes nothing: the computer stays where it was, and the log says so
  once. A start with such a file finds the computer at no office, so that its own policy holds.
"""

from endpoint.host import HostFolder
from endpoint.logs import EndpointLog
from endpoint.network import Network, NetworkFileDamagedError, load_network, network_file


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
        self._stamp: tuple[int, int, int] | None = None
        self._current = Network()

    @property
    def is_outdated(self) -> bool:
        """Whether the file was replaced since it was last read; costs one look at the folder."""
        return self._stamp_now() != self._stamp

    @property
    def current(self) -> Network:
        """The network the computer is plugged into now."""
        stamp = self._stamp_now()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._current = load_network(self._host)
            except (NetworkFileDamagedError, OSError) as error:
                self._log.error("Location", f"{error}; {self._current.location} stays")
        return self._current

    def _stamp_now(self) -> tuple[int, int, int] | None:
        try:
            status = self._file.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size
