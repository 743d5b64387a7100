"""The journal on disk: exchanges that survive a restart, bounded in size.

- What is recorded together is written together, off the loop; no request waits for it.
- A disk that refuses costs exchanges, never an answer; it is told once until it works again.
- A kill may cost what was recorded in the last moment; what is there stays readable.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from foundation.durable.segments import START, Position, SegmentLimits, Segments, read_lines
from foundation.net.journal import Exchange, decode, encode
from foundation.service import Tasks

MOST_WAITING = 10_000


class JournalFile:
    """The writer of a journal's folder.

    Args:
        folder: Where the segments lie.
        limits: How much is kept.
        on_failure: Told of the first write that the disk refuses.
    """

    def __init__(
        self, folder: Path, limits: SegmentLimits, on_failure: Callable[[OSError], None]
    ) -> None:
        self._segments = Segments(folder, limits)
        self._on_failure = on_failure
        self._failing = False
        self._waiting: deque[Exchange] = deque(maxlen=MOST_WAITING)
        self._writing: asyncio.Task[None] | None = None
        self._tasks = Tasks()

    async def open(self) -> None:
        """Go on where the last run ended.

        Raises:
            OSError: If the disk refuses.
        """
        await asyncio.get_running_loop().run_in_executor(None, self._segments.open)

    def keep(self, exchange: Exchange) -> None:
        """Have an exchange written soon."""
        self._waiting.append(exchange)
        if self._writing is None or self._writing.done():
            self._writing = self._tasks.start(self._drain(), name="journal")

    async def close(self) -> None:
        """Write what waits and close the file."""
        if self._writing is not None:
            await self._writing
        self._segments.close()

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group = list(self._waiting)
            self._waiting.clear()
            try:
                await loop.run_in_executor(None, self._write, group)
            except OSError as error:
                if not self._failing:
                    self._on_failure(error)
                self._failing = True
            else:
                self._failing = False

    def _write(self, group: list[Exchange]) -> None:
        self._segments.append(encode(one) for one in group)


def read_journal(folder: Path, after: Position = START) -> tuple[list[Exchange], Position]:
    """Return the stored exchanges after a position, oldest first, and the position behind them.

    A line that is no exchange is passed over.
    """
    lines, position = read_lines(folder, after)
    return list(_decoded(lines)), position


def _decoded(lines: list[bytes]) -> Iterator[Exchange]:
    for line in lines:
        try:
            yield decode(line)
        except ValueError:
            continue
