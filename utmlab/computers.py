"""The computers of a lab: host folders with their services, as tasks or as processes.

- Both kinds work on the same folder, and one can go on with what the other installed.
- As processes, the installer itself is run, as a person would, and the services outlive it.
"""

import asyncio
import contextlib
import json
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Protocol
from urllib.parse import urlsplit

from endpoint.app import Endpoint
from endpoint.bells import file_bells
from endpoint.composition import EndpointOptions
from endpoint.host import HostFolder
from endpoint.mcs_client.options import McsClientOptions
from endpoint.products import InstalledProducts, Product
from endpoint.service_table import AUTOUPDATE, MCS_AGENT, MCS_CLIENT, WEB_CONTROL, ServiceTable
from endpoint.services import ProcessServices
from endpoint.setup.removal import remove_installation
from endpoint.web_control.listening import proxy_url_of
from endpoint.web_control.options import WebControlOptions
from foundation.durable.files import write_atomic
from foundation.errors import DomainError
from foundation.service import Now
from foundation.webfilter.destinations import ConnectTo
from foundation.webfilter.engine_shelf import EngineShelf
from utmlab.settings import LabSettings

PROMPT_EVENTS_S = 0.0
"""A lab that polls faster than the real thing does not wait for more events either."""


PROXY_TIMEOUT_S = 120.0
PROXY_LOOK_S = 0.05


class ProxyNotReadyError(DomainError):
    """Web Control's process runs and takes no connection."""

    code: ClassVar[str] = "proxy_not_ready"
    hint: ClassVar[str] = "WebControl.log of the computer says why."


class InstallerFailedError(DomainError):
    """The installer's process ended with an exit code other than 0."""

    code: ClassVar[str] = "installer_failed"
    hint: ClassVar[str] = "`--help` of the installer lists its exit codes."

    def __init__(self, exit_code: int, said: str) -> None:
        super().__init__(f"the installer ended with exit code {exit_code}: {said}")
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Scanning:
    """What looking into HTTPS needs.

    Attributes:
        authority: The folder of the CA that clients trust.
        site_ca: The file with the CA of the lab's own internet.
    """

    authority: Path
    site_ca: Path


class Computer(Protocol):
    """One computer of a lab."""

    @property
    def name(self) -> str:
        """Its name, also that of its folder."""

    @property
    def host(self) -> HostFolder:
        """Its disk."""

    @property
    def proxy_url(self) -> str:
        """Where its Web Control listens."""

    async def install(
        self, installer: Path, *, products: tuple[str, ...], narrate: Callable[[str], None]
    ) -> None:
        """Run an installer on it."""

    async def start(self) -> None:
        """Start the services that its service table wants."""

    async def stop(self) -> None:
        """Stop its services; the table keeps what it wants."""

    async def uninstall(self) -> None:
        """Take the installation away."""

    async def notice_network(self) -> None:
        """Have Web Control look at once where the computer is now."""


class TaskComputer:
    """A computer whose services are tasks of this process."""

    def __init__(
        self,
        folder: Path,
        settings: LabSettings,
        *,
        port: int,
        connect_to: ConnectTo,
        scanning: Scanning,
        now: Now,
        rng: random.Random,
        engines: EngineShelf,
        before_spooling: Callable[[], None],
    ) -> None:
        client = McsClientOptions()
        if settings.poll_interval_s is not None:
            client = replace(
                client, poll_interval_s=settings.poll_interval_s, events_delay_s=PROMPT_EVENTS_S
            )
        refused = settings.management_ports
        web_control = WebControlOptions(
            port=port,
            connect_to=connect_to,
            refuse_ports=lambda: refused,
            scanning_ca=scanning.authority,
            site_ca=scanning.site_ca,
            engines=engines,
        )
        options = EndpointOptions(
            client=client, web_control=web_control, before_spooling=before_spooling
        )
        self.endpoint = Endpoint(folder, options=options, now=now, rng=rng)

    @property
    def name(self) -> str:
        """Its name, also that of its folder."""
        return self.endpoint.name

    @property
    def host(self) -> HostFolder:
        """Its disk."""
        return self.endpoint.host

    @property
    def proxy_url(self) -> str:
        """Where its Web Control listens."""
        return self.endpoint.proxy_url

    async def install(
        self, installer: Path, *, products: tuple[str, ...], narrate: Callable[[str], None]
    ) -> None:
        """Run an installer on it.

        Raises:
            SetupStoppedError: If setup stops; the error has the exit code.
        """
        there = tuple(Product(name=name) for name in products)
        await self.endpoint.install(installer, products=there, narrate=narrate)

    async def start(self) -> None:
        """Start the services that its service table wants."""
        await self.endpoint.start()

    async def stop(self) -> None:
        """Stop its services; the table keeps what it wants."""
        await self.endpoint.stop()

    async def uninstall(self) -> None:
        """Take the installation away."""
        await self.endpoint.uninstall()

    async def notice_network(self) -> None:
        """Have Web Control look at once where the computer is now."""
        web_control = self.endpoint.services.running(WEB_CONTROL)
        if web_control is not None:
            await web_control.load()


class ProcessComputer:
    """A computer whose services are processes of their own."""

    def __init__(
        self,
        folder: Path,
        settings: LabSettings,
        *,
        port: int,
        connect_to: ConnectTo,
        faults: Path | None = None,
        scanning: Scanning | None = None,
    ) -> None:
        self.host = HostFolder(folder)
        self._connect_to = connect_to
        self._map_file = folder.parent / f"{folder.name}.connect-to.json"
        poll: tuple[str, ...] = ()
        if settings.poll_interval_s is not None:
            poll = ("--poll", str(settings.poll_interval_s), "--events-delay", "0")
        ports = ",".join(str(one) for one in sorted(settings.management_ports))
        web_control = ["--proxy-port", str(port), "--connect-to", str(self._map_file)]
        if scanning is not None:
            web_control += ["--scanning-ca", str(scanning.authority)]
            web_control += ["--site-ca", str(scanning.site_ca)]
        told = () if faults is None else ("--faults", str(faults))
        self.arguments: Mapping[str, tuple[str, ...]] = {
            MCS_CLIENT: (*poll, *told),
            MCS_AGENT: told,
            AUTOUPDATE: told,
            WEB_CONTROL: (*web_control, "--refuse-ports", ports, *told),
        }
        self.services = ProcessServices(self.host, arguments=self.arguments)

    @property
    def name(self) -> str:
        """Its name, also that of its folder."""
        return self.host.name

    @property
    def proxy_url(self) -> str:
        """Where its Web Control listens."""
        return proxy_url_of(self.host)

    async def install(
        self, installer: Path, *, products: tuple[str, ...], narrate: Callable[[str], None]
    ) -> None:
        """Run an installer on it, as its own process.

        Raises:
            InstallerFailedError: If it ends with an exit code other than 0.
        """
        for product in products:
            InstalledProducts(self.host).add(Product(name=product))
        process = await asyncio.create_subprocess_exec(
            *self.installer_command(installer),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        for line in said.decode(errors="replace").splitlines():
            narrate(line)
        if process.returncode:
            raise InstallerFailedError(process.returncode, said.decode(errors="replace")[-500:])
        await self._wait_for_proxy()

    def installer_command(self, installer: Path) -> list[str]:
        """Return the command line that runs an installer on it."""
        self._write_map()
        arguments = ["--host", str(self.host.root)]
        for service, given in self.arguments.items():
            if given:
                arguments += ["--service-arguments", json.dumps({service: list(given)})]
        return [sys.executable, str(installer), *arguments]

    async def start(self) -> None:
        """Start the services that its service table wants."""
        self._write_map()
        for entry in ServiceTable(self.host).entries().values():
            if entry.state == "running" and entry.name in self.arguments:
                await self.services.start(entry.name)
        if await self.services.is_running(WEB_CONTROL):
            await self._wait_for_proxy()

    async def stop(self) -> None:
        """Stop its services; the table keeps what it wants."""
        table = ServiceTable(self.host)
        for entry in reversed(table.entries().values()):
            if entry.state == "running" and entry.name in self.arguments:
                await self.services.stop(entry.name)
                table.record(entry.name, "running")

    async def uninstall(self) -> None:
        """Take the installation away."""
        await remove_installation(self.host, self.services)

    async def notice_network(self) -> None:
        """Have Web Control look at once where the computer is now."""
        file_bells(self.host).web_control.ring()

    async def _wait_for_proxy(self) -> None:
        """Return when a browser can use the computer.

        Raises:
            ProxyNotReadyError: If Web Control stays silent.
        """
        try:
            async with asyncio.timeout(PROXY_TIMEOUT_S):
                while not await _answers(self.proxy_url):  # noqa: ASYNC110 - another process
                    await asyncio.sleep(PROXY_LOOK_S)
        except TimeoutError:
            raise ProxyNotReadyError(f"Web Control of {self.name} does not answer") from None

    def _write_map(self) -> None:
        write_connect_to(self._map_file, self._connect_to)


def write_connect_to(path: Path, connect_to: ConnectTo) -> None:
    """Store a map of host patterns for a process."""
    content = {pattern: list(address) for pattern, address in connect_to.items()}
    write_atomic(path, json.dumps(content).encode())


async def _answers(proxy_url: str) -> bool:
    address = urlsplit(proxy_url)
    if not address.port:
        return False
    try:
        _, writer = await asyncio.open_connection(address.hostname, address.port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
