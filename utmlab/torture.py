"""The story with one process killed on the way, and what must hold afterwards.

- One lab in separate processes serves many kills, one after the other; each goes the part of the
  story that reaches its point, revives what died, waits until all is settled, and looks for damage.
- Polls count from when both the revived process runs and LiveConnect holds the changeset; the time
  that a process takes to start is no poll.
- A page that came back is in eplog.log once; one whose answer was cut off by the kill of its own
  proxy may be missing, and is never there twice.
"""

import asyncio
import contextlib
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Final, cast

import aiohttp

from endpoint.reading import EndpointArchive
from foundation.errors import DomainError
from foundation.net.control import NotRunningError
from foundation.protocol.actions import encode_force_update
from foundation.protocol.names import ALC
from utm.storage import DATABASE
from utmlab.computers import InstallerFailedError, ProcessComputer
from utmlab.demo.configuration import CONFIGURATION
from utmlab.errors import PageUnreachableError
from utmlab.houses import ProcessHouse
from utmlab.integrity import damage
from utmlab.kill_points import Kill, Story
from utmlab.killing import SERVICES, Victim, kill_setup
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.settling import NotSettledError, polls_until_compliant, settle
from utmlab.stack import LIVECONNECT, UTM, Stack

POLL_S: Final = 0.5
MOST_POLLS: Final = 2
PAGES: Final = 3
DYING_S: Final = 120.0
COMPUTER: Final = "PC-01"
EDITED_HOST: Final = "torture.example"
_OTHER_TOKEN: Final = "NobodysToken00017"  # noqa: S105 - nobody's
_BROKEN: Final = (NotRunningError, aiohttp.ClientError, OSError)


class DamagedError(DomainError):
    """A kill cost something that must not be lost, or did something twice."""

    code: ClassVar[str] = "damaged"
    hint: ClassVar[str] = "The lab's folder stays as it was found."


@dataclass(frozen=True, slots=True, kw_only=True)
class Endured:
    """A kill that did no damage.

    Attributes:
        kill: Which.
        polls: How many polls the computer needed until it complied again.
        seconds: From the revived process's first answer until everything was settled.
    """

    kill: Kill
    polls: int
    seconds: float


class Torture:
    """A lab that survives.

    Args:
        folder: Where it lives; emptied at the start.
        poll_s: The poll interval.
    """

    def __init__(self, folder: Path, *, poll_s: float = POLL_S) -> None:
        self.folder = folder
        self._settings = LabSettings(mode="processes", poll_interval_s=poll_s, ports=Ports())
        self.lab = self._make_lab(folder / "lab")
        self._victims: dict[str, Victim] = {}
        self._serial = 0
        self._browsed: list[str] = []
        self._uncertain: list[str] = []
        self._installer = Path()

    async def start(self) -> None:
        """Begin the story: registered, configured, one computer that complies."""
        shutil.rmtree(self.folder, ignore_errors=True)
        await self.lab.start()
        await self.lab.call(UTM, "enable")
        await self.lab.call(UTM, "edit", operations=CONFIGURATION, summary="before the storm")
        self._installer = Path((await self.lab.call(UTM, "deploy_agent"))["file"])
        await self.lab.install(COMPUTER, self._installer)
        await self._settle()

    async def stop(self) -> None:
        """Stop every process."""
        await self.lab.stop()

    async def endure(self, kill: Kill) -> Endured:
        """Kill once and check that nothing came of it.

        Raises:
            NotKilledError: If the process did not die as told.
            NotSettledError: If the lab did not come to rest.
            DamagedError: If something was lost or doubled, or took more than two polls.
        """
        if kill.story is Story.REGISTER:
            return await self._endure_registering(kill)
        if kill.story in {Story.INSTALL, Story.REFUSED_INSTALL}:
            return await self._endure_installing(kill)
        if kill.story is Story.MIDNIGHT:
            await self._leave_yesterdays_logs()
        victim = self._victim(kill.part)
        await self._break(kill, victim)
        began = self.lab.now()
        await victim.revive()
        # A poll of a starting client, or at a starting LiveConnect, is a poll; those that others
        # make while the UTM or the agent starts are not.
        counts_at_once = kill.part in {"client", LIVECONNECT}
        return await self._judge(kill, began if counts_at_once else self.lab.now())

    async def _break(self, kill: Kill, victim: Victim) -> None:
        if kill.after_s is not None:
            await victim.take_over()
            telling = asyncio.create_task(self._tell(kill))
            await asyncio.sleep(kill.after_s)
            await victim.kill()
            await telling
            return
        await victim.arm(kill.point)
        await self._tell(kill)
        await victim.watch_dying(DYING_S)

    async def _tell(self, kill: Kill) -> None:
        """Go the part of the story that the kill interrupts."""
        try:
            if kill.story is Story.EDIT:
                await self._edit()
            elif kill.story is Story.BROWSE:
                await self._browse(kill)
            elif kill.story is Story.ACTION:
                body = encode_force_update()
                identity = self._endpoint_id(COMPUTER)
                await self.lab.call(
                    LIVECONNECT, "send_command", endpoint_id=identity, app_id=ALC, body=body
                )
        except _BROKEN:
            return  # what was killed did not answer

    async def _edit(self) -> None:
        for _ in range(2):
            self._serial += 1
            verb = "policy_block" if self._serial % 2 else "policy_allow"
            done = await self.lab.call(UTM, verb, host=EDITED_HOST)
            if done["changeset"] is not None:
                return

    async def _browse(self, kill: Kill) -> None:
        for _ in range(PAGES):
            self._serial += 1
            url = f"http://pages.example/{self._serial}"
            # A page that comes back just before its proxy dies may have left no trace yet.
            known = self._uncertain if kill.part == "web-control" else self._browsed
            try:
                await self.lab.browse(COMPUTER, url)
            except (PageUnreachableError, aiohttp.ClientError, OSError):
                self._uncertain.append(url)
            else:
                known.append(url)

    async def _endure_installing(self, kill: Kill) -> Endured:
        self._serial += 1
        name = f"PC-{self._serial + 1:05}"
        computer = self._bare_computer(name)
        installer = self._installer
        if kill.story is Story.REFUSED_INSTALL:
            installer = installer.with_name(f"SophosMCSEndpoint_{_OTHER_TOKEN}.exe")
            shutil.copyfile(self._installer, installer)
        if kill.part == "setup":
            await kill_setup(computer, installer, kill.point, kill.after_s)
        else:
            victim = self._victim(kill.part)
            await victim.arm(kill.point)
            with contextlib.suppress(InstallerFailedError):
                await computer.install(installer, products=(), narrate=_in_silence)
            await victim.watch_dying(DYING_S)
            await victim.revive()
        installed = await self.lab.install(name, self._installer)
        endured = await self._judge(kill, self.lab.now(), name)
        await self.lab.call(UTM, "endpoint_remove", endpoint=name)
        await installed.uninstall()
        del self.lab.computers[name]
        await self._settle()
        return endured

    async def _endure_registering(self, kill: Kill) -> Endured:
        self._serial += 1
        lab = self._make_lab(self.folder / f"registering-{self._serial}")
        async with lab:
            victim = Victim(UTM, _process_of(lab, UTM))
            await victim.arm(kill.point)
            with contextlib.suppress(*_BROKEN):
                await lab.call(UTM, "enable")
            await victim.watch_dying(DYING_S)
            await victim.revive()
            began = lab.now()
            await settle(lab.places)
            self._raise_damage(kill, damage(lab.places, browsed=()))
        return Endured(kill=kill, polls=0, seconds=(lab.now() - began).total_seconds())

    async def _leave_yesterdays_logs(self) -> None:
        """Let the UTM have been off since a day long ago, so that its logs have to be rotated."""
        await self._edit()  # so that there is something to rotate
        await self._settle()
        await self.lab.houses[UTM].stop()
        day = f"2020-01-{self._serial % 28 + 1:02}"
        with closing(sqlite3.connect(self.lab.places.utm / DATABASE)) as database, database:
            database.execute("UPDATE log_files SET day = ? WHERE state = 'open'", [day])

    async def _judge(self, kill: Kill, ready_at: datetime, *more: str) -> Endured:
        computers = (COMPUTER, *more)
        found = []
        try:
            await self._settle(*more)
        except NotSettledError as error:
            found = [str(error)]
        settled_at = self.lab.now()
        found += damage(
            self.lab.places,
            browsed=self._browsed,
            uncertain=self._uncertain,
            computers=computers,
        )
        polls = max([await self._polls(name, ready_at) for name in computers])
        if polls > MOST_POLLS:
            found.append(f"compliance took {polls} polls")
        self._raise_damage(kill, found)
        return Endured(kill=kill, polls=polls, seconds=(settled_at - ready_at).total_seconds())

    def _raise_damage(self, kill: Kill, found: list[str]) -> None:
        if found:
            raise DamagedError(f"{kill}: " + "; ".join(found))

    async def _settle(self, *more: str) -> None:
        await settle(self.lab.places, (COMPUTER, *more), self._browsed)

    async def _polls(self, name: str, ready_at: datetime) -> int:
        journal = await self.lab.call(LIVECONNECT, "journal")
        identity = self._endpoint_id(name)
        return polls_until_compliant(self.lab.places, identity, since=ready_at, journal=journal)

    def _endpoint_id(self, name: str) -> str:
        return EndpointArchive(self.lab.places.host(name)).endpoint_id

    def _victim(self, part: str) -> Victim:
        if part not in self._victims:
            self._victims[part] = self._make_victim(part)
        return self._victims[part]

    def _make_victim(self, part: str) -> Victim:
        if part in SERVICES:
            computer = cast("ProcessComputer", self.lab.computer(COMPUTER))
            return Victim.service(computer, part, self.folder / "said" / part)
        return Victim(part, _process_of(self.lab, part))

    def _bare_computer(self, name: str) -> ProcessComputer:
        lab = self.lab
        connect_to = lab.internet.connect_to()
        return ProcessComputer(lab.places.host(name), lab.settings, port=0, connect_to=connect_to)

    def _make_lab(self, folder: Path) -> Stack:
        return Stack(Places(folder, folder / "logs"), self._settings)


def _in_silence(_line: str) -> None:
    """Hear nothing of the installer."""


def _process_of(lab: Stack, house: str) -> ProcessHouse:
    return cast("ProcessHouse", lab.houses[house])
