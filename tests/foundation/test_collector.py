"""The collector of a process is its state, so each test has a process of its own."""

import subprocess
import sys

PRELUDE = """
import gc, weakref
from foundation.collector import FEWEST, SELDOM, leave_out_of_collections
class Ring:
    def __init__(self): self.itself = self
leave_out_of_collections()
"""


def said(program):
    run = [sys.executable, "-c", PRELUDE + program]
    return subprocess.run(run, check=True, capture_output=True, text=True).stdout.split()


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


def test_a_server_collects_seldom():
    program = "leave_out_of_collections(is_server=True); print(gc.get_threshold() == SELDOM)"
    assert said(program) == ["True"]


def test_calling_it_twice_is_calling_it_once():
    assert said("leave_out_of_collections(); print(len(gc.callbacks))") == ["1"]
