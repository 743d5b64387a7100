"""The C allocator of a process with thousands of TLS connections.

- uvloop keeps 256 KiB of room for each, of which a few requests ever touch a page or two. glibc
  begins to cut such blocks from its heap once it has seen one go; what lies there was used before,
  and all of it stays resident: 80 KiB for each of ten thousand, where 40 are needed.
- With the threshold pinned each block is a mapping of its own, and what nobody touched is nothing.
- This is the state of a process: only what a process begins with may call it, never a library.

Provenance: ours; the numbers of the parameters are those of glibc's malloc.h.
"""

import ctypes
from typing import Final

LARGE_BYTES: Final = 128 * 1024
_M_TRIM_THRESHOLD: Final = -1
_M_TOP_PAD: Final = -2
_M_MMAP_THRESHOLD: Final = -3
_KEPT_BYTES: Final = 4 * 1024 * 1024
_GROWN_BYTES: Final = 1024 * 1024


def map_large_blocks_apart() -> bool:
    """Give large blocks mappings of their own from now on; return whether this C library can."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    # Pinning one pins all: the heap would be given back and asked for again at each larger answer.
    pinned = (
        (_M_MMAP_THRESHOLD, LARGE_BYTES),
        (_M_TRIM_THRESHOLD, _KEPT_BYTES),
        (_M_TOP_PAD, _GROWN_BYTES),
    )
    outcomes = [mallopt(parameter, value) for parameter, value in pinned]
    return all(outcomes)
