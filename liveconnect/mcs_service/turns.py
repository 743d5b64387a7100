"""Whose turn it is to be stored: what endpoints tell waits while others are about to fetch.

- After a change thousands report at once while others have yet to fetch what changed; a report
  that comes a moment later does nobody harm, a policy that comes later does. Who reports waits for
  the answer, also with what comes for it meanwhile: the other reason why nobody waits for long.
- A rush of those who fetch is waited for, a single one is not.
- Nobody waits for long: a report that has waited `longest_s` goes on whatever else is asked, and
  when `most_waiting` wait the oldest go on.
- Reports are let in in the order in which they came, some at a time.

Provenance: ours.
"""

import asyncio
from collections import deque
from types import TracebackType
from typing import Final

AT_A_TIME: Final = 100
"""Documents that are read and stored at a time."""
RUSH: Final = 100
RUSH_S: Final = 0.2
"""So many acknowledgements and fetches within so long are a rush: more than one makes that comes
new, fewer than a tenth of what is served when thousands fetch."""
LOOK_S: Final = 0.02
LONGEST_S: Final = 2.0


class Turns:
    """A context that is entered when it is a report's turn, and left when it is stored.

    Args:
        most_waiting: How many reports may give way at a time.
        longest_s: How long one may.
    """

    def __init__(self, most_waiting: int, *, longest_s: float = LONGEST_S) -> None:
        self._most_waiting = most_waiting
        self._longest_s = longest_s
        self._asked_at_s: deque[float] = deque(maxlen=RUSH)
        self._working = 0
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def someone_fetches(self) -> None:
        """Take note of a request that goes before reports."""
        self._asked_at_s.append(asyncio.get_running_loop().time())

    async def __aenter__(self) -> None:
        """Wait for a turn."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append((loop.time() + self._longest_s, turn))
        self._let_in()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._end()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the turn."""
        self._end()

    def _end(self) -> None:
        self._working -= 1
        self._let_in()

    def _let_in(self) -> None:
        now_s = asyncio.get_running_loop().time()
        asked_at_s = self._asked_at_s
        is_rush = len(asked_at_s) == RUSH and now_s - asked_at_s[0] < RUSH_S
        while self._waiting and self._working < AT_A_TIME:
            until_s, turn = self._waiting[0]
            may_wait = now_s < until_s and len(self._waiting) <= self._most_waiting
            if is_rush and may_wait and not turn.done():
                self._look_again_later()
                return
            self._waiting.popleft()
            if not turn.done():  # otherwise who waited has left
                self._working += 1
                turn.set_result(None)

    def _look_again_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def _look(self) -> None:
        self._timer = None
        self._let_in()
