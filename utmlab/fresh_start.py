"""One lab for many tests: brought back before each, its sockets open.

- The UTM goes first: a computer that is back sooner would be given the newer policy once more.
- What a test left behind goes too: faults, stopped services, computers that it installed.
- What cannot be brought back in place is loaded whole from the snapshot, a second instead of a
  moment: when LiveConnect refuses an endpoint that was there, or holds other flags, ways, responses
  or uploads for it, or a rotation of its CA is at another step.
- The rest of LiveConnect is not brought back in place: its journal and counters, sessions, UTMs and
  endpoints that came later, and a command that still waits, which its computer gets in the next
  test. The epoch of changesets rises, and logs go on.

Provenance: ours.
"""

import asyncio
import contextlib
import shutil
from typing import Any, ClassVar, Final

from foundation.errors import DomainError
from foundation.protocol.names import MCS
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
        self._held: dict[str, Any] = {}

    async def keep(self) -> None:
        """Keep the state as it is now."""
        await self._lab.snapshots.save(SNAPSHOT)
        self._computers = tuple(self._lab.computers)
        newest = await self._lab.call(UTM, "changeset")
        self._epoch = newest["epoch"] if newest else 0
        self._held = await held_by_liveconnect(self._lab)

    async def come_back(self) -> None:
        """Bring the lab back to the state that was kept, as far as said above; all comply.

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
        if not self._held.items() <= (await held_by_liveconnect(lab)).items():
            raise NotInPlaceError("LiveConnect holds something else for a computer that was there")
        for name in lab.computers.keys() - set(self._computers):
            await self._take_away(name)
        await lab.snapshots.reset(SNAPSHOT, utm=True)
        await self._wait_registered_again()
        await lab.snapshots.reset(SNAPSHOT, computers=self._computers)
        for name in self._computers:
            await lab.computer(name).start()
        await lab.wait_compliant(polls=POLLS)

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


async def held_by_liveconnect(lab: Stack) -> dict[str, Any]:
    """Return what no UTM brings back, for each endpoint that LiveConnect accepts."""
    phase = (await lab.call(LIVECONNECT, "ca"))["phase"]
    held = {}
    for one in await lab.call(LIVECONNECT, "endpoints"):
        if not one["removed_at"]:
            name = one["endpoint_id"]
            held[name] = [phase, one["policies"].get(MCS)]
            for verb in ("flags", "responses", "data_feeds"):
                held[name].append(await lab.call(LIVECONNECT, verb, endpoint_id=name))
    return held
