"""A request body on its way from the client's socket to whoever forwards it.

- Bounded: past the limit it asks its source to pause, and to resume once it was drained.
- It can be discarded: what still comes is counted and dropped, up to a limit.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable


class BodyStream:
    """The pieces of one body; one writer (the parser), one reader (the exchange)."""

    def __init__(
        self, *, limit: int, pause: Callable[[], None], resume: Callable[[], None]
    ) -> None:
        self._limit, self._pause, self._resume = limit, pause, resume
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._is_paused = False
        self._is_discarding = False
        self._news = asyncio.Event()
        self.discarded_bytes = 0
        self.is_complete = False

    def put(self, piece: bytes) -> None:
        """Add a piece."""
        if self._is_discarding:
            self.discarded_bytes += len(piece)
        else:
            self._pieces.append(piece)
            self._held += len(piece)
            if self._held >= self._limit and not self._is_paused:
                self._is_paused = True
                self._pause()
        self._news.set()

    def end(self) -> None:
        """Note that the body is complete."""
        self.is_complete = True
        self._news.set()

    def discard(self) -> None:
        """Drop what is held and what will come."""
        self._is_discarding = True
        self._pieces.clear()
        self._drained()

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the pieces until the body is complete."""
        while True:
            while self._pieces:
                piece = self._pieces.popleft()
                self._held -= len(piece)
                if self._held < self._limit // 2:
                    self._drained()
                yield piece
            if self.is_complete:
                return
            self._news.clear()
            await self._news.wait()

    async def wait_complete(self, *, most_bytes: int) -> bool:
        """Wait until the end or too many discarded bytes; tell whether it is the end."""
        while not self.is_complete and self.discarded_bytes <= most_bytes:
            self._news.clear()
            await self._news.wait()
        return self.is_complete

    async def read(self, most_bytes: int) -> bytes | None:
        """Return a whole small body, or None for one that is larger."""
        collected = bytearray()
        async for piece in self.pieces():
            collected += piece
            if len(collected) > most_bytes:
                return None
        return bytes(collected)

    def _drained(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self._held = sum(map(len, self._pieces))
            self._resume()


def _nothing() -> None:
    """Neither pause nor resume."""


NO_BODY = BodyStream(limit=1, pause=_nothing, resume=_nothing)
"""The body of every request without one: it is complete and stays so."""
NO_BODY.end()
