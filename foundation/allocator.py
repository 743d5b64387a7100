"""The C allocator of a process with thousands of TLS connections.

- uvloop keeps 256 KiB of room for each, of which a few requests ever touch a page or two. glibc
  begins to cut such blocks from its heap once it has seen one go; what lies there was used before,
  and all of it stays resident: 80 KiB for each of ten thousand, where 40 are needed.
- With the threshold pinned each block is a mapping of its own, and what nobody touched is nothing.
  The spare room at the heap's end stays as glibc has it, less than one such block: in more of it
  they would find place.
- The threshold is below glibc's 128 KiB: buffers of a group of statements for PostgreSQL are as
  large as that, and where several of them went a connection's block finds place as well. 60 KiB
  for each of five thousand became 40, as many as with SQLite.
- This is the state of a process: only what a process begins with may call it, never a library.

Provenance: ours; the parameter's number is that of glibc's malloc.h.
"""

import ctypes
from typing import Final

LARGE_BYTES: Final = 32 * 1024
_M_MMAP_THRESHOLD: Final = -3


def map_large_blocks_apart() -> bool:
    """Give large blocks mappings of their own from now on; return whether this C library can."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES))
