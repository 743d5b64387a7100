"""The allocator is the state of a process, so it is tried in one of its own."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes
from foundation.allocator import map_large_blocks_apart
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
class Counts(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
        ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
         "fordblks", "keepcost")]
libc.mallinfo2.restype = Counts
{call}
libc.free(libc.malloc({size}))  # glibc learns from it, unless it must not
before = libc.mallinfo2().hblks
for _ in range(64):  # as connections come: a large block each, and smaller ones
    libc.malloc({size})
    libc.malloc(20_000)
print(libc.mallinfo2().hblks - before)
"""

glibc_only = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's own matter")


CONNECTION = 262_144
"""What uvloop keeps for each TLS connection."""
BUFFER = 100_000
"""What a group of statements takes for a while: less than glibc itself maps."""


def mapped(call, size=CONNECTION):
    run = [sys.executable, "-c", PROGRAM.format(call=call, size=size)]
    return int(subprocess.run(run, check=True, capture_output=True, text=True).stdout)


@glibc_only
def test_large_blocks_are_mappings_of_their_own_also_after_one_was_freed():
    assert mapped("assert map_large_blocks_apart()") == 64


@glibc_only
def test_blocks_of_middle_size_leave_no_room_for_large_ones():
    # Some find place in what Python itself has left; at the usual threshold all are cut.
    assert mapped("assert map_large_blocks_apart()", BUFFER) > 0


@glibc_only
def test_without_it_they_are_cut_from_the_heap():
    assert mapped("") < 64
