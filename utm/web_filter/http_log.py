"""The way of the gateway's lines into http.log: gathered, committed in groups, then appended.

- A request waits for no disk: its lines are gathered and committed together to the UTM's spool,
  from where the appender writes each exactly once. One commit serves a burst.
- What was gathered and not committed is lost when the process is killed: at most the last
  moments, as with a real proxy's buffer (ours).
- When the disk refuses, the lines wait and are tried again; past a limit the newest are dropped
  and counted, since browsing goes on.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from sqlite_utils import Database

from foundation.durable.writer import Writer
from foundation.service import Tasks
from utm.logs.spool import enqueue
from utm.web_filter.lines import LOG_NAME

GATHER_S: Final = 0.02
PAUSE_S: Final = 1.0
MOST_WAITING: Final = 100_000
_Entry = tuple[datetime, tuple[str, ...]]


class HttpLog:
    """The log of one gateway.

    Args:
        writer: The open writer of the UTM's database.
        on_lines: Called after each commit.

    Attributes:
        dropped: Lines that found no room while the disk refused.
    """

    def __init__(self, writer: Writer, on_lines: Callable[[], None]) -> None:
        self._writer = writer
        self._on_lines = on_lines
        self._waiting: list[_Entry] = []
        self._news = asyncio.Event()
        self._committing = asyncio.Lock()
        self._tasks = Tasks()
        self.dropped = 0

    def start(self) -> None:
        """Begin to commit what is gathered."""
        self._tasks.keep(self._run, name="http.log")

    async def stop(self) -> None:
        """Commit what waits, as far as the disk allows, and end."""
        async with self._committing:  # a commit that is cut short would be made twice
            await self._tasks.close()
        await self.flush()

    def put(self, at: datetime, lines: Iterable[str]) -> None:
        """Gather the lines of one exchange."""
        entry = at, tuple(lines)
        if not entry[1]:
            return
        if len(self._waiting) >= MOST_WAITING:
            self.dropped += len(entry[1])
            return
        self._waiting.append(entry)
        self._news.set()

    async def flush(self) -> bool:
        """Commit what waits now; return whether the disk took it."""
        async with self._committing:
            batch = list(self._waiting)
            if not batch:
                return True
            try:
                await self._writer.write(lambda db: _enqueue(db, batch))
            except sqlite3.Error:
                return False
            del self._waiting[: len(batch)]
        self._on_lines()
        return True

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await asyncio.sleep(GATHER_S)
            while not await self.flush():  # noqa: ASYNC110 - the disk tells nobody
                await asyncio.sleep(PAUSE_S)


def _enqueue(db: Database, batch: list[_Entry]) -> None:
    for at, lines in batch:
        enqueue(db, LOG_NAME, at, lines)
