"""The collector of a process is its state, so each test has a process of its own."""

import subprocess
import sys

import pytest

from foundation.collector import IDLE, MOST_PUT_OFF, is_put_off

PRELUDE = """
import gc, weakref
from foundation.collector import FEWEST, leave_out_of_collections
class Ring:
    def __init__(self): self.itself = self
leave_out_of_collections()
"""


SERVER = """
import asyncio, gc, weakref
from foundation import collector
collector.LOOK_S = 0.02
class Ring:
    def __init__(self): self.itself = self
"""


def said(program, prelude=PRELUDE):
    run = [sys.executable, "-c", prelude + program]
    ended = subprocess.run(run, check=True, capture_output=True, text=True, timeout=60)
    return ended.stdout.split()


def test_what_outlives_a_full_collection_is_left_out_of_the_next():
    program = """
kept = [[] for _ in range(100_000)]
gc.collect()
print(sum(type(each) is list for each in gc.get_objects()) < 50_000)
"""
    assert said(program) == ["True"]


def test_a_younger_collection_leaves_nothing_out():
    program = """
before = gc.get_freeze_count()
kept = [[] for _ in range(100)]
gc.collect(1)
print(gc.get_freeze_count() == before)
"""
    assert said(program) == ["True"]


def test_a_cycle_that_dies_after_it_was_left_out_is_freed_once_as_much_was_left_out_again():
    program = """
ring = Ring()
gone = weakref.ref(ring)
gc.collect()
del ring
gc.collect()
print(gone() is None)
kept = [[] for _ in range(FEWEST + 1)]
gc.collect()
gc.collect()
print(gone() is None)
"""
    assert said(program) == ["False", "True"]


def test_after_a_whole_collection_the_next_walks_little_again():
    program = """
kept = [[] for _ in range(FEWEST + 1)]
gc.collect()
gc.collect()
print(sum(type(each) is list for each in gc.get_objects()) < 50_000)
"""
    assert said(program) == ["True"]


@pytest.mark.parametrize(
    ("share", "times", "is_so"),
    [
        (0.0, 0, False),
        (IDLE - 0.01, 0, False),
        (IDLE, 0, True),
        (2.0, MOST_PUT_OFF - 1, True),
        (2.0, MOST_PUT_OFF, False),
    ],
)
def test_a_server_that_has_much_to_do_puts_a_collection_off_for_a_while(share, times, is_so):
    assert is_put_off(share, times) == is_so


def test_a_server_leaves_out_what_came_lately_and_has_no_full_collection_of_its_own():
    program = """
async def main():
    collector.leave_out_of_collections(is_server=True)
    before, full = gc.get_freeze_count(), gc.get_stats()[2]["collections"]
    kept = [[] for _ in range(100_000)]
    while gc.get_freeze_count() < before + 100_000: await asyncio.sleep(0.02)
    print(gc.get_stats()[2]["collections"] - full, gc.get_threshold() == collector.SERVER)
asyncio.run(main())
"""
    assert said(program, SERVER) == ["0", "True"]


def test_a_server_frees_a_cycle_that_was_left_out_once_twice_as_much_lives():
    program = """
async def main():
    collector.leave_out_of_collections(is_server=True)
    ring = Ring()
    gone = weakref.ref(ring)
    before = gc.get_freeze_count()
    while gc.get_freeze_count() == before: await asyncio.sleep(0.02)
    del ring
    await asyncio.sleep(0.2)
    print(gone() is None)
    kept = [[] for _ in range(collector.FEWEST + 1)]
    while gone() is not None: await asyncio.sleep(0.02)
    print(gc.get_freeze_count() > collector.FEWEST)
asyncio.run(main())
"""
    assert said(program, SERVER) == ["False", "True"]


def test_calling_it_twice_is_calling_it_once():
    assert said("leave_out_of_collections(); print(len(gc.callbacks))") == ["1"]
    program = """
looks = []
collector._EachSecond.look_later = lambda self: looks.append(self)
async def main():
    collector.leave_out_of_collections(is_server=True)
    collector.leave_out_of_collections(is_server=True)
    print(len(looks))
asyncio.run(main())
"""
    assert said(program, SERVER) == ["1"]
