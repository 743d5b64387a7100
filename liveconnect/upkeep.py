"""What LiveConnect does by itself, once per poll interval.

- Writes when endpoints were seen and what they fetched, some hundred at a time: whatever waits for
  a commit meanwhile has its turn in between.
- Expires commands, and assigns again what endpoints acknowledged and do not have.
- Once a day it forgets what nobody can ask for any more.
"""

import asyncio
from datetime import datetime, timedelta

from foundation.operations_log import OperationsLog
from foundation.service import Now
from liveconnect.refusals import StoreFailedError
from liveconnect.roster import Roster
from liveconnect.store.port import Store

SHORTEST_ROUND_S = 1.0
AT_A_TIME = 500
TIDY_EVERY = timedelta(days=1)


class Upkeep:
    """The background work of one LiveConnect."""

    def __init__(
        self, store: Store, roster: Roster, log: OperationsLog, *, interval_s: float, now: Now
    ) -> None:
        self._store = store
        self._roster = roster
        self._log = log
        self._round_s = max(SHORTEST_ROUND_S, interval_s)
        self._now = now
        self._tidied: datetime | None = None

    async def run(self) -> None:
        """Work until cancelled; a full disk is told and tried again."""
        while True:
            await asyncio.sleep(self._round_s)
            try:
                await self.one_round()
            except StoreFailedError as error:
                self._log.record("upkeep_failed", sentence=error)

    async def one_round(self) -> None:
        """Do one round now."""
        await self.flush()
        now = self._now()
        changed = await self._store.keep_up(now)
        self._roster.apply(changed)
        for snapshot in changed:
            self._log.record("queue_renewed", endpoint=snapshot.endpoint_id)
        if self._tidied is None or now - self._tidied >= TIDY_EVERY:
            await self._store.tidy(now)
            self._tidied = now

    async def flush(self) -> None:
        """Write what only the memory knows."""
        seen, fetches = self._roster.unsaved()
        for start in range(0, max(len(seen), len(fetches)), AT_A_TIME):
            some = slice(start, start + AT_A_TIME)
            await self._store.record_seen(dict(seen[some]), fetches[some])
