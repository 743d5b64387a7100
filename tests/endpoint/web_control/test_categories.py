"""What Web Control learns of sites: one bounded question, remembered answers."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from endpoint.web_control.categories import SiteKnowledge
from endpoint.web_control.category_cache import CategoryCache
from foundation.categories.category import Category
from foundation.categories.category_set import CategorySet
from foundation.categories.lookup_document import Answer
from foundation.errors import DomainError
from foundation.service import Tasks

GAMES = Category((116,))
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


class World:
    """A wall clock, a clock of durations, and somebody to ask."""

    def __init__(self, path):
        self.path = path
        self.at = AT
        self.seconds = 0.0
        self.asked = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.error = None
        self.tasks = Tasks()
        self.cache = self.make_cache()
        self.silences = []

    def make_cache(self, limit=100):
        return CategoryCache(
            self.path, now=lambda: self.at, clock=lambda: self.seconds, limit=limit
        )

    def knowledge(self, patience_s=0.3):
        local = CategorySet({"local.example": GAMES})
        return SiteKnowledge(
            local,
            self.cache,
            self.ask,
            tasks=self.tasks,
            on_silence=self.silences.append,
            patience_s=patience_s,
        )

    async def ask(self, hosts):
        self.asked.append(tuple(hosts))
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        return {host: Answer(GAMES if "game" in host else None, 60.0) for host in hosts}


@pytest.fixture
async def world(tmp_path):
    world = World(tmp_path / "cache")
    yield world
    await world.tasks.close()


async def test_a_site_is_asked_about_once_and_remembered(world):
    sites = world.knowledge()
    await sites.learn("game.example")
    assert sites.lookup("game.example") == GAMES
    assert not sites.is_askable("game.example")


async def test_never_two_questions_for_one_host_at_once(world):
    world.may_answer.clear()
    sites = world.knowledge(patience_s=5)
    waiting = [asyncio.create_task(sites.learn("game.example")) for _ in range(5)]
    while not world.asked:  # noqa: ASYNC110
        await asyncio.sleep(0)
    waiting += [asyncio.create_task(sites.learn("game.example")) for _ in range(5)]
    await asyncio.sleep(0)
    world.may_answer.set()
    await asyncio.gather(*waiting)
    assert world.asked == [("game.example",)]


async def test_a_slow_answer_is_waited_for_so_long_and_counts_the_next_time(world):
    world.may_answer.clear()
    sites = world.knowledge(patience_s=0.01)
    await sites.learn("game.example")
    assert sites.lookup("game.example") is None
    world.may_answer.set()
    await sites.learn("game.example")
    assert sites.lookup("game.example") == GAMES
    assert len(world.asked) == 1


async def test_offline_nobody_waits_for_every_new_site(world):
    world.error = DomainError("nobody is there")
    sites = world.knowledge()
    await sites.learn("game.example")
    assert sites.lookup("game.example") is None
    assert not sites.is_askable("another.example")
    assert world.silences == ["nobody is there"]


async def test_only_what_is_unknown_here_is_noted(world):
    unknown = world.knowledge().noting()
    assert unknown.lookup("www.local.example") == GAMES
    assert unknown.host == ""
    unknown.lookup("game.example")
    assert unknown.host == "game.example"


async def test_answers_survive_a_restart_as_long_as_they_hold(world):
    world.cache.put({"game.example": Answer(GAMES, 60.0), "brief.example": Answer(None, 10.0)})
    world.at += timedelta(seconds=30)
    again = world.make_cache()
    again.load()
    assert (again.lookup("game.example"), again.get("brief.example")) == (GAMES, None)
    world.seconds += 31
    assert again.lookup("game.example") is None


async def test_a_clock_that_was_set_back_renews_nothing(world):
    world.cache.put({"game.example": Answer(GAMES, 60.0)})
    world.at -= timedelta(days=1)
    again = world.make_cache()
    again.load()
    assert len(again) == 0


async def test_the_cache_and_its_file_are_bounded(world):
    cache = world.make_cache(limit=10)
    for number in range(100):
        cache.put({f"game{number}.example": Answer(GAMES, 60.0)})
    assert len(cache) == 10
    assert cache.lookup("game99.example") == GAMES
    assert len(world.path.read_bytes().split()) <= 20 * 12


async def test_a_torn_line_costs_only_itself(world):
    world.cache.put({"game.example": Answer(GAMES, 60.0)})
    with world.path.open("ab") as file:
        file.write(b'\n{"host": "torn')
    world.cache.put({"game2.example": Answer(GAMES, 60.0)})
    again = world.make_cache()
    again.load()
    assert len(again) == 2
