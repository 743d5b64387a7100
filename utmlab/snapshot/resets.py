"""Resets inside a running lab: images of its snapshots, made once and kept.

- In this process only: a service of another process cannot be told to read its memory again.

Provenance: ours.
"""

from pathlib import Path

from utmlab.computers import Computer, TaskComputer
from utmlab.houses import TaskHouse
from utmlab.snapshot.copying import DATA
from utmlab.snapshot.errors import NotInSnapshotError, ResetNeedsTasksError
from utmlab.snapshot.resetting import ComputerImage, UtmImage


class Resets:
    """The images of one lab, by snapshot."""

    def __init__(self) -> None:
        self._computers: dict[tuple[Path, str], ComputerImage] = {}
        self._utms: dict[Path, UtmImage] = {}

    async def reset_computer(self, snapshot: Path, computer: Computer) -> None:
        """Bring a computer to what it was in a snapshot.

        Raises:
            ResetNeedsTasksError: If it is processes.
            NotInSnapshotError: If it was not there then.
        """
        if not isinstance(computer, TaskComputer):
            raise ResetNeedsTasksError(f"{computer.name} runs as processes")
        key = snapshot, computer.name
        if key not in self._computers:
            source = snapshot / DATA / "hosts" / computer.name
            if not source.is_dir():
                raise NotInSnapshotError(f"{snapshot.name} has no computer {computer.name}")
            self._computers[key] = ComputerImage.of(source)
        await self._computers[key].reset(computer.endpoint)

    async def reset_utm(self, snapshot: Path, house: object) -> None:
        """Bring the UTM to what it was in a snapshot.

        Raises:
            ResetNeedsTasksError: If it is a process, or stopped.
        """
        if not isinstance(house, TaskHouse) or house.service is None:
            raise ResetNeedsTasksError("the UTM runs as a process, or not at all")
        if snapshot not in self._utms:
            self._utms[snapshot] = UtmImage.of(snapshot / DATA / "utm")
        await self._utms[snapshot].reset(house.service)

    def knows(self, snapshot: Path) -> bool:
        """Whether something of a snapshot was checked and read already."""
        return snapshot in self._utms or any(known == snapshot for known, _ in self._computers)

    def forget(self) -> None:
        """Give all images back."""
        for image in self._utms.values():
            image.close()
        self._utms.clear()
        self._computers.clear()
