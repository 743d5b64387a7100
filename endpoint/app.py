"""One endpoint in this process: a host folder and the services that setup installed on it.

- What runs after `start` is what the service table says should run; a new folder has nothing.
- `stop` ends the services and keeps the table, so that the next `start` goes on.

Example:
    endpoint = Endpoint(Path("hosts/laptop"))
    await endpoint.install(Path("SophosMCSEndpoint_FIHHKTHE8O9YTc9c9.exe"))
    endpoint.proxy_url
"""

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar, NoReturn

from endpoint.bells import event_bells
from endpoint.composition import Composition, EndpointOptions
from endpoint.host import HostFolder, Layout
from endpoint.mcs_agent.agent import McsAgent
from endpoint.mcs_client.client import McsClient
from endpoint.products import InstalledProducts, Product
from endpoint.service_table import MCS_AGENT, MCS_CLIENT, WEB_CONTROL, ServiceTable
from endpoint.services import TaskServices
from endpoint.setup.archive import Broker, read_broker
from endpoint.setup.installer_name import token_of
from endpoint.setup.removal import remove_installation
from endpoint.setup.setup import Setup
from endpoint.web_control.listening import proxy_url_of
from endpoint.web_control.service import WebControl
from foundation.checkpoints import NO_CHECKPOINTS, Checkpoints
from foundation.errors import DomainError
from foundation.redact import Secret
from foundation.service import Now, Service, utc_now


class PartNotRunningError(DomainError):
    """A part of the endpoint that does not run now."""

    code: ClassVar[str] = "part_not_running"
    hint: ClassVar[str] = "install the endpoint, or start it"


class Endpoint(Service):
    """One endpoint.

    Args:
        folder: Its host folder; the folder's name is the computer's.
        options: See there.
        layout: How the product's folders are spelled.
        now: The present.
        rng: Spreads pauses.
        checkpoints: Where a test may end the process.
    """

    def __init__(
        self,
        folder: Path,
        *,
        options: EndpointOptions | None = None,
        layout: Layout = "seed",
        now: Now = utc_now,
        rng: random.Random | None = None,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
    ) -> None:
        self.host = HostFolder(folder, layout=layout)
        self._bells = event_bells()
        self._composition = Composition(
            self.host,
            bells=self._bells,
            options=options,
            now=now,
            rng=rng,
            checkpoints=checkpoints,
        )
        self.services = TaskServices(self._composition.factories, table=ServiceTable(self.host))

    @property
    def name(self) -> str:
        """The computer's name."""
        return self.host.name

    @property
    def is_installed(self) -> bool:
        """Whether there are services on the host."""
        return bool(ServiceTable(self.host).entries())

    @property
    def proxy_url(self) -> str:
        """Web Control's address; the one it had when it last ran, empty if it never did."""
        return proxy_url_of(self.host)

    @property
    def mcs_client(self) -> McsClient:
        """The running MCS Client.

        Raises:
            PartNotRunningError: If it does not run.
        """
        part = self.services.running(MCS_CLIENT)
        return part if isinstance(part, McsClient) else self._not_running(MCS_CLIENT)

    @property
    def agent(self) -> McsAgent:
        """The running MCS Agent.

        Raises:
            PartNotRunningError: If it does not run.
        """
        part = self.services.running(MCS_AGENT)
        return part if isinstance(part, McsAgent) else self._not_running(MCS_AGENT)

    @property
    def web_control(self) -> WebControl:
        """The running Web Control.

        Raises:
            PartNotRunningError: If it does not run.
        """
        part = self.services.running(WEB_CONTROL)
        return part if isinstance(part, WebControl) else self._not_running(WEB_CONTROL)

    async def install(
        self,
        installer: Path,
        *,
        products: Iterable[Product] = (),
        narrate: Callable[[str], None] | None = None,
    ) -> None:
        """Run the installer on this computer; its services run afterwards.

        Args:
            installer: The file of Deploy Agent; its name carries the token.
            products: Software that is on the computer already.
            narrate: Receives what setup says.

        Raises:
            InstallerNameMalformedError: If the file's name carries no token.
            InstallerIncompleteError: If the file is no installer.
            SetupStoppedError: If setup stops; the error has the exit code.
        """
        token, broker = token_of(installer.name), read_broker(installer)
        await self.install_with(token, broker, products=products, narrate=narrate)

    async def install_with(
        self,
        token: Secret,
        broker: Broker,
        *,
        products: Iterable[Product] = (),
        narrate: Callable[[str], None] | None = None,
    ) -> None:
        """Install without an installer file.

        Raises:
            SetupStoppedError: If setup stops; the error has the exit code.
        """
        for product in products:
            InstalledProducts(self.host).add(product)
        await Setup(self._composition.bench(token, broker, self.services, narrate)).run()

    async def uninstall(self) -> None:
        """Take everything that setup installed away; LiveConnect is not told."""
        await remove_installation(self.host, self.services)

    async def start(self) -> None:
        """Start what should run."""
        for entry in ServiceTable(self.host).entries().values():
            if entry.state == "running":
                await self.services.start(entry.name)

    async def stop(self) -> None:
        """Stop everything; the service table keeps what should run."""
        await self.services.stop_all()

    async def quiesce(self) -> None:
        """Bring every service to rest."""
        for service in self._running():
            await service.quiesce()

    async def load(self) -> None:
        """Let every service read its folder again."""
        for service in self._running():
            await service.load()

    def look_again(self) -> None:
        """Wake everybody who waits for something new in the folder, which was replaced."""
        for bell in (self._bells.persist, self._bells.spool, self._bells.web_control):
            bell.ring()

    def _running(self) -> list[Service]:
        services = (self.services.running(name) for name in self._composition.factories)
        return [service for service in services if service is not None]

    def _not_running(self, name: str) -> NoReturn:
        raise PartNotRunningError(f"{name} does not run on {self.name}")
