"""The lab as one object: LiveConnect, a UTM and computers, run together.

- `mode="tasks"` runs them in this process, `mode="processes"` each on its own; the services, the
  wire between them and the files are the same.
- Starting again goes on from the stored state: ports, identities, changesets, endpoints.
- A house can be stopped and started alone, to see what the others do meanwhile.

Example:
    async with Stack(Places.of(tmp_path)) as lab:
        await lab.call("utm", "enable")
        await lab.install("PC-01")
        done = await lab.call("utm", "policy_block", host="games.example")
        await lab.wait_compliant(done["changeset"])
"""

import random
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from endpoint.host import HostFolder
from endpoint.network import Network
from endpoint.service_table import ServiceTable
from foundation.durable.folder import DataFolder
from foundation.operations_log import OperationsLog
from foundation.service import Now, utc_now
from foundation.webfilter.authority import stored_authority
from foundation.webfilter.engine_shelf import EngineShelf
from liveconnect.config import LiveConnectConfig
from utmlab.browsing import Page, browse
from utmlab.clock import VirtualClock
from utmlab.compliance import wait_compliant
from utmlab.computers import (
    Computer,
    ProcessComputer,
    Scanning,
    TaskComputer,
)
from utmlab.errors import (
    ComputerExistsError,
    NoSuchComputerError,
    NotAWebAddressError,
    PageUnreachableError,
)
from utmlab.faults import LabFaults
from utmlab.held_ports import HeldPorts
from utmlab.house_maker import HOUSES, LIVECONNECT, UTM, HouseMaker
from utmlab.internet import LabInternet
from utmlab.lab_clock import LabClock, check_virtual
from utmlab.office import at_the_office, checked_location, plug_in, unplug
from utmlab.places import Places
from utmlab.settings import (
    FIRST_PROXY_PORT,
    USUAL_PORTS,
    LabSettings,
    check_open_files,
    recalled,
    remember,
)
from utmlab.snapshot import Snapshots, recover

FORMAT_VERSION = 1
__all__ = ["HOUSES", "LIVECONNECT", "UTM", "Stack"]


def _in_silence(_line: str) -> None:
    """Hear nothing of the installer."""


class Stack:
    """A lab on one data folder.

    Args:
        places: Where it keeps its things.
        settings: How it runs; ports of a lab that is already there are kept.
        now: The clock.
        rng: Randomness for pauses.
        clock: A virtual clock, which then is `now` too.

    Raises:
        VirtualTimeNeedsTasksError: If the settings do not allow virtual time.
    """

    def __init__(
        self,
        places: Places,
        settings: LabSettings | None = None,
        *,
        now: Now = utc_now,
        rng: random.Random | None = None,
        clock: VirtualClock | None = None,
    ) -> None:
        now = clock.now if clock is not None else now
        recover(places)
        self.places = places
        self.clock = LabClock(places.clock, now, clock)
        self.snapshots = Snapshots(self)
        self._held_ports = HeldPorts()
        weakref.finalize(self, self._held_ports.release)  # also of a lab that is never started
        wanted = recalled(places.settings, settings or LabSettings())
        if clock is not None:
            check_virtual(wanted)
        self.settings: LabSettings = wanted.with_free_ports(self._held_ports)
        self.now = now
        self._rng = rng or random.Random()
        self._folder: DataFolder | None = None
        self.operations = OperationsLog(places.operations_logs["lab"], now=now)
        self.internet = LabInternet(places.data / "internet", now=now)
        self._scanning = Scanning(places.scanning_ca, self.internet.ca_file)
        self._engines = EngineShelf()
        self.faults = LabFaults(self)
        self.computers: dict[str, Computer] = {}
        self.houses = HouseMaker(
            places,
            self.settings,
            internet=self.internet,
            scanning=self._scanning,
            now_of=lambda house: self.faults.clock_of(house, now),
            rng=self._rng,
        ).houses()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def liveconnect_ca(self) -> Path:
        """The certificate of LiveConnect's CA."""
        return LiveConnectConfig(data=self.places.liveconnect).ca_file

    async def start(self) -> None:
        """Start LiveConnect, the UTM, and the computers that are installed.

        Raises:
            DataFolderInUseError: If another process works on the data folder.
            PortInUseError: If a port is taken.
            TooManyEndpointsError: If open files do not suffice.
        """
        check_open_files(len(self._installed_names()))
        self._folder = DataFolder.open(self.places.data, component="lab", version=FORMAT_VERSION)
        self.operations.open()
        try:
            self.faults.begin()
            await self.stand_up()
            computers = len(self.computers)
            self.operations.record("started", mode=self.settings.mode, computers=computers)
        except BaseException:
            await self.stop()
            raise

    async def stand_up(self) -> None:
        """Start everything from what is stored now; the data folder is held already."""
        await self.internet.start()
        stored_authority(self._scanning.authority, self.now)  # one for all, made by nobody else
        for house in self.houses.values():
            await house.start()
        # Only now: a new lab that found its ports taken may try others.
        remember(self.places.settings, self.settings)
        names = self._installed_names()
        await self._plug_in_again(names)
        for name in names:
            await self.add_computer(name).start()

    async def stop(self) -> None:
        """Stop everything, computers first."""
        async with AsyncExitStack() as last_first:  # one that fails to stop holds up nobody
            last_first.callback(self._give_folder_back)
            last_first.callback(self._held_ports.release)
            last_first.push_async_callback(self.stand_down)

    async def stand_down(self) -> None:
        """Stop everything, computers first, and keep the data folder."""
        async with AsyncExitStack() as last_first:
            last_first.callback(self.computers.clear)
            last_first.push_async_callback(self.internet.stop)
            for house in self.houses.values():
                last_first.push_async_callback(house.stop)
            for computer in self.computers.values():
                last_first.push_async_callback(computer.stop)

    async def call(self, house: str, verb: str, **arguments: Any) -> Any:
        """Call a verb of a house.

        Raises:
            NotRunningError: If the house is stopped.
            DomainError: As the verb refuses.
        """
        return await self.houses[house].call(verb, **arguments)

    async def install(
        self,
        name: str,
        installer: Path | None = None,
        *,
        products: tuple[str, ...] = (),
        narrate: Callable[[str], None] = _in_silence,
    ) -> Computer:
        """Run the installer on a new computer; its services run afterwards.

        Args:
            name: The computer's name, also that of its host folder.
            installer: The file of Deploy Agent; by default it is fetched from the UTM.
            products: Software that is already there (Add/Remove Programs).
            narrate: Receives what the installer says.

        Raises:
            ComputerExistsError: If a computer of that name is installed.
            SetupStoppedError: If the installation stops; it names the exit code.
        """
        if name in self.computers:
            raise ComputerExistsError(f"there is a computer {name} already")
        check_open_files(len(self.computers) + 1)
        if installer is None:
            installer = Path((await self.call(UTM, "deploy_agent"))["file"])
        computer = self.add_computer(name)
        try:
            await computer.install(installer, products=products, narrate=narrate)
        except BaseException:
            await computer.stop()
            del self.computers[name]
            raise
        self.operations.record("installed", computer=name)
        return computer

    def computer(self, name: str) -> Computer:
        """Return a computer.

        Raises:
            NoSuchComputerError: If there is none of that name.
        """
        if name not in self.computers:
            raise NoSuchComputerError(f"there is no computer {name!r}")
        return self.computers[name]

    async def browse(
        self,
        name: str,
        url: str,
        *,
        proceed: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        """Fetch a page as the person at a computer does, through its Web Control.

        Args:
            name: The computer.
            url: What to fetch.
            proceed: Go past a warning.
            headers: Further request headers.

        Raises:
            NoSuchComputerError: If there is none of that name.
            NotAWebAddressError: If the URL is not of http or https.
            PageUnreachableError: If it has no Web Control, or that cannot be reached.
        """
        proxy_url = self.computer(name).proxy_url
        if not proxy_url:
            # Without a proxy the page would be fetched past every policy.
            raise PageUnreachableError(f"{name} has no Web Control that could fetch {url}")
        try:
            return await browse(proxy_url, url, proceed=proceed, headers=headers)
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            raise NotAWebAddressError(f"{url!r} is no address of the web") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise PageUnreachableError(f"{name} cannot fetch {url}: {reason}") from error

    async def move(self, name: str, location: str) -> Network:
        """Take a computer to the office, behind the UTM, or out of it.

        Args:
            name: The computer.
            location: `office` or `roaming`.

        Raises:
            NoSuchComputerError: If there is none of that name.
            UnknownLocationError: If there is no such location.
            NotRunningError: If the UTM, which the office is behind, is stopped.
        """
        computer, wanted = self.computer(name), checked_location(location)
        if wanted == "office":
            gateway = await self.call(UTM, "web_filter")
            network = plug_in(self.places, computer.host, gateway)
        else:
            network = unplug(computer.host)
        await computer.notice_network()
        return network

    async def wait_compliant(
        self,
        changeset: int | None = None,
        *,
        endpoint: str | None = None,
        group: str | None = None,
        timeout_s: float = 60.0,
        polls: int | None = None,
    ) -> None:
        """Wait until endpoints comply with a changeset, the newest by default.

        Args:
            changeset: Its number.
            endpoint: One computer's name; all by default.
            group: Only the members of an endpoint group.
            timeout_s: How long to wait at most.
            polls: How many polls each may make meanwhile; computers that are tasks are counted.

        Raises:
            NotCompliantError: If they do not in time; it names endpoint, hop and last log lines.
        """
        await wait_compliant(
            self, changeset, endpoint=endpoint, group=group, timeout_s=timeout_s, polls=polls
        )

    async def _plug_in_again(self, names: Sequence[str]) -> None:
        """Tell the computers at the office where the gateway is this time."""
        hosts = at_the_office(HostFolder(self.places.host(name)) for name in names)
        if hosts:
            gateway = await self.call(UTM, "web_filter")
            for host in hosts:
                plug_in(self.places, host, gateway)

    def _give_folder_back(self) -> None:
        if self._folder is not None:
            self.clock.store()
            self.operations.record("stopped")
            self.operations.close()
            self._folder.close()
            self._folder = None

    def _installed_names(self) -> list[str]:
        return [name for name in self.places.host_names() if self._is_installed(name)]

    def _is_installed(self, name: str) -> bool:
        """Whether setup left services there; a refused installation leaves only its log."""
        return bool(ServiceTable(HostFolder(self.places.host(name))).entries())

    def add_computer(self, name: str) -> Computer:
        """Take a host folder into the lab, one that is there or a new one; nothing is started."""
        folder, connect_to = self.places.host(name), self.internet.connect_to()
        port = self._proxy_port(folder)
        computer: Computer
        if self.settings.mode == "processes":
            computer = ProcessComputer(
                folder,
                self.settings,
                port=port,
                connect_to=connect_to,
                faults=self.places.faults,
                scanning=self._scanning,
            )
        else:
            rng = random.Random(self._rng.random())
            computer = TaskComputer(
                folder,
                self.settings,
                port=port,
                connect_to=connect_to,
                scanning=self._scanning,
                now=self.faults.clock_of(name, self.now),
                rng=rng,
                engines=self._engines,
                before_spooling=self.faults.spool_of(name),
            )
        self.places.link_host_logs(name, computer.host.logs)
        self.computers[name] = computer
        return computer

    def _proxy_port(self, folder: Path) -> int:
        """Return the port of a new computer; one that was installed before keeps its own."""
        if folder.exists() or self.settings.ports != USUAL_PORTS:
            return 0
        return FIRST_PROXY_PORT + len(self.computers)
