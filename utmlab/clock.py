"""Virtual time: an event loop that jumps to the next timer instead of waiting for it.

A stack on this loop lives through an hour or a week as fast as its work allows, over real
sockets, real TLS and real SQLite. Components notice nothing: they wait with asyncio's own `sleep`
and `timeout`, and take `VirtualClock.now` for their stamps.

Two paces:

* `auto` (tests, batch): time jumps whenever nothing is left to do at the present instant.
* `stepped` (`up --clock virtual`): time runs at real pace; `advance` runs every timer that falls
  due in the span, then real pace goes on from there.

Invariants:

* Time jumps only when no callback is ready, the selector has nothing and no executor job is
  under way. A held request does not count: it waits for a timer or an event like everything else.
* `time()` never goes back, in either pace and across `advance`.
* Time is counted in whole nanoseconds, so that a week of jumps does not drift.
* Work in other processes is invisible from here: virtual time is for one process. In `stepped`
  pace a client of another process that has just been heard of gets real time for its next bytes.

Provenance: ours.

Example:
    async def an_hour(clock: VirtualClock) -> datetime:
        await asyncio.sleep(3600)
        return clock.now()

    run_virtual(an_hour, start=datetime(2026, 11, 20, tzinfo=UTC))
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import selectors
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar, TypeVarTuple, Unpack

from utmlab.visitors import Visitors

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Executor, Future

    from _typeshed import FileDescriptorLike

Pace = Literal["auto", "stepped"]

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

_NANOSECONDS = 1_000_000_000
_MARKER_S = 1.0
"""How long a marker may be under way; a kernel that drops it must not stop time for ever."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio loop whose clock is ours.

    Args:
        pace: `auto` jumps whenever idle, `stepped` follows the real clock between advances.
    """

    def __init__(self, *, pace: Pace = "auto") -> None:
        self._visitors = Visitors()
        # In `auto` nobody comes from outside, and a look at every connection would cost.
        watched = self._visitors if pace == "stepped" else None
        super().__init__(_JumpingSelector(self._idle, watched))
        # asyncio takes timers within this span together. Its own nanosecond vanishes in a float
        # of a hundred days, and a timer that is due would never be seen as due.
        self._clock_resolution = 1e-6
        self._pace: Pace = pace
        self._elapsed_ns = 0
        self._real_origin_ns = self._real_ns()
        self._goal: tuple[int, asyncio.Future[None]] | None = None
        self._advancing = asyncio.Lock()
        self._jobs = 0
        self._default_threads: ThreadPoolExecutor | None = None

    @property
    def pace(self) -> Pace:
        """How time moves between advances."""
        return self._pace

    @property
    def goal_s(self) -> float | None:
        """The time at which an advance that is under way ends, or None."""
        return None if self._goal is None else self._goal[0] / _NANOSECONDS

    def time(self) -> float:
        """Seconds since the start of this loop, in virtual time."""
        return self._now_ns() / _NANOSECONDS

    async def advance(self, seconds: float) -> None:
        """Run every timer due within the next `seconds`; return when the span has passed.

        Simultaneous calls queue: their spans add up.

        Raises:
            ValueError: the span is negative or not a number.
        """
        if not math.isfinite(seconds) or seconds < 0:
            raise ValueError(f"time only goes forward by a finite span, not by {seconds}")
        async with self._advancing:
            self._elapsed_ns = self._now_ns()
            reached: asyncio.Future[None] = self.create_future()
            self._goal = (self._elapsed_ns + round(seconds * _NANOSECONDS), reached)
            try:
                await reached
            finally:
                self._goal = None
                self._real_origin_ns = self._real_ns()

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[_Ts]], _T], *args: *_Ts
    ) -> asyncio.Future[_T]:
        """Run a blocking call off the loop; time stands still until its result is delivered.

        `getaddrinfo`, `getnameinfo` and `asyncio.to_thread` come through here as well.
        """
        job = (executor or self._threads()).submit(func, *args)
        self._jobs += 1
        delivered = asyncio.wrap_future(job, loop=self)
        delivered.add_done_callback(lambda _: self._job_delivered(job, delivered.cancelled()))
        return delivered

    def set_default_executor(self, executor: ThreadPoolExecutor) -> None:  # type: ignore[override]
        """Use this executor for `run_in_executor(None, ...)` and name look-ups."""
        super().set_default_executor(executor)
        self._default_threads = executor

    async def shutdown_default_executor(self, *timeout: float | None) -> None:
        """Wait for the threads with the clock stopped, so that no virtual time-out overtakes."""
        self._jobs += 1
        try:
            await super().shutdown_default_executor(*timeout)
        finally:
            self._jobs -= 1

    def _threads(self) -> ThreadPoolExecutor:
        if self._default_threads is None:
            self.set_default_executor(ThreadPoolExecutor(thread_name_prefix="virtual-loop"))
        assert self._default_threads is not None  # noqa: S101  # just set
        return self._default_threads

    def _job_delivered(self, job: Future[Any], cancelled: bool) -> None:
        if cancelled and not job.done():  # nobody waits for it, but its thread is still at work
            job.add_done_callback(lambda _: self._wake(self._job_over))
        else:
            self._job_over()

    def _job_over(self) -> None:
        self._jobs -= 1

    def _wake(self, callback: Callable[[], None]) -> None:
        if not self.is_closed():
            self.call_soon_threadsafe(callback)

    def _real_ns(self) -> int:
        return round(super().time() * _NANOSECONDS)

    def _now_ns(self) -> int:
        if self._pace == "stepped" and self._goal is None:
            return self._elapsed_ns + max(0, self._real_ns() - self._real_origin_ns)
        return self._elapsed_ns

    def _idle(self, timeout: float | None) -> bool:
        """Move the clock if it may move; the selector asks when nothing is left to do.

        Args:
            timeout: seconds to the next timer, None without one. asyncio cuts it at one day.

        Returns:
            Whether the clock moved or the loop has work again. If not, the selector has to wait,
            as on any other loop.
        """
        if self._jobs or self._visitors.are_busy():
            return False
        step = None if timeout is None else max(1, round(timeout * _NANOSECONDS))
        if self._goal is None:
            if self._pace == "stepped" or step is None:
                return False
            self._elapsed_ns += step
            return True
        target, reached = self._goal
        if step is not None and self._elapsed_ns + step <= target:
            self._elapsed_ns += step
        else:
            self._elapsed_ns = target
            if not reached.done():
                reached.set_result(None)
        return True


class VirtualClock:
    """The wall clock of a virtual loop: what components take as `now`.

    Args:
        loop: the loop whose time this clock shows.
        start: aware instant at which the loop's time is zero.
    """

    def __init__(self, loop: VirtualLoop, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware instant; give it a time zone")
        self._loop = loop
        self._start = start.astimezone(UTC)

    @property
    def start(self) -> datetime:
        """The instant at which virtual time began."""
        return self._start

    @property
    def pace(self) -> Pace:
        """How time moves between advances."""
        return self._loop.pace

    def now(self) -> datetime:
        """The present virtual instant, aware, in UTC."""
        return self._start + timedelta(seconds=self._loop.time())

    @property
    def advancing_to(self) -> datetime | None:
        """Where an advance that is under way ends, or None."""
        goal_s = self._loop.goal_s
        return None if goal_s is None else self._start + timedelta(seconds=goal_s)

    async def advance(self, seconds: float) -> None:
        """Run every timer due within the next `seconds`; see `VirtualLoop.advance`."""
        await self._loop.advance(seconds)


def run_virtual(
    main: Callable[[VirtualClock], Coroutine[Any, Any, _T]],
    *,
    start: datetime,
    pace: Pace = "auto",
) -> _T:
    """Run `main(clock)` on a fresh virtual loop, clean up as `asyncio.run` does, return its result.

    Args:
        main: coroutine function that is given the clock.
        start: aware instant at which virtual time begins.
        pace: `auto` or `stepped`.
    """
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(pace=pace)) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, VirtualLoop)  # noqa: S101  # our own factory made it
        return runner.run(main(VirtualClock(loop, start)))


class _Marker:
    """A datagram to oneself: once it is back, what was sent over loopback before it has arrived.

    The kernel delivers loopback data inside the sender's own call, but may leave it to a kernel
    thread, in the order in which it was sent. Waiting for the marker keeps a jump from overtaking
    bytes under way; giving the processor away instead would cost a time slice per jump as soon as
    the machine is busy.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.connect(self._socket.getsockname())
        self._socket.settimeout(_MARKER_S)

    def send_and_wait(self) -> None:
        """Return when everything that was sent before has arrived."""
        self._socket.send(b".")
        with contextlib.suppress(TimeoutError):
            self._socket.recv(1)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


class _JumpingSelector(selectors.DefaultSelector):
    """The platform's selector, except that an idle wait may become a jump of the clock."""

    def __init__(
        self, idle: Callable[[float | None], bool], visitors: Visitors | None = None
    ) -> None:
        super().__init__()
        self._idle = idle
        self._visitors = visitors
        self._marker = _Marker()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready now; with nothing ready jump, and wait only if that is refused."""
        ready = super().select(0)
        if self._visitors is not None:
            self._visitors.heard_from(key.fd for key, _ in ready)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        self._marker.send_and_wait()
        ready = super().select(0)
        if ready:
            return ready
        if self._idle(timeout):
            return []
        if self._visitors is not None and self._visitors.are_busy():
            pause_s = self._visitors.grace_left_s()
            timeout = pause_s if timeout is None else min(timeout, pause_s)
        ready = super().select(timeout)
        if self._visitors is not None:
            self._visitors.heard_from(key.fd for key, _ in ready)
        return ready

    def register(
        self, fileobj: FileDescriptorLike, events: int, data: Any = None
    ) -> selectors.SelectorKey:
        """Watch a file; a new connection may be a visitor's."""
        key = super().register(fileobj, events, data)
        if self._visitors is not None:
            self._visitors.came(key.fd)
        return key

    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        """Watch a file no more."""
        key = super().unregister(fileobj)
        if self._visitors is not None:
            self._visitors.left(key.fd)
        return key

    def close(self) -> None:
        """Close the selector and the marker's socket."""
        self._marker.close()
        super().close()
