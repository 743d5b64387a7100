"""The host's service table: which services are installed and what state they are in.

* ``service_table.json`` at the host root; replaced whole, so a reader never sees half of it.
* Knows names and states; starting and stopping is :mod:`endpoint.services`.

Provenance: the two MCS services are the seed's (MCS-03); the file and the other names are ours.
"""

import json
from dataclasses import asdict, dataclass, replace
from typing import ClassVar, Final, Literal

from endpoint.host import HostFolder
from foundation.durable.files import write_atomic
from foundation.errors import DomainError

MCS_CLIENT: Final = "Sophos MCS Client"
MCS_AGENT: Final = "Sophos MCS Agent"
WEB_CONTROL: Final = "Sophos Web Control"
AUTOUPDATE: Final = "Sophos AutoUpdate Service"

ServiceState = Literal["running", "stopped"]
_VERSION: Final = 1


class ServiceNotInstalledError(DomainError):
    """A name that is not in the host's service table."""

    code: ClassVar[str] = "service_not_installed"
    hint: ClassVar[str] = "run the installer, or see `utmlab endpoint services` for the names"


class ServiceTableDamagedError(DomainError):
    """service_table.json cannot be read."""

    code: ClassVar[str] = "service_table_damaged"
    hint: ClassVar[str] = "install the endpoint again on this host folder"


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """One installed service.

    Attributes:
        name: As Windows would list it.
        state: Wanted and last known state.
        pid: The process, where services are processes.
    """

    name: str
    state: ServiceState = "stopped"
    pid: int | None = None


class ServiceTable:
    """The service table of one host."""

    def __init__(self, host: HostFolder) -> None:
        self._path = host.service_table

    def entries(self) -> dict[str, ServiceEntry]:
        """Name → entry in the order of installation.

        Raises:
            ServiceTableDamagedError: The file is not a service table.
        """
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            document = json.loads(data)
            entries = [ServiceEntry(**fields) for fields in document["services"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ServiceTableDamagedError(f"{self._path} is not a service table") from error
        return {entry.name: entry for entry in entries}

    def install(self, name: str) -> None:
        """Add a service, stopped; one that is there stays as it is."""
        entries = self.entries()
        if name not in entries:
            self._store({**entries, name: ServiceEntry(name)})

    def remove(self, name: str) -> None:
        """Remove a service; a missing one is fine."""
        entries = self.entries()
        if entries.pop(name, None) is not None:
            self._store(entries)

    def record(self, name: str, state: ServiceState, *, pid: int | None = None) -> None:
        """Write down what became of a service.

        Raises:
            ServiceNotInstalledError: No such service on this host.
        """
        entries = self.entries()
        entries[name] = replace(self.entry(name), state=state, pid=pid)
        self._store(entries)

    def entry(self, name: str) -> ServiceEntry:
        """One service.

        Raises:
            ServiceNotInstalledError: No such service on this host.
        """
        entry = self.entries().get(name)
        if entry is None:
            raise ServiceNotInstalledError(f"{name!r} is not installed on {self._path.parent.name}")
        return entry

    def _store(self, entries: dict[str, ServiceEntry]) -> None:
        services = [asdict(entry) for entry in entries.values()]
        document = {"version": _VERSION, "services": services}
        write_atomic(self._path, json.dumps(document, indent=2).encode() + b"\n")
