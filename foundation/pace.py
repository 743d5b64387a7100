"""Long work in a thread that leaves the interpreter to others in between.

- A thread of pure Python keeps the interpreter for five milliseconds at a time, by CPython's
  default; an event loop beside it would answer that much later. Giving it away each millisecond
  or so costs a tenth of the work and keeps the loop prompt.
- The main thread never waits: there is either a loop in it, or nobody beside it.

Provenance: ours.
"""

import threading
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

T = TypeVar("T")

ITEMS_AT_A_TIME: Final = 256
_BREATH_S: Final = 0.00005


def paced(items: Iterable[T], at_a_time: int = ITEMS_AT_A_TIME) -> Iterator[T]:
    """Give the items, and in another thread the interpreter away after each few of them."""
    if threading.current_thread() is threading.main_thread():
        yield from items
        return
    never = threading.Event()
    for number, item in enumerate(items, 1):
        yield item
        if number % at_a_time == 0:
            never.wait(_BREATH_S)
