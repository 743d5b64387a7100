"""Faults of several workers, some of which answer late, never, or end at the wrong moment."""

import asyncio

import pytest

from foundation.faults import Fault, FaultPlan, Hop
from foundation.faults.verbs import fault_verbs
from utmlab.worker_faults import WorkerFaults, WorkerSilentError


class Worker:
    """A worker's plan of faults, and what goes wrong with its answers."""

    def __init__(self):
        self.is_silent = self.is_late = False
        self.before_answer = None
        self.restart()

    def restart(self):
        self.plan = FaultPlan()

    def values(self):
        return [one.fault.value for one in self.plan.active()]

    async def call(self, verb, **arguments):
        if self.is_silent:
            raise TimeoutError
        told = await fault_verbs(self.plan)[verb](**arguments)
        if self.before_answer is not None:
            hook, self.before_answer = self.before_answer, None
            await hook()
        if self.is_late:
            raise TimeoutError
        return told


def status(value):
    return Fault(hop=Hop.MCS, effect="status", value=value).as_record()


@pytest.fixture
def workers():
    return [Worker(), Worker()]


@pytest.fixture
def faults(workers):
    return WorkerFaults(workers)


async def test_a_fault_whose_answer_came_too_late_is_cleared_and_no_other(faults, workers):
    await faults.fault_set(status(503))
    workers[1].is_late = True
    late = await faults.fault_set(status(503))
    other = await faults.fault_set(status(500))
    workers[1].is_late = False
    assert workers[1].values() == [503, 503, 500]
    assert await faults.fault_clear(**late) == {"cleared": 1}
    assert [one.values() for one in workers] == [[503, 500], [503, 500]]
    assert [one.id for one in workers[1].plan.active()] == [1, 3]
    assert await faults.fault_clear(**other) == {"cleared": 1}
    assert [one.values() for one in workers] == [[503], [503]]


async def test_what_a_late_worker_set_is_counted(faults, workers):
    workers[1].is_late = True
    await faults.fault_set({**status(503), "times": 2})
    workers[1].is_late = False
    workers[1].plan.choose(Hop.MCS)
    (told,) = await faults.fault_list()
    assert (told["left"], told["happened"]) == (3, 1)


@pytest.mark.parametrize("ending", [0, 1])
async def test_a_worker_that_starts_again_while_a_fault_is_set_has_it_once(faults, workers, ending):
    """And by its new number: the old one is soon that of another fault."""
    first = await faults.fault_set(status(500))
    await faults.fault_clear(**first)
    told = []

    async def ends():
        workers[1].restart()
        faults.ended(workers[1])
        told.append(asyncio.create_task(faults.started_again(workers[1])))
        await asyncio.sleep(0)

    workers[ending].before_answer = ends
    second = await faults.fault_set(status(501))
    await asyncio.gather(*told)
    await faults.fault_set(status(502))
    assert [one.values() for one in workers] == [[501, 502], [501, 502]]
    await faults.fault_clear(**second)
    assert [one.values() for one in workers] == [[502], [502]]


async def test_a_silent_worker_is_told_of_and_nothing_is_forgotten(faults, workers):
    number = await faults.fault_set(status(503))
    workers[0].is_silent = True
    for asked in (faults.fault_list(), faults.fault_clear()):
        with pytest.raises(WorkerSilentError, match="worker 1 "):
            await asked
    assert [one.values() for one in workers] == [[503], []]
    workers[0].is_silent = False
    assert [one["id"] for one in await faults.fault_list()] == [number["id"]]
    assert await faults.fault_clear() == {"cleared": 1}
    assert await faults.fault_list() == workers[0].values() == []


async def test_workers_that_were_stopped_have_no_faults_under_old_numbers(faults, workers):
    old = await faults.fault_set(status(500))
    for worker in workers:
        worker.restart()
    await faults.forget()
    new = await faults.fault_set(status(501))
    assert await faults.fault_clear(**old) == {"cleared": 0}
    assert [one["id"] for one in await faults.fault_list()] == [new["id"]]
    assert [one.values() for one in workers] == [[501], [501]]
