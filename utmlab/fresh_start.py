"""One lab for many tests: brought back to the same state before each, its sockets open.

- The UTM goes first: a computer that is back sooner would be given the newer policy once more.
- What a test left behind goes too: faults, stopped services, computers that it installed.
- What cannot be brought back in place, such as an endpoint that was removed for good, is loaded
  from the snapshot: a second instead of a moment.

Provenance: ours.
"""

import asyncio
import contextlib
import shutil
from typing import ClassVar, Final

from foundation.errors import DomainError
from utmlab.house_maker import LIVECONNECT, UTM
from utmlab.stack import Stack

SNAPSHOT: Final = "fresh"
LOOK_S: Final = 0.01
PATIENCE_S: Final = 60.0
POLLS: Final = 10
"""A computer that does not comply after so many does not by itself."""


class NotInPlaceError(DomainError):
    """A state that only the whole snapshot brings back."""

    code: ClassVar[str] = "not_in_place"


class FreshStart:
    """The state that a running lab is brought back to.

    Args:
        lab: The lab, whose houses and computers are tasks.
    """

    def __init__(self, lab: Stack) -> None:
        self._lab = lab
        self._computers: tuple[str, ...] = ()
        self._epoch = 0
        self._endpoints: set[str] = set()

    async def keep(self) -> None:
        """Keep the state as it is now."""
        await self._lab.snapshots.save(SNAPSHOT)
        self._computers = tuple(self._lab.computers)
        newest = await self._lab.call(UTM, "changeset")
        self._epoch = newest["epoch"] if newest else 0
        self._endpoints = await self._known()

    async def come_back(self) -> None:
        """Bring the lab back to the state that was kept; every computer complies.

        Raises:
            NotCompliantError: If not even loading the snapshot brings that about.
        """
        try:
            await self._come_back_in_place()
        except (DomainError, TimeoutError):
            await self._lab.snapshots.load(SNAPSHOT)
            await self._lab.wait_compliant()

    async def _come_back_in_place(self) -> None:
        lab = self._lab
        for house in lab.houses.values():
            await house.start()
        await lab.faults.clear()
        if not self._endpoints <= await self._known():
            raise NotInPlaceError("LiveConnect refuses a computer that was there")
        for name in lab.computers.keys() - set(self._computers):
            await self._take_away(name)
        await lab.snapshots.reset(SNAPSHOT, utm=True)
        await self._wait_registered_again()
        await lab.snapshots.reset(SNAPSHOT, computers=self._computers)
        for name in self._computers:
            await lab.computer(name).start()
        await lab.wait_compliant(polls=POLLS)

    async def _known(self) -> set[str]:
        """Return the endpoints that LiveConnect accepts."""
        listed = await self._lab.call(LIVECONNECT, "endpoints")
        return {one["endpoint_id"] for one in listed if not one["removed_at"]}

    async def _take_away(self, name: str) -> None:
        """Take away a computer that was not there; LiveConnect refuses it from now on."""
        lab = self._lab
        with contextlib.suppress(DomainError):  # it may not even be enrolled
            await lab.call(UTM, "endpoint_remove", endpoint=name)
        computer = lab.computers.pop(name)
        await computer.stop()
        shutil.rmtree(computer.host.root)
        (lab.places.logs / "endpoints" / name).unlink(missing_ok=True)

    async def _wait_registered_again(self) -> None:
        """Wait until LiveConnect has the older state, by a higher epoch."""
        async with asyncio.timeout(PATIENCE_S):
            while self._epoch:
                newest = await self._lab.call(UTM, "changeset")
                if newest["epoch"] > self._epoch and newest["committed_at"]:
                    return
                await asyncio.sleep(LOOK_S)
