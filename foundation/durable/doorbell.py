"""Doorbells: "look into the folder, there is something new".

- A ring carries nothing: what counts is in the folder, so a lost or doubled ring does no harm.
- `EventDoorbell` rings inside one process, `FileDoorbell` between processes.
"""

import asyncio
from pathlib import Path
from typing import Protocol


class Doorbell(Protocol):
    """What one side rings and the other waits for."""

    def ring(self) -> None:
        """Wake whoever waits, now or at its next wait."""

    async def wait(self, timeout_s: float | None) -> bool:
        """Wait for a ring; return whether one came before the time was over."""


class EventDoorbell:
    """A doorbell between tasks of one event loop."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake the waiter."""
        self._event.set()

    async def wait(self, timeout_s: float | None) -> bool:
        """Wait for a ring; return whether one came in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True


class FileDoorbell:
    """A doorbell between processes: a file whose change is looked for."""

    def __init__(self, path: Path, interval_s: float = 0.05) -> None:
        self._path = path
        self._interval_s = interval_s
        self._seen = self._stamp()

    def ring(self) -> None:
        """Change the file: it grows by one byte, and starts afresh now and then."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        size = self._stamp()[1]
        with self._path.open("wb" if size > 1024 else "ab") as file:
            file.write(b".")

    async def wait(self, timeout_s: float | None) -> bool:
        """Wait until the file differs from what was last seen."""
        try:
            async with asyncio.timeout(timeout_s):
                while (stamp := self._stamp()) == self._seen:  # noqa: ASYNC110 - another process rings
                    await asyncio.sleep(self._interval_s)
        except TimeoutError:
            return False
        self._seen = stamp
        return True

    def _stamp(self) -> tuple[int, int]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return (0, 0)
        return (status.st_mtime_ns, status.st_size)
