"""The garbage collector of a process whose heap has become stable.

- A full collection walks everything that was ever imported and holds the interpreter, and so every
  loop, for twenty to thirty milliseconds. What is there when a process has started stays there.
- This is the state of a process: only what a process begins with may call it, never a library.

Provenance: ours.
"""

import gc


def leave_out_of_collections() -> None:
    """Collect once, and leave what is left out of all later collections."""
    gc.collect()
    gc.freeze()
