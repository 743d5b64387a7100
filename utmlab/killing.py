"""Ending one process of a running lab by SIGKILL, and starting it again.

- A victim is a house or one service of a computer; both are a process that says when it is ready.
- It is armed by starting it with `--kill-at POINT`; the point may be reached before it is ready.
- Nothing else counts as killed: another exit code, or a point that is never reached, is an error.
"""

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import ClassVar, Final

from endpoint.service_table import AUTOUPDATE, MCS_AGENT, MCS_CLIENT, WEB_CONTROL, ServiceTable
from foundation.errors import DomainError
from utmlab.computers import ProcessComputer
from utmlab.houses import HouseStartError, ProcessHouse

SERVICES: Final = {
    "client": MCS_CLIENT,
    "agent": MCS_AGENT,
    "web-control": WEB_CONTROL,
    "autoupdate": AUTOUPDATE,
}


class NotKilledError(DomainError):
    """A process that should have ended by SIGKILL lives, or ended otherwise."""

    code: ClassVar[str] = "not_killed"
    hint: ClassVar[str] = "The point lies on no way that the story went, or the process failed."


class Victim:
    """A process that can be armed, watched dying, and revived.

    Args:
        name: What people call it.
        house: The process.
        computer: Whose service it is, if it is one.
    """

    def __init__(
        self, name: str, house: ProcessHouse, computer: ProcessComputer | None = None
    ) -> None:
        self.name = name
        self._house = house
        self._computer = computer

    @classmethod
    def service(cls, computer: ProcessComputer, word: str, notes: Path) -> "Victim":
        """Return a service of a computer; what it says to nobody goes into `notes`."""
        arguments = [word, "--host", str(computer.host.root), *computer.arguments[SERVICES[word]]]
        house = ProcessHouse("endpoint", notes, lambda: arguments)
        return cls(f"{computer.name} {word}", house, computer)

    async def arm(self, point: str) -> bool:
        """Start it anew with a fatal point; return whether it became ready.

        Raises:
            NotKilledError: If it ended, but not at the point.
        """
        await self._stop()
        try:
            await self._start("--kill-at", point)
        except HouseStartError as error:
            if await self._house.wait_ended() != -signal.SIGKILL:
                raise NotKilledError(f"{self.name} failed before {point}: {error}") from error
            return False
        return True

    async def take_over(self) -> None:
        """Make it a child of this process, so that its end can be watched."""
        if not self._house.is_running:
            await self._stop()
            await self._start()

    async def kill(self) -> None:
        """End it at this moment."""
        await self._house.kill()

    async def watch_dying(self, within_s: float) -> None:
        """Wait until it has ended by SIGKILL.

        Raises:
            NotKilledError: If it has not in time, or ended otherwise.
        """
        try:
            async with asyncio.timeout(within_s):
                ended = await self._house.wait_ended()
        except TimeoutError:
            raise NotKilledError(f"{self.name} lives after {within_s:g} s") from None
        if ended != -signal.SIGKILL:
            raise NotKilledError(f"{self.name} ended with {ended}, not by SIGKILL")

    async def revive(self) -> None:
        """Start it as it was; on return it answers."""
        await self._start()

    async def _start(self, *more: str) -> None:
        await self._house.start(*more)
        self._note_pid()

    async def _stop(self) -> None:
        await self._house.stop()
        if self._computer is not None:  # it may run as a child of somebody else
            await self._computer.services.stop(SERVICES[self._word])

    @property
    def _word(self) -> str:
        return self.name.rpartition(" ")[2]

    def _note_pid(self) -> None:
        if self._computer is not None and self._house.is_running:
            table = ServiceTable(self._computer.host)
            table.record(SERVICES[self._word], "running", pid=self._house.pid)


async def kill_setup(
    computer: ProcessComputer, installer: Path, point: str, after_s: float | None = None
) -> None:
    """Run an installer that is killed; the services that it started live on.

    Args:
        computer: Where.
        installer: Which.
        point: The point at which it ends.
        after_s: The moment at which it is ended instead; it may be too late by then.

    Raises:
        NotKilledError: If it ends otherwise.
    """
    at_point = ("--kill-at", point) if after_s is None else ()
    process = await asyncio.create_subprocess_exec(
        *computer.installer_command(installer),
        *at_point,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    if after_s is not None:
        await asyncio.sleep(after_s)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    _, said = await process.communicate()
    if process.returncode != -signal.SIGKILL and after_s is None:
        words = said.decode(errors="replace")[-500:].strip()
        raise NotKilledError(f"setup ended with {process.returncode}, not at {point}: {words}")
