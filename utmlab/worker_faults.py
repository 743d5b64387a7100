"""The faults of a LiveConnect that is several workers: set in all of them, told as one.

- A request meets the worker that the system gave its connection to, so each needs them.
- A worker that is started again is told what is set by then.
- Each counts for itself: a fault that may happen twice may happen twice in each.

Provenance: ours.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from foundation.net.control import NotRunningError, Verb
from utmlab.houses import ProcessHouse


@dataclass(slots=True)
class _Everywhere:
    """A fault, and by which number each worker knows it; None while one has to be told."""

    fault: dict[str, Any]
    numbers: dict[ProcessHouse, int | None] = field(default_factory=dict)


class WorkerFaults:
    """The verbs of `foundation.faults.verbs`, for all workers at once.

    Args:
        workers: Of one LiveConnect.
    """

    def __init__(self, workers: Sequence[ProcessHouse]) -> None:
        self._workers = workers
        self._last_id = 0
        self._set: dict[int, _Everywhere] = {}
        self.verbs: Mapping[str, Verb] = {
            "fault_set": self.fault_set,
            "fault_list": self.fault_list,
            "fault_clear": self.fault_clear,
        }

    async def fault_set(self, fault: dict[str, Any]) -> dict[str, Any]:
        """Set a fault; return its number.

        Raises:
            ControlError: If it is none.
        """
        everywhere = _Everywhere(fault)
        for worker in self._workers:
            await self._tell(worker, everywhere)
        self._last_id += 1
        self._set[self._last_id] = everywhere
        return {"id": self._last_id}

    async def fault_list(self) -> list[dict[str, Any]]:
        """Return the faults that are set in any worker, with how often each happened in all."""
        # Before anybody is asked: what is set meanwhile is no fault that happened often enough.
        known_as = {number: dict(one.numbers) for number, one in self._set.items()}
        told = {worker: await self._listed(worker) for worker in self._workers}
        listed = []
        for number, numbers in known_as.items():
            if number not in self._set:
                continue  # cleared meanwhile
            fault = self._set[number].fault
            found, is_told = list[dict[str, Any]](), True
            for worker, own in numbers.items():
                known = told[worker]
                if own is None or known is None:
                    is_told = False
                elif own in known:
                    found.append(known[own])
            if is_told and not found:
                del self._set[number]  # it happened in each as often as it may
                continue
            left = None if fault["times"] is None else sum(one["left"] for one in found)
            happened = sum(one["happened"] for one in found)
            listed.append({**fault, "id": number, "left": left, "happened": happened})
        return listed

    async def fault_clear(self, id: int | None = None) -> dict[str, int]:  # noqa: A002 - its name in JSON
        """Take back one fault, or all."""
        chosen = [one for one in self._set if id in (None, one)]
        for number in chosen:
            for worker, own in self._set.pop(number).numbers.items():
                if own is not None:
                    with contextlib.suppress(NotRunningError):
                        await worker.call("fault_clear", id=own)
        return {"cleared": len(chosen)}

    def ended(self, worker: ProcessHouse) -> None:
        """Note that a worker has forgotten everything."""
        for everywhere in self._set.values():
            everywhere.numbers[worker] = None

    async def started_again(self, worker: ProcessHouse) -> None:
        """Tell a worker that has forgotten everything."""
        for everywhere in list(self._set.values()):
            await self._tell(worker, everywhere)

    async def _tell(self, worker: ProcessHouse, everywhere: _Everywhere) -> None:
        everywhere.numbers[worker] = None
        with contextlib.suppress(NotRunningError, TimeoutError):
            answer = await worker.call("fault_set", fault=everywhere.fault)
            everywhere.numbers[worker] = answer["id"]

    async def _listed(self, worker: ProcessHouse) -> dict[int, dict[str, Any]] | None:
        try:
            return {one["id"]: one for one in await worker.call("fault_list")}
        except NotRunningError:
            return None
