"""Saving and loading a lab: while it runs, and with nothing running.

- Saved at one instant of all houses, as if the power had been cut then: what the houses survive,
  a snapshot survives. What only memory knows is written out first.
- Loaded in one step: a snapshot that is damaged or newer changes nothing.

Provenance: ours.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from endpoint.service_table import ServiceTable
from foundation.durable.folder import DataFolder
from foundation.service import Now
from utmlab.computers import Computer, ProcessComputer, TaskComputer
from utmlab.houses import ProcessHouse, TaskHouse
from utmlab.places import Places
from utmlab.settings import LabSettings, recall
from utmlab.snapshot.copying import DATA
from utmlab.snapshot.errors import SnapshotNeedsSqliteError, SnapshotOfOtherPortsError
from utmlab.snapshot.resets import Resets
from utmlab.snapshot.shelf import Listed, Shelf
from utmlab.snapshot.standstill import halted
from utmlab.snapshot.swapping import commit, finish_started_load, is_load_started, stage

T = TypeVar("T")
LAB_VERSION = 1


class Lab(Protocol):
    """What is needed of a running lab."""

    places: Places
    settings: LabSettings
    now: Now
    computers: dict[str, Computer]

    @property
    def houses(self) -> Any:
        """The houses by name."""

    def computer(self, name: str) -> Computer:
        """Return a computer, or raise NoSuchComputerError."""

    async def stand_down(self) -> None:
        """Stop everything, and keep the data folder."""

    async def stand_up(self) -> None:
        """Start everything from what is stored now."""


class Snapshots:
    """The snapshots of a running lab."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._shelf = Shelf(lab.places)
        self._resets = Resets()
        self._busy = asyncio.Lock()

    async def save(self, name: str) -> Listed:
        """Save the lab as it is now; everything goes on afterwards.

        Raises:
            SnapshotNameError: If it can be no name.
            SnapshotExistsError: If there is one of that name.
            LabUnsteadyError: If it cannot be copied in one state.
        """
        self._check_sqlite()
        async with self._busy:
            making = self._shelf.room_for(name)
            await self._quiesce()
            with halted(await self._pids()):
                self._shelf.take(making)  # on the loop: nothing of the lab happens meanwhile
            saved_at = self._lab.now().isoformat()
            saved = await _off_loop(self._shelf.put, making, name, saved_at)
            return Listed(name, saved_at, len(saved.entries), saved.size, "")

    async def load(self, name: str) -> None:
        """Bring the lab to a snapshot; it is stopped for that and started again.

        Raises:
            NoSuchSnapshotError: If there is none.
            SnapshotDamagedError: If it is not what was saved; nothing is changed.
            SnapshotTooNewError: If a newer version saved it; nothing is changed.
            SnapshotOfOtherPortsError: If its computers know the lab by other ports.
        """
        self._check_sqlite()
        async with self._busy:
            path = await _off_loop(self._shelf.checked, name)
            ports = recall(path / DATA / self._lab.places.settings.name).get("ports")
            mine = recall(self._lab.places.settings).get("ports")
            if ports != mine:
                raise SnapshotOfOtherPortsError(f"{name} is of a lab with the ports {ports}")
            await _off_loop(stage, self._lab.places, path)
            await self._lab.stand_down()
            try:
                await _off_loop(commit, self._lab.places, name)
            finally:
                await self._lab.stand_up()

    async def reset(self, name: str, *, computers: Sequence[str] = (), utm: bool = False) -> None:
        """Bring computers, the UTM or both to a snapshot while their sockets stay open.

        Raises:
            NoSuchSnapshotError: If there is none of that name.
            NoSuchComputerError: If there is no such computer.
            NotInSnapshotError: If a computer was not there then.
            ResetNeedsTasksError: If it runs as a process.
        """
        async with self._busy:
            path = self._shelf.path(name)
            if not self._resets.knows(path):
                await _off_loop(self._shelf.checked, name)  # once: an image is kept in memory
            if utm:
                await self._resets.reset_utm(path, self._lab.houses["utm"])
            for computer in computers:
                await self._resets.reset_computer(path, self._lab.computer(computer))

    async def listed(self) -> list[Listed]:
        """Return what was saved."""
        return await _off_loop(self._shelf.listed)

    async def delete(self, name: str) -> None:
        """Delete a snapshot.

        Raises:
            NoSuchSnapshotError: If there is none.
        """
        async with self._busy:
            await _off_loop(self._shelf.delete, name)
            self._resets.forget()

    def _check_sqlite(self) -> None:
        if self._lab.settings.workers:
            raise SnapshotNeedsSqliteError("LiveConnect's workers keep their state in PostgreSQL")

    async def _quiesce(self) -> None:
        for computer in self._lab.computers.values():
            if isinstance(computer, TaskComputer):
                await computer.endpoint.quiesce()
        for house in self._lab.houses.values():
            if isinstance(house, TaskHouse) and house.service is not None:
                await house.service.quiesce()

    async def _pids(self) -> list[int]:
        """Return the processes of the lab; computers first, as those who ask."""
        pids = list[int]()
        for computer in self._lab.computers.values():
            if isinstance(computer, ProcessComputer):
                for entry in ServiceTable(computer.host).entries().values():
                    if entry.pid is not None and await computer.services.is_running(entry.name):
                        pids.append(entry.pid)
        houses = [one for one in self._lab.houses.values() if isinstance(one, ProcessHouse)]
        return [*pids, *(one.pid for one in houses if one.is_running and one.pid is not None)]


def save_at_rest(places: Places, name: str, now: Now) -> Listed:
    """Save a lab that does not run.

    Raises:
        DataFolderInUseError: If it runs.
        SnapshotExistsError: If there is a snapshot of that name.
    """
    shelf = Shelf(places)
    with _held(places):
        finish_started_load(places)
        shelf.remove_unfinished()
        making, saved_at = shelf.room_for(name), now().isoformat()
        shelf.take(making)
        saved = shelf.put(making, name, saved_at)
    return Listed(name, saved_at, len(saved.entries), saved.size, "")


def load_at_rest(places: Places, name: str) -> None:
    """Bring a lab that does not run to a snapshot.

    Raises:
        DataFolderInUseError: If it runs.
        NoSuchSnapshotError: If there is none.
        SnapshotDamagedError: If it is not what was saved; nothing is changed.
        SnapshotTooNewError: If a newer version saved it; nothing is changed.
    """
    path = Shelf(places).checked(name)
    with _held(places):
        finish_started_load(places)
        stage(places, path)
        commit(places, name)


def recover(places: Places) -> None:
    """Finish or undo a load that was stopped; it costs a look when there is none.

    Raises:
        DataFolderInUseError: If somebody loads just now.
    """
    if is_load_started(places):
        with _held(places):
            finish_started_load(places)


def _held(places: Places) -> contextlib.closing[DataFolder]:
    return contextlib.closing(DataFolder.open(places.data, component="lab", version=LAB_VERSION))


async def _off_loop(work: Callable[..., T], *arguments: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(None, partial(work, *arguments))
