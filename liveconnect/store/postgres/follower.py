"""What other workers change, brought into this worker's memory.

- One connection listens. A notice only says "look": what changed is read by its number.
- Without a notice it looks every `HEARTBEAT_S`. So it knows that the connection is alive, and since
  when the memory may be behind: `is_current` is true for `STALE_AFTER_S` after a look began.
- A worker that is not current looks before it answers (`catch_up`), or refuses to answer. Before it
  refuses somebody whom another worker may have enrolled just now, it looks again (`look_again`).
- Keys that cannot be taken over (a full disk) are tried again at each look. Until then nothing is
  current, and who waits is told why.
- A lost connection is made again, with growing pauses; then everybody who is held is woken.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from foundation.operations_log import OperationsLog
from foundation.protocol.reasons import Reason
from liveconnect.clones import EnteredSession
from liveconnect.key_files import Files
from liveconnect.refusals import StoreUnavailableError
from liveconnect.store.loading import Chosen, load_endpoints
from liveconnect.store.postgres.connecting import CONNECT_TIMEOUT_S, UNAVAILABLE, connected, said
from liveconnect.store.postgres.keys import kept_keys
from liveconnect.store.postgres.readers import read_on
from liveconnect.store.postgres.schema import ENDPOINTS_CHANNEL, REPORTS_CHANNEL
from liveconnect.store.postgres.sessions import sessions_of
from liveconnect.store.postgres.sql import PostgresSql
from liveconnect.store.postgres.store import unavailable
from liveconnect.store.records import EndpointRecord

HEARTBEAT_S = 0.25
GATHER_S = 0.05
"""After a notice: what others commit in the meantime is read in the same look."""
STALE_AFTER_S = 1.0
LOOK_TIMEOUT_S = 10.0
"""A database that is slower is away; who has to wait for it is refused."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
MOST_AT_ONCE = 500
"""Endpoints read in one go: more would hold up the polls."""
_CHANGED = """
SELECT kind, id, revision, change FROM (
    (SELECT 'endpoint' AS kind, id, revision, change FROM endpoints
        WHERE change > ? ORDER BY change LIMIT ?)
    UNION ALL
    (SELECT 'session', endpoint_id, 0, change FROM sessions
        WHERE change > ? ORDER BY change LIMIT ?)
    UNION ALL
    (SELECT 'key', name, 0, change FROM keys WHERE change > ?)) AS changed
ORDER BY change LIMIT ?
"""


class _KeysNotTakenError(Exception):
    """Keys that were changed cannot be used; the database is not to blame."""


class Memory(Protocol):
    """What the follower keeps current."""

    def has(self, endpoint_id: str, revision: int) -> bool:
        """Tell whether this state of an endpoint, or a newer one, is in it."""

    def take(self, endpoints: Sequence[EndpointRecord]) -> None:
        """Take endpoints in as they were committed."""

    def sessions_came(self, entries: Sequence[EnteredSession]) -> None:
        """Take in what is entered of sessions."""

    async def keys_came(self, files: Files) -> None:
        """Use these keys from now on; they may be the ones that are used.

        Raises:
            OSError: If a file cannot be written or read.
        """

    def reports_came(self, tenant: str | None) -> None:
        """Hear that a UTM has reports; without a name, that any may have."""


class Follower:
    """Follows one database for one worker."""

    def __init__(self, url: str, memory: Memory, log: OperationsLog, *, name: str) -> None:
        self._url = url
        self._memory = memory
        self._log = log
        self._name = name
        self._position = 0
        self._heard_at = float("-inf")
        self._is_away = False
        self._keys_fault = ""
        self._rung = asyncio.Event()
        self._looked = asyncio.Event()

    @property
    def is_current(self) -> bool:
        """Whether the memory is behind the database by no more than it may."""
        return asyncio.get_running_loop().time() - self._heard_at <= STALE_AFTER_S

    def begin_after(self, position: int) -> None:
        """Take it that everything up to this change is in the memory."""
        self._position = position

    async def first_look(self) -> None:
        """Return when the first look is done.

        Raises:
            StoreUnavailableError: If the database does not answer.
        """
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                while self._heard_at == float("-inf"):
                    await self._looked.wait()
        except TimeoutError as error:
            raise unavailable(error) from error

    async def catch_up(self) -> None:
        """Return when the memory is current.

        Raises:
            StoreUnavailableError: If the database does not answer.
        """
        await self._heard_since(asyncio.get_running_loop().time() - STALE_AFTER_S)

    async def look_again(self) -> None:
        """Return when all that is committed now is in the memory.

        Raises:
            StoreUnavailableError: If the database does not answer.
        """
        await self._heard_since(asyncio.get_running_loop().time())

    async def _heard_since(self, moment: float) -> None:
        self._rung.set()
        try:
            async with asyncio.timeout(LOOK_TIMEOUT_S):
                while self._heard_at < moment:
                    if self._is_away:
                        raise ConnectionError("the connection is lost")
                    if self._keys_fault:
                        raise StoreUnavailableError(Reason.STORE_UNAVAILABLE, self._keys_fault)
                    await self._looked.wait()
                    self._rung.set()
        except UNAVAILABLE as error:
            raise unavailable(error) from error

    async def run(self) -> None:
        """Follow until cancelled."""
        pause_s, is_lost = FIRST_PAUSE_S, False
        while True:
            try:
                async with self._listening() as sql:
                    if is_lost:
                        self._log.record("database_found")
                    pause_s, is_lost = FIRST_PAUSE_S, False
                    self._memory.reports_came(None)
                    await self._follow(sql)
            except UNAVAILABLE as error:
                if not is_lost:
                    self._log.record("database_lost", sentence=said(error))
                    pause_s, is_lost = FIRST_PAUSE_S, True
                else:  # not even a new connection can be had: nobody waits for it
                    self._is_away = True
                    self._wake_waiting()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    @contextlib.asynccontextmanager
    async def _listening(self) -> AsyncIterator[PostgresSql]:
        connection = await connected(
            self._url, name=f"{self._name} follower", timeout_s=LOOK_TIMEOUT_S
        )
        try:
            await connection.add_listener(ENDPOINTS_CHANNEL, self._on_endpoints)
            await connection.add_listener(REPORTS_CHANNEL, self._on_reports)
            self._is_away = False
            yield PostgresSql(connection)
        finally:
            connection.terminate()

    async def _follow(self, sql: PostgresSql) -> None:
        while True:
            self._rung.clear()
            began = asyncio.get_running_loop().time()
            try:
                while await self._take_some(sql):
                    pass
            except _KeysNotTakenError as error:
                self._keys_failed(str(error))
            else:
                self._heard_at, self._keys_fault = began, ""
            self._wake_waiting()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S):
                    await self._rung.wait()
                    await asyncio.sleep(GATHER_S)

    def _keys_failed(self, sentence: str) -> None:
        if sentence != self._keys_fault:
            self._log.record("keys_not_taken", sentence=sentence)
        self._keys_fault = sentence

    def _wake_waiting(self) -> None:
        self._looked.set()
        self._looked = asyncio.Event()

    async def _take_some(self, sql: PostgresSql) -> bool:
        """Take in what changed next; tell whether there may be more."""
        position, most = self._position, MOST_AT_ONCE
        arguments = [position, most, position, most, position, most]
        changed = (await sql.fetch(_CHANGED, arguments)).fetchall()
        if not changed:
            return False
        if any(row[0] == "key" for row in changed):
            await self._take_keys(await read_on(sql, kept_keys))
        spoken = [row[1] for row in changed if row[0] == "session"]
        if spoken:
            self._memory.sessions_came(await read_on(sql, lambda db: sessions_of(db, spoken)))
        endpoints = [row[1:3] for row in changed if row[0] == "endpoint"]
        unknown = [name for name, revision in endpoints if not self._memory.has(name, revision)]
        if unknown:
            # Of one committed state: a queue must belong to its revision.
            chosen = Chosen("= ANY(?)", (unknown,))
            self._memory.take(await read_on(sql, lambda db: load_endpoints(db, chosen)))
        self._position = changed[-1][3]
        return len(changed) == MOST_AT_ONCE

    async def _take_keys(self, files: Files) -> None:
        try:
            await self._memory.keys_came(files)
        except OSError as error:  # of a file: the database has answered
            raise _KeysNotTakenError(f"changed keys cannot be taken over: {error}") from error

    def _on_endpoints(self, *_notice: object) -> None:
        self._rung.set()

    def _on_reports(self, _connection: object, _pid: int, _channel: str, tenant: str) -> None:
        self._memory.reports_came(tenant)
