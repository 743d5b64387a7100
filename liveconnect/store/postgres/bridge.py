"""Synchronous rooms on an asynchronous driver.

- The rooms of the store are plain functions. Here one runs inside a greenlet: where it waits for
  the database, the greenlet steps aside, the event loop awaits, and the room goes on.
- So the very same rooms serve SQLite and PostgreSQL, and the loop is never blocked.
"""

import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

T = TypeVar("T")


async def run_room(work: Callable[[], T]) -> T:
    """Run `work`; whatever it waits for (`wait_for`) is awaited here."""
    room = greenlet(work)
    passed: Any = room.switch()
    while not room.dead:
        try:
            answer = await passed
        except BaseException:  # noqa: BLE001 - raised where the room waits, CancelledError too
            passed = room.throw(*sys.exc_info())
        else:
            passed = room.switch(answer)
    result: T = passed
    return result


def wait_for(awaitable: Awaitable[T]) -> T:
    """Inside a room: wait for `awaitable`."""
    parent = getcurrent().parent
    if parent is None:
        raise RuntimeError("only a room that runs on a greenlet may wait")
    answer: T = parent.switch(awaitable)
    return answer
