"""What Web Control knows of sites: its own set, what LiveConnect said, and a bounded question.

- A verdict waits for the answer at most 300 ms and for nothing else; then the site counts as
  uncategorized. An answer that comes later is remembered for the next time.
- One question at a time, about all hosts that are waiting; never two about one host.
- After a question without an answer nobody is asked for a while (5 s, doubling to a minute), so
  that browsing offline does not wait for every new site.

Provenance: 300 ms and "offline is uncategorized" are the design's; the pauses are ours.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from endpoint.web_control.category_cache import CategoryCache
from foundation.categories.category import Category, CategorySource
from foundation.categories.lookup_document import LONGEST_HOST, MOST_HOSTS, Answer
from foundation.errors import DomainError
from foundation.service import Tasks

PATIENCE_S: Final = 0.3
FIRST_PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 60.0
MOST_WAITING: Final = 2000

Ask = Callable[[Sequence[str]], Awaitable[dict[str, Answer]]]


class Unknown:
    """A view of what is known that notes the host that nothing is known of."""

    __slots__ = ("_known", "host")

    def __init__(self, known: "SiteKnowledge") -> None:
        self._known = known
        self.host = ""

    def lookup(self, host: str) -> Category | None:
        """Return what is known, and note that nothing is."""
        found = self._known.lookup(host)
        if found is None and self._known.is_askable(host):
            self.host = host
        return found


class SiteKnowledge:
    """The categories of one Web Control.

    Args:
        local: Its own set.
        cache: What LiveConnect said.
        ask: Asks LiveConnect.
        tasks: Owns the questions.
        on_silence: Told when an outage begins.
        patience_s: How long a verdict waits.
    """

    def __init__(
        self,
        local: CategorySource,
        cache: CategoryCache,
        ask: Ask,
        *,
        tasks: Tasks,
        on_silence: Callable[[str], None],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._local, self._cache, self._ask = local, cache, ask
        self._tasks = tasks
        self._on_silence = on_silence
        self._patience_s = patience_s
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._asked: dict[str, asyncio.Future[None]] = {}
        self._is_asking = False
        self._pause_s = 0.0
        self._silent_until_s = 0.0

    def lookup(self, host: str) -> Category | None:
        """Return what is known here and now."""
        found = self._local.lookup(host)
        return found if found is not None else self._cache.lookup(host)

    def noting(self) -> Unknown:
        """Return a view for one evaluation, which notes a host to ask about."""
        return Unknown(self)

    def is_askable(self, host: str) -> bool:
        """Tell whether a question about a host could help."""
        if len(host) > LONGEST_HOST or self._cache.get(host) is not None:
            return False
        return asyncio.get_running_loop().time() >= self._silent_until_s

    async def learn(self, host: str) -> None:
        """Ask about a host; return when it is answered, or after the bounded wait."""
        answered = self._waiting.get(host) or self._asked.get(host)
        if answered is None:
            if len(self._waiting) >= MOST_WAITING:
                return
            answered = self._waiting[host] = asyncio.get_running_loop().create_future()
            if not self._is_asking:
                self._is_asking = True
                self._tasks.start(self._ask_all(), name="category look-up")
        await asyncio.wait({answered}, timeout=self._patience_s)

    async def _ask_all(self) -> None:
        try:
            while self._waiting:
                hosts = list(self._waiting)[:MOST_HOSTS]
                self._asked = {host: self._waiting.pop(host) for host in hosts}
                await self._ask_about(hosts)
                self._settle(self._asked)
        finally:
            self._is_asking = False
            self._settle(self._asked)
            self._settle(self._waiting)

    async def _ask_about(self, hosts: list[str]) -> None:
        loop = asyncio.get_running_loop()
        try:
            answers = await self._ask(hosts)
        except (DomainError, OSError) as error:
            if not self._pause_s:
                self._on_silence(str(error))
            self._pause_s = min(2 * self._pause_s or FIRST_PAUSE_S, LONGEST_PAUSE_S)
            self._silent_until_s = loop.time() + self._pause_s
            self._settle(self._waiting)
            return
        self._pause_s = 0.0
        self._cache.put({host: answers[host] for host in hosts if host in answers})

    def _settle(self, waiting: dict[str, asyncio.Future[None]]) -> None:
        for answered in waiting.values():
            if not answered.done():
                answered.set_result(None)
        waiting.clear()
