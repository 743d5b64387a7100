"""What a service is, how time reaches it, and who owns its background work.

- A service owns one folder and one database, and can rebuild its memory from them (`load`).
- Time is an injected `Now` (`foundation.present`).
- Every background task has an owner: nothing outlives the service that started it, and a loop
  that must not end is started again after an error that nobody foresaw.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from foundation.present import Now, utc_now

__all__ = ["FAILURES_KEPT", "RESTART_PAUSE_S", "Now", "Service", "Tasks", "utc_now"]

T = TypeVar("T")

FAILURES_KEPT = 100
RESTART_PAUSE_S = 5.0


class Service(ABC):
    """Something that is started, stopped, and may be asked to stand still for a moment."""

    @abstractmethod
    async def start(self) -> None:
        """Begin to serve; on return the service answers."""

    @abstractmethod
    async def stop(self) -> None:
        """Finish what is in flight and release every socket, file and task."""

    async def quiesce(self) -> None:  # noqa: B027 - a service without open work has nothing to do
        """Bring what is stored to rest, so that the folder can be copied."""

    async def load(self) -> None:  # noqa: B027 - a service without memory has nothing to rebuild
        """Rebuild the memory from the folder and the database."""


class Tasks:
    """The owner of a service's background tasks.

    A task that ends with an error is kept in `failures` and handed to `on_failure`; the others
    go on, since one broken connection must not end a server.
    """

    def __init__(self, on_failure: Callable[[str, BaseException], None] | None = None) -> None:
        self.failures: deque[tuple[str, BaseException]] = deque(maxlen=FAILURES_KEPT)
        self._on_failure = on_failure
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Run `work` in the background under `name`."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def keep(
        self, loop: Callable[[], Coroutine[Any, Any, None]], *, name: str
    ) -> asyncio.Task[None]:
        """Run a service's own loop in the background, and again whenever it ends by an error."""
        return self.start(self._kept(loop, name), name=name)

    async def _kept(self, loop: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        while True:
            try:
                await loop()
            except Exception as error:  # noqa: BLE001 - told to the owner, who logs it
                self._failed(name, error)
                await asyncio.sleep(RESTART_PAUSE_S)
            else:
                return

    async def close(self) -> None:
        """Cancel what still runs and wait until all of it has ended."""
        running = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._failed(task.get_name(), error)

    def _failed(self, name: str, error: BaseException) -> None:
        self.failures.append((name, error))
        if self._on_failure is not None:
            self._on_failure(name, error)
