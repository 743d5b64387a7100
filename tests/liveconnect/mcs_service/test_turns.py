"""Reports give way to those who fetch, and not for long."""

import asyncio

import pytest

from liveconnect.mcs_service.turns import AT_A_TIME, LOOK_S, RUSH, RUSH_S, Turns

GUARD_S = 60


def rush(turns, requests=RUSH):
    for _ in range(requests):
        turns.someone_fetches()


class Reports:
    """Reports of a test: who has a turn, and the end of each."""

    def __init__(self, turns):
        self._turns = turns
        self._tasks = []
        self._ends = {}
        self.begun = []

    async def come(self, *names):
        for name in names:
            self._ends[name] = asyncio.Event()
            self._tasks.append(asyncio.create_task(self._report(name), name=name))
        await self.pause()

    async def end(self, name):
        self._ends[name].set()
        await self.pause()

    async def leave(self, name):
        (task,) = (each for each in self._tasks if each.get_name() == name)
        task.cancel()
        await self.pause()

    async def until(self, *begun):
        async with asyncio.timeout(GUARD_S):
            while self.begun != list(begun):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_S / 4)

    async def close(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def pause(self):
        for _ in range(4):
            await asyncio.sleep(0)

    async def _report(self, name):
        async with self._turns:
            self.begun.append(name)
            await self._ends[name].wait()


@pytest.fixture
async def begin():
    made = []

    def start(most_waiting=1000, **changes):
        turns = Turns(most_waiting, **changes)
        made.append(Reports(turns))
        return turns, made[-1]

    yield start
    for each in made:
        await each.close()


async def test_a_report_has_its_turn_at_once_when_nobody_fetches(begin):
    _, reports = begin()
    await reports.come("a")
    assert reports.begun == ["a"]


async def test_a_report_does_not_wait_for_a_few_who_fetch(begin):
    turns, reports = begin()
    rush(turns, RUSH - 1)
    await reports.come("a")
    assert reports.begun == ["a"]


async def test_a_report_waits_until_nobody_fetches_any_more(begin):
    turns, reports = begin()
    rush(turns)
    await reports.come("a", "b")
    assert reports.begun == []
    await reports.until("a", "b")


async def test_a_report_does_not_wait_longer_than_it_may(begin):
    turns, reports = begin(longest_s=RUSH_S)
    rush(turns)
    await reports.come("a")
    async with asyncio.timeout(GUARD_S):
        while not reports.begun:
            rush(turns)
            await asyncio.sleep(LOOK_S / 4)


async def test_of_too_many_that_wait_the_oldest_go_on(begin):
    turns, reports = begin(most_waiting=2)
    rush(turns)
    await reports.come("a", "b", "c")
    assert reports.begun == ["a"]


async def test_some_at_a_time_have_a_turn_in_the_order_in_which_they_came(begin):
    _, reports = begin()
    names = [str(number) for number in range(AT_A_TIME + 2)]
    await reports.come(*names)
    assert reports.begun == names[:AT_A_TIME]
    await reports.end(names[5])
    await reports.end(names[3])
    assert reports.begun == names


async def test_who_leaves_while_waiting_takes_no_turn(begin):
    turns, reports = begin()
    rush(turns)
    names = [str(number) for number in range(AT_A_TIME + 1)]
    await reports.come(*names)
    await reports.leave("0")
    await reports.until(*names[1:])


async def test_who_leaves_when_its_turn_has_come_gives_it_back(begin):
    _, reports = begin()
    names = [str(number) for number in range(AT_A_TIME + 3)]
    await reports.come(*names)
    await reports.end("0")
    reports._ends["1"].set()
    await asyncio.sleep(0)  # the turn of 1 ends, and is given to the next who waits
    await reports.leave(names[AT_A_TIME + 1])
    assert reports.begun[-1] == names[AT_A_TIME + 2]
