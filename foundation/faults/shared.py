"""The faults of several processes on one machine: set in one, met in all, by way of a folder.

- `PublishedPlan` is who sets them, `FollowedPlan` each who meets them.
- One byte, which all have mapped into memory, says whether there is any: without faults a look
  costs neither a call of the system nor a file.
- How often one happened is the size of a file that grows by one byte each time, under a lock: a
  fault that may happen once happens once, whichever process it is.
- What is set holds at once: everybody looks when it matters, and nobody has to be told.

Provenance: ours.
"""

import fcntl
import json
import mmap
import os
from pathlib import Path
from typing import Any, Final

from foundation.durable.files import remove, write_atomic
from foundation.faults.fault import Fault, Hop
from foundation.faults.plan import Active, FaultPlan

_MARK: Final = "any"
_FAULTS: Final = "faults.json"
_TALLY: Final = "happened-"


class PublishedPlan(FaultPlan):
    """The faults that a roof sets for its processes.

    Args:
        folder: Where they find them.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def begin(self) -> None:
        """Make the folder; what somebody left in it is gone."""
        _mapped(self.folder).close()
        for tally in self.folder.glob(f"{_TALLY}*"):
            remove(tally, sync=False)
        self._publish()

    def set(self, fault: Fault) -> int:
        """Set a fault; return its number."""
        number = super().set(fault)
        self._publish()
        return number

    def clear(self, number: int | None = None) -> int:
        """Take back one fault, or all; return how many there were."""
        cleared = super().clear(number)
        self._publish()
        return cleared

    def active(self) -> tuple[Active, ...]:
        """Return every fault that is set, as often as it happened in any process."""
        for one in super().active():
            one.happened = _tally(self.folder, one.id)
            if one.fault.times is not None:
                one.left = max(one.fault.times - one.happened, 0)
                if not one.left:
                    self.clear(one.id)
        return super().active()

    def _publish(self) -> None:
        told = [{"id": one.id, "fault": one.fault.as_record()} for one in super().active()]
        # Whoever sees the byte finds the faults.
        write_atomic(self.folder / _FAULTS, json.dumps(told).encode(), sync=False)
        with (self.folder / _MARK).open("r+b") as file:
            file.write(b"\1" if told else b"\0")


class FollowedPlan:
    """The faults that another process sets.

    Args:
        folder: Where it tells them; made if it is not there yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mark = _mapped(folder)
        self._seen: tuple[int, int] | None = None
        self._set: dict[int, Active] = {}

    @property
    def is_active(self) -> bool:
        """Whether there is any fault."""
        return self._mark[0] != 0

    def choose(
        self, hop: Hop, call: str = "", *, endpoint: str = "", tenant: str = ""
    ) -> Active | None:
        """Return the fault that happens to a request, and count it; None for most."""
        for one in self._look():
            if one.happens_to(hop, call, endpoint, tenant) and self._counted(one):
                return one
        return None

    def standing(self, hop: Hop, *, endpoint: str = "") -> Fault | None:
        """Return the fault of a hop that stands without a request, such as a skewed clock."""
        for one in self._look():
            if one.stands_at(hop, endpoint):
                return one.fault
        return None

    def _look(self) -> tuple[Active, ...]:
        if not self.is_active:
            return ()
        file = self._folder / _FAULTS
        status = file.stat()
        if self._seen != (seen := (status.st_mtime_ns, status.st_ino)):
            self._set = {one["id"]: self._known(one) for one in json.loads(file.read_bytes())}
            self._seen = seen
        return tuple(self._set.values())

    def _known(self, told: dict[str, Any]) -> Active:
        """Return a fault; one that was known already goes on with its chances."""
        return self._set.get(told["id"]) or Active.of(told["id"], Fault.from_record(told["fault"]))

    def _counted(self, one: Active) -> bool:
        """Count a fault that is about to happen, or say that it has happened often enough."""
        with (self._folder / f"{_TALLY}{one.id}").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if one.fault.times is not None and file.seek(0, os.SEEK_END) >= one.fault.times:
                return False
            file.write(b".")
        return True


def _mapped(folder: Path) -> mmap.mmap:
    """Return the byte that says whether there are faults, as memory that processes share."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _MARK).open("ab") as file:
        file.truncate(1)
    with (folder / _MARK).open("rb") as file:
        return mmap.mmap(file.fileno(), 1, access=mmap.ACCESS_READ)


def _tally(folder: Path, number: int) -> int:
    try:
        return (folder / f"{_TALLY}{number}").stat().st_size
    except FileNotFoundError:
        return 0
