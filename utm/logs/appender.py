"""The appender: one task that writes what is spooled, each line exactly once.

* `ring` wakes it after a commit; midnight wakes it without one, to rotate.
* A full disk keeps the lines in the spool. They are tried again with growing pauses, however
  often it is rung meanwhile, and `on_warning` hears of it once per outage.
* The steps and why they are safe to be killed at: `log_folder`.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from foundation.checkpoints import NO_CHECKPOINTS, Checkpoints
from foundation.durable.writer import Writer
from foundation.service import Now, Service, Tasks
from utm.logs.log_folder import LogFolder, OnWritten, nobody
from utm.logs.midnight import local_day, next_midnight

LONGEST_WAIT_S = 600.0
"""A wall clock may jump past midnight while the loop's clock does not: look now and then."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


Tell = Callable[[Database], None]
"""Works inside the transaction that it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppenderTrouble:
    """Why lines stay in the spool at present."""

    since: datetime
    sentence: str


class Appender(Service):
    """Writes the logs of one UTM into one folder.

    Args:
        writer: The open writer of the UTM's database; `spool.SCHEMA` is one of its schemas.
        folder: Where the logs are; made if needed.
        zone: The UTM's time zone.
        now: The clock.
        checkpoints: Where a test may kill the process.
        on_warning: Hears one sentence per outage of the disk.
        on_written: Hears of lines that are in their file now.

    Attributes:
        trouble: Why lines wait, or None when the disk takes them.
    """

    def __init__(
        self,
        writer: Writer,
        folder: Path,
        *,
        zone: ZoneInfo,
        now: Now,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
        on_warning: Callable[[str], None] | None = None,
        on_written: OnWritten = nobody,
    ) -> None:
        self.trouble: AppenderTrouble | None = None
        self._files = LogFolder(
            writer, folder, zone=zone, checkpoints=checkpoints, on_written=on_written
        )
        self._zone = zone
        self._now = now
        self._on_warning = on_warning
        self._tasks = Tasks()
        self._task: asyncio.Task[None] | None = None
        self._rung = asyncio.Event()
        self._asked = asyncio.Event()
        self._waiters: list[asyncio.Future[bool]] = []
        self._to_clear: list[tuple[str, Tell]] = []
        self._is_settled = False
        self._is_stopping = False
        self._pause_s = FIRST_PAUSE_S

    async def start(self) -> None:
        """Settle the files with what is committed, write what waits, then listen."""
        self._is_stopping = self._is_settled = False
        self._task = self._tasks.start(self._run(), name="log appender")
        await self.drain()
        if self._task.done():
            await self._task  # raises what ended it

    async def stop(self) -> None:
        """Write what waits, as far as the disk allows, and end."""
        self._is_stopping = True
        await self.drain()
        await self._tasks.close()

    async def quiesce(self) -> None:
        """Write what waits."""
        await self.drain()

    async def load(self) -> None:
        """Settle the files again: folder and database were replaced."""
        self._is_settled = False
        await self.drain()

    def ring(self) -> None:
        """Say that lines were committed to the spool; costs nothing."""
        self._rung.set()

    async def drain(self) -> bool:
        """Wait until all that is spooled now was tried; return whether it is in the files."""
        if self._task is None or self._task.done():
            return False
        waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._asked.set()
        self._rung.set()
        return await waiter

    async def clear(self, log: str, tell: Tell) -> bool:
        """Empty the file of a log, with what was spooled for it so far.

        Args:
            log: Its name.
            tell: Writes down who cleared it, in the same transaction.

        Returns:
            Whether it was done; a disk in trouble, or an appender that has ended, does nothing.
        """
        asked = (log, tell)
        self._to_clear.append(asked)
        await self.drain()
        if asked not in self._to_clear:
            return True
        self._to_clear.remove(asked)
        return False

    async def _run(self) -> None:
        waiters: list[asyncio.Future[bool]] = []
        try:
            while not self._is_stopping or self._waiters:
                self._rung.clear()
                self._asked.clear()
                waiters, self._waiters = self._waiters, []
                _answer(waiters, await self._attempt())
                if not self._is_stopping and not self._waiters:
                    await self._wait()
        finally:
            _answer([*waiters, *self._waiters], False)

    async def _attempt(self) -> bool:
        today = local_day(self._now(), self._zone)
        try:
            if not self._is_settled:
                await self._files.settle(today)
                self._is_settled = True
            await self._files.write_waiting()
            await self._files.rotate_before(today)
            while self._to_clear:
                await self._files.clear(*self._to_clear[0])
                del self._to_clear[0]
                await self._files.write_waiting()
        except (OSError, sqlite3.Error) as error:
            self._note_trouble(error)
            return False
        self.trouble, self._pause_s = None, FIRST_PAUSE_S
        return True

    async def _wait(self) -> None:
        # In trouble only somebody who asks shortens the pause: a busy UTM rings all the time.
        bell = self._rung if self.trouble is None else self._asked
        try:
            async with asyncio.timeout(self._seconds_to_wait()):
                await bell.wait()
        except TimeoutError:
            return

    def _seconds_to_wait(self) -> float:
        if self.trouble is not None:
            pause, self._pause_s = self._pause_s, min(self._pause_s * 2, LONGEST_PAUSE_S)
            return pause
        now = self._now()
        until_midnight = (next_midnight(now, self._zone) - now).total_seconds()
        return min(max(until_midnight, 0.0), LONGEST_WAIT_S)

    def _note_trouble(self, error: OSError | sqlite3.Error) -> None:
        if self.trouble is not None:
            return
        sentence = f"Log lines wait, since they cannot be written to {self._files.path}: {error}"
        self.trouble = AppenderTrouble(since=self._now(), sentence=sentence)
        if self._on_warning is not None:
            self._on_warning(sentence)


def _answer(waiters: Sequence[asyncio.Future[bool]], result: bool) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(result)
