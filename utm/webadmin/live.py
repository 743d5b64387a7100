"""Live parts of a page by server-sent events: what changed is sent, ready to be put in.

- A part is an element with an id; the browser replaces the element of that id. In a list (a
  `tbody` with an id) parts come in order, and what is no longer named goes.
- Parts are made anew when the database was written to, and every `refresh_s` because of the
  present itself; only those that differ are sent.
- A stream ends with its session, with the application, or with the browser.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from sqlite_utils import Database

from utm.webadmin.errors import TooManyStreamsError
from utm.webadmin.gate import COOKIE
from utm.webadmin.keys import BELL, SESSIONS
from utm.webadmin.visit import Visit

TICK_S: Final = 1.0
REFRESH_S: Final = 5.0
"""Also the heart beat: a browser that left is noticed by a write."""
MOST_STREAMS: Final = 12
"""Of one session at a time: a page needs one."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Elements by id, and lists of them by the id of what holds them."""

    html: Mapping[str, str]
    lists: Mapping[str, list[str]] = field(default_factory=dict)


class StreamBell:
    """Rings when the application ends."""

    def __init__(self) -> None:
        self._ended = asyncio.Event()

    def ring(self) -> None:
        """End every stream."""
        self._ended.set()

    async def wait(self, timeout_s: float) -> bool:
        """Wait for the end; return whether it came."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._ended.wait()
        except TimeoutError:
            return False
        return True


async def stream(
    visit: Visit,
    make: Callable[[], Awaitable[Parts]],
    *,
    tick_s: float = TICK_S,
    refresh_s: float = REFRESH_S,
) -> web.StreamResponse:
    """Answer with events until somebody leaves.

    Args:
        visit: Whose stream it is.
        make: Makes the parts as they are now.
        tick_s: How often it looks whether something was written.
        refresh_s: How often the parts are made in any case.
    """
    request = visit.request
    with one_more_stream(visit):
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        sender = _Sender(answer)
        clock = asyncio.get_running_loop().time
        mark, made_at = -1, clock()
        try:
            while is_session_open(visit):
                seen = await visit.read(_writes)
                if seen != mark or clock() - made_at >= refresh_s:
                    mark, made_at = seen, clock()
                    await sender.send(await make())
                if await request.app[BELL].wait(tick_s):
                    break
        except ConnectionError:  # the browser left
            return answer
        await answer.write_eof()
        return answer


@contextmanager
def one_more_stream(visit: Visit) -> Iterator[None]:
    """Count a stream of a session while it is open.

    Raises:
        TooManyStreamsError: If the session has as many as it may.
    """
    session = visit.session
    if session.streams >= MOST_STREAMS:
        raise TooManyStreamsError(f"{MOST_STREAMS} live pages of this session are open")
    session.streams += 1
    try:
        yield
    finally:
        session.streams -= 1


class _Sender:
    """Sends what differs from what was sent before."""

    def __init__(self, answer: web.StreamResponse) -> None:
        self._answer = answer
        self._html: Mapping[str, str] = {}
        self._lists: Mapping[str, list[str]] = {}

    async def send(self, parts: Parts) -> None:
        changed = {id_: html for id_, html in parts.html.items() if self._html.get(id_) != html}
        if not changed and parts.lists == self._lists:
            await self._answer.write(b": still here\n\n")
            return
        self._html, self._lists = parts.html, parts.lists
        data = json.dumps({"parts": changed, "lists": parts.lists})
        await self._answer.write(f"event: parts\ndata: {data}\n\n".encode())


def is_session_open(visit: Visit) -> bool:
    """Whether the session of a stream is still there; streams do not count as use."""
    token = visit.request.cookies.get(COOKIE, "")
    return visit.request.app[SESSIONS].find(token, visit.now, is_use=False) is not None


def _writes(db: Database) -> int:
    """Return a number that grows with every row written; all writing is on this connection."""
    count: int = db.conn.total_changes
    return count
