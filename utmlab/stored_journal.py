"""The journal of a data folder, read from its files: with a lab that runs or without.

- Several workers keep a journal each; they are read as one, in the order of time.

Provenance: ours.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING

from foundation.durable.segments import START, Position
from foundation.net.journal import Exchange
from foundation.net.journal_file import read_journal
from liveconnect.config import journal_folders
from utmlab.errors import NothingStoredError
from utmlab.places import Places

if TYPE_CHECKING:
    from pathlib import Path

LOOK_EVERY_S = 0.2


class StoredJournal:
    """A reader that remembers how far it came.

    Raises:
        NothingStoredError: If the data folder holds no lab.
    """

    def __init__(self, places: Places) -> None:
        if not places.liveconnect.is_dir():
            raise NothingStoredError(f"{places.data} holds no lab")
        self._liveconnect = places.liveconnect
        self._positions: dict[Path, Position] = {}

    def more(self) -> list[Exchange]:
        """Return what was added since the last call, oldest first; the first time, everything."""
        found: list[Exchange] = []
        for folder in journal_folders(self._liveconnect):
            exchanges, position = read_journal(folder, self._positions.get(folder, START))
            self._positions[folder] = position
            found += exchanges
        return sorted(found, key=_when)

    async def follow(self) -> AsyncIterator[Exchange]:
        """Yield what is added from now on, until cancelled."""
        while True:
            for exchange in await asyncio.get_running_loop().run_in_executor(None, self.more):
                yield exchange
            await asyncio.sleep(LOOK_EVERY_S)


def _when(exchange: Exchange) -> datetime:
    return exchange.at
