"""Starting and stopping an endpoint's services, as tasks or as processes.

* Whoever installs and repairs an endpoint talks to :class:`ServiceControl` and does not know which.
* The service table says what is installed; only what is installed can be started.
* Starting what runs and stopping what does not are not errors.
* A service process outlives the installer that started it; its pid is in the service table.

Provenance: ours.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, Final, Protocol

from endpoint.host import HostFolder
from endpoint.service_table import AUTOUPDATE, MCS_AGENT, MCS_CLIENT, WEB_CONTROL, ServiceTable
from foundation.errors import DomainError
from foundation.service import Service

_COMMANDS: Final = {
    MCS_CLIENT: "client",
    MCS_AGENT: "agent",
    WEB_CONTROL: "web-control",
    AUTOUPDATE: "autoupdate",
}
_STOP_TIMEOUT_S: Final = 10.0
_STOP_CHECK_S: Final = 0.05


class ServiceWithoutProgramError(DomainError):
    """An installed service that nothing here can run."""

    code: ClassVar[str] = "service_without_program"
    hint: ClassVar[str] = "install the endpoint again with this version of utmlab"


class ServiceControl(Protocol):
    """What the installer and the CLI can do to a host's services."""

    async def start(self, name: str) -> None:
        """Start an installed service; a running one is left alone."""

    async def stop(self, name: str) -> None:
        """Stop a service; returns when it has stopped."""

    async def is_running(self, name: str) -> bool:
        """Whether the service runs now."""


class TaskServices:
    """Services in this process.

    Args:
        factories: Service name → how to make it; made anew at every start, as a process would be.
        table: The host's service table; without one, whatever has a factory counts as installed.
    """

    def __init__(
        self,
        factories: Mapping[str, Callable[[], Service]],
        *,
        table: ServiceTable | None = None,
    ) -> None:
        self._table = table
        self._factories = dict(factories)
        self._running: dict[str, Service] = {}

    def running(self, name: str) -> Service | None:
        """The live object of a running service."""
        return self._running.get(name)

    async def start(self, name: str) -> None:
        """Start an installed service; a running one is left alone.

        Raises:
            ServiceNotInstalledError: Not in the host's service table.
            ServiceWithoutProgramError: Installed, but nothing here makes it.
        """
        if self._table is not None:
            self._table.entry(name)
        if name in self._running:
            return
        factory = self._factories.get(name)
        if factory is None:
            raise ServiceWithoutProgramError(f"no program is known for {name!r}")
        service = factory()
        # Entered before the wait, so that a second start does not make a second one.
        self._running[name] = service
        try:
            await service.start()
        except BaseException:
            del self._running[name]
            raise
        if self._table is not None:
            self._table.record(name, "running")

    async def stop(self, name: str) -> None:
        """Stop a service; returns when it has stopped."""
        service = self._running.pop(name, None)
        if service is not None:
            await service.stop()
        if self._table is not None and name in self._table.entries():
            self._table.record(name, "stopped")

    async def is_running(self, name: str) -> bool:
        """Whether the service runs now."""
        return name in self._running

    async def stop_all(self) -> None:
        """Stop everything, last started first; the table keeps what was wanted."""
        for name in reversed(list(self._running)):
            await self._running.pop(name).stop()


class ProcessServices:
    """Services as ``python -m endpoint client|agent|web-control|autoupdate --host DIR``.

    Args:
        host: The machine.
        arguments: Further command-line arguments per service name.
    """

    def __init__(
        self, host: HostFolder, *, arguments: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self._host = host
        self._table = ServiceTable(host)
        self._arguments = dict(arguments or {})
        self._children: dict[int, asyncio.subprocess.Process] = {}

    async def start(self, name: str) -> None:
        """Start an installed service; a running one is left alone.

        Raises:
            ServiceNotInstalledError: Not in the host's service table.
            ServiceWithoutProgramError: Installed, but nothing here runs it.
        """
        self._table.entry(name)
        if await self.is_running(name):
            return
        command = _COMMANDS.get(name)
        if command is None:
            raise ServiceWithoutProgramError(f"no program is known for {name!r}")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "endpoint", command, "--host", str(self._host.root)),
            *self._arguments.get(name, ()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C meant for the installer is not for the service
        )
        self._children[process.pid] = process
        self._table.record(name, "running", pid=process.pid)

    async def stop(self, name: str) -> None:
        """SIGTERM, and SIGKILL when that is not enough; returns when the process is gone.

        Raises:
            ServiceNotInstalledError: Not in the host's service table.
        """
        pid = self._table.entry(name).pid
        if pid is not None and self._is_ours(pid, name):
            _signal(pid, signal.SIGTERM)
            try:
                async with asyncio.timeout(_STOP_TIMEOUT_S):
                    await self._wait_gone(pid, name)
            except TimeoutError:
                _signal(pid, signal.SIGKILL)
                await self._wait_gone(pid, name)
        self._table.record(name, "stopped")

    async def is_running(self, name: str) -> bool:
        """Whether the recorded process runs and is this service."""
        entry = self._table.entries().get(name)
        return entry is not None and entry.pid is not None and self._is_ours(entry.pid, name)

    async def _wait_gone(self, pid: int, name: str) -> None:
        child = self._children.pop(pid, None)
        if child is not None:
            await child.wait()
        while self._is_ours(pid, name):  # noqa: ASYNC110 - somebody else's process has no event
            await asyncio.sleep(_STOP_CHECK_S)

    def _is_ours(self, pid: int, name: str) -> bool:
        child = self._children.get(pid)
        if child is not None:
            return child.returncode is None
        return _runs(pid, self._host.root, _COMMANDS.get(name, ""))


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _runs(pid: int, root: Path, command: str) -> bool:
    """Whether a pid is this host's service: a number alone may belong to somebody else by now."""
    proc = Path("/proc")
    if not (proc / "self").exists():  # macOS: the pid has to do
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True
    try:
        words = (proc / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(root) in words and command.encode() in words
