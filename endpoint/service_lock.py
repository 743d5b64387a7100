"""One process per service and host, and finding one that nobody wrote down.

- A service process holds its lock as long as it lives; the operating system frees it.
- A setup that was killed between starting a service and writing its pid into the service table
  leaves a process that runs all the same: `adopt_running` writes it down.

Provenance: ours.
"""

from pathlib import Path
from typing import Final

from endpoint.host import HostFolder, HostMissingError
from endpoint.service_table import ServiceTable
from foundation.durable.files import remove_leftovers
from foundation.durable.folder import DataFolder, holder_of

_VERSION: Final = 1


def hold(host: HostFolder, service: str) -> DataFolder:
    """Take the lock of a service, and remove what killed services of the host left half written.

    Raises:
        HostMissingError: If there is no such host; a service makes none.
        DataFolderInUseError: If the service runs already.
    """
    if not host.root.is_dir():
        raise HostMissingError(f"there is no host folder {host.root}")
    lock = DataFolder.open(_folder(host, service), component=service, version=_VERSION)
    remove_leftovers(host.root)
    return lock


def adopt_running(host: HostFolder) -> None:
    """Write the pid of every service that runs into the service table."""
    table = ServiceTable(host)
    for entry in table.entries().values():
        pid = holder_of(_folder(host, entry.name))
        if pid is not None and pid != entry.pid:
            table.record(entry.name, "running", pid=pid)


def _folder(host: HostFolder, service: str) -> Path:
    return host.config_file.parent.parent / "Running" / service
