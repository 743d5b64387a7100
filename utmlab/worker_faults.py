"""The faults of a LiveConnect that is several workers: set in all of them, told as one.

- A request meets the worker that the system gave its connection to, so each needs them.
- A worker that is started again is told what is set by then.
- Each counts for itself: a fault that may happen twice may happen twice in each.
- A worker whose answer came too late may have set a fault: it is found by what it is.

Provenance: ours.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from foundation.errors import DomainError
from foundation.faults import Fault
from foundation.net.control import NotRunningError, Verb
from utmlab.houses import ProcessHouse


class WorkerSilentError(DomainError):
    """A worker runs and does not answer: what is set in it is not known."""

    code: ClassVar[str] = "worker_silent"
    hint: ClassVar[str] = (
        "Try again; a worker that stays silent may be killed, it is started again."
    )


@dataclass(slots=True)
class _Everywhere:
    """A fault, and by which number each worker knows it; None while that is not known."""

    fault: dict[str, Any]
    numbers: dict[ProcessHouse, int | None]


class WorkerFaults:
    """The verbs of `foundation.faults.verbs`, for all workers at once, one after the other.

    Args:
        workers: Of one LiveConnect.
    """

    def __init__(self, workers: Sequence[ProcessHouse]) -> None:
        self._workers = workers
        self._last_id = 0
        self._set: dict[int, _Everywhere] = {}
        self._lives: Counter[ProcessHouse] = Counter()
        self._turn = asyncio.Lock()
        self.verbs: Mapping[str, Verb] = {
            "fault_set": self.fault_set,
            "fault_list": self.fault_list,
            "fault_clear": self.fault_clear,
        }

    async def fault_set(self, fault: dict[str, Any]) -> dict[str, Any]:
        """Set a fault; return its number.

        Raises:
            FaultRefusedError: If it is none.
        """
        record = Fault.from_record(fault).as_record()
        async with self._turn:
            self._last_id += 1
            # Before anybody is told: who starts again meanwhile has to be told too.
            everywhere = _Everywhere(record, dict.fromkeys(self._workers))
            self._set[self._last_id] = everywhere
            for worker in self._workers:
                await self._tell(worker, everywhere)
            return {"id": self._last_id}

    async def fault_list(self) -> list[dict[str, Any]]:
        """Return the faults that are set in any worker, with how often each happened in all.

        Raises:
            WorkerSilentError: If a worker does not answer.
        """
        async with self._turn:
            told = {worker: await self._listed(worker) for worker in self._workers}
            listed = []
            for number, everywhere in list(self._set.items()):
                found, is_told = list[dict[str, Any]](), True
                for worker, own in everywhere.numbers.items():
                    known = told[worker]
                    if own is None or known is None:
                        is_told = False
                    elif own in known:
                        found.append(known[own])
                if is_told and not found:
                    del self._set[number]  # it happened in each as often as it may
                    continue
                fault = everywhere.fault
                left = None if fault["times"] is None else sum(one["left"] for one in found)
                happened = sum(one["happened"] for one in found)
                listed.append({**fault, "id": number, "left": left, "happened": happened})
            return listed

    async def fault_clear(self, id: int | None = None) -> dict[str, int]:  # noqa: A002 - its name in JSON
        """Take back one fault, or all.

        Raises:
            WorkerSilentError: If a worker does not answer; what was to be taken back stays known.
        """
        async with self._turn:
            chosen = [one for one in self._set if id in (None, one)]
            silent = []
            for worker in self._workers:
                try:
                    await self._clear(worker, chosen)
                except WorkerSilentError as error:
                    silent.append(error)
            if silent:
                raise silent[0]
            for number in chosen:
                del self._set[number]
            return {"cleared": len(chosen)}

    def ended(self, worker: ProcessHouse) -> None:
        """Note that a worker has forgotten everything."""
        self._lives[worker] += 1
        for everywhere in self._set.values():
            everywhere.numbers[worker] = None

    async def started_again(self, worker: ProcessHouse) -> None:
        """Tell a worker that has forgotten everything."""
        async with self._turn:
            for everywhere in self._set.values():
                if everywhere.numbers[worker] is None:
                    await self._tell(worker, everywhere)

    async def forget(self) -> None:
        """Note that all workers were stopped."""
        async with self._turn:
            self._set.clear()
            self._lives.update(self._workers)

    async def _tell(self, worker: ProcessHouse, everywhere: _Everywhere) -> None:
        life = self._lives[worker]
        with contextlib.suppress(NotRunningError, WorkerSilentError):
            answer = await self._ask(worker, "fault_set", fault=everywhere.fault)
            if life == self._lives[worker]:  # else who answered has ended meanwhile
                everywhere.numbers[worker] = answer["id"]

    async def _clear(self, worker: ProcessHouse, chosen: Sequence[int]) -> None:
        if any(self._set[number].numbers[worker] is None for number in chosen):
            await self._listed(worker)
        for number in chosen:
            own = self._set[number].numbers[worker]
            if own is not None:
                with contextlib.suppress(NotRunningError):
                    await self._ask(worker, "fault_clear", id=own)

    async def _listed(self, worker: ProcessHouse) -> dict[int, dict[str, Any]] | None:
        """Return what is set in a worker by its own numbers, None if it does not run."""
        life = self._lives[worker]
        try:
            known = {one["id"]: one for one in await self._ask(worker, "fault_list")}
        except NotRunningError:
            return None
        if life != self._lives[worker]:
            return None
        self._recognise(worker, known)
        return known

    def _recognise(self, worker: ProcessHouse, known: Mapping[int, Mapping[str, Any]]) -> None:
        """Learn the numbers of faults that were set though no answer came in time."""
        unknown = known.keys() - {one.numbers[worker] for one in self._set.values()}
        for everywhere in self._set.values():
            if everywhere.numbers[worker] is not None:
                continue
            for own in sorted(unknown):
                if everywhere.fault.items() <= known[own].items():
                    everywhere.numbers[worker] = own
                    unknown.discard(own)
                    break

    async def _ask(self, worker: ProcessHouse, verb: str, **arguments: Any) -> Any:
        try:
            return await worker.call(verb, **arguments)
        except TimeoutError as error:
            number = self._workers.index(worker) + 1
            raise WorkerSilentError(f"worker {number} of LiveConnect does not answer") from error
