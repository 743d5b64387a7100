"""Intents of one kind that wait at the same time, done as one piece of work.

- A piece takes what waits when it runs, so the busier a store is, the more is done together.
- When a piece fails as a whole, each intent is done again as a piece of its own: one that cannot
  be stored fails alone. What says that nothing can be stored now fails for all of them.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from foundation.service import Tasks
from liveconnect.refusals import RefusedError
from liveconnect.store.sql import Sql

MOST_AT_ONCE = 500
"""A piece of acknowledgements is some 30 ms of work then; what thousands ask for is a handful of
pieces instead of dozens, each of which would wait for several turns of a busy loop."""
Asked = TypeVar("Asked")
Done = TypeVar("Done")
Work = Callable[[Sql, Sequence[Asked]], Sequence[Done | RefusedError]]
Write = Callable[[Callable[[Sql], Any]], Awaitable[Any]]


class Gathering(Generic[Asked, Done]):
    """One kind of intent.

    Args:
        write: Runs a piece; a piece may be run again from its beginning.
        work: Does intents, in their order; an outcome or a refusal stands for each.
        name: Of its task.
    """

    def __init__(self, write: Write, work: Work[Asked, Done], *, name: str) -> None:
        self._write = write
        self._work = work
        self._name = name
        self._waiting: deque[tuple[Asked, asyncio.Future[Done]]] = deque()
        self._handing_in: asyncio.Task[None] | None = None
        self._tasks = Tasks()

    async def do(self, asked: Asked) -> Done:
        """Do one intent; return after its commit."""
        answer: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._handing_in is None:
            self._handing_in = self._tasks.start(self._hand_in(), name=self._name)
        return await answer

    async def finish(self) -> None:
        """Wait until all that was asked for is done; the store can be closed then."""
        while self._handing_in is not None:
            await asyncio.wait((self._handing_in,))

    async def _hand_in(self) -> None:
        try:
            while self._waiting:
                await self._one_piece()
        finally:
            self._handing_in = None

    async def _one_piece(self) -> None:
        taken: list[tuple[Asked, asyncio.Future[Done]]] = []

        def piece(sql: Sql) -> Sequence[Done | RefusedError]:
            # On whatever thread the store writes: what came until now, and nothing twice.
            while self._waiting and len(taken) < MOST_AT_ONCE:
                taken.append(self._waiting.popleft())
            return self._work(sql, [asked for asked, _ in taken])

        try:
            outcomes = await self._write(piece)
        except RefusedError as error:  # the store's own: nothing can be stored now
            for _, answer in taken or self._emptied():
                _answer(answer, error)
        except Exception:  # noqa: BLE001 - whose fault it is shows when each is alone
            await asyncio.gather(*(self._alone(*each) for each in taken or self._emptied()))
        except BaseException:
            for _, answer in taken or self._emptied():
                answer.cancel()
            raise
        else:
            for (_, answer), outcome in zip(taken, outcomes, strict=True):
                _answer(answer, outcome)

    async def _alone(self, asked: Asked, answer: "asyncio.Future[Done]") -> None:
        try:
            (outcome,) = await self._write(lambda sql: self._work(sql, [asked]))
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            outcome = error
        _answer(answer, outcome)

    def _emptied(self) -> list[tuple[Asked, "asyncio.Future[Done]"]]:
        taken = list(self._waiting)
        self._waiting.clear()
        return taken


def _answer(answer: "asyncio.Future[Done]", outcome: Done | Exception) -> None:
    if answer.done():  # the caller was cancelled; what it asked for is stored all the same
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
