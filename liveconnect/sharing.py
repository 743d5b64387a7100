"""What a worker shares with the other workers of its database.

- The keys: made once, by the first worker; the others write them into their own folders. Who
  changes them changes the database; all workers follow, that one too.
- The memory: what another worker committed is taken in; held requests are woken; two halves of a
  clone are seen that speak to different workers.
- A LiveConnect on SQLite is alone and shares nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

from foundation.errors import DomainError
from foundation.operations_log import OperationsLog
from foundation.service import Tasks
from liveconnect.ca_steps import trust_to_tell
from liveconnect.clones import CloneWatch, EnteredSession
from liveconnect.config import LiveConnectConfig
from liveconnect.key_files import (
    KEYS,
    Changes,
    Files,
    changed,
    difference,
    read_files,
    write_changes,
)
from liveconnect.report_bells import ReportBells
from liveconnect.roster import Roster
from liveconnect.store.intents_base import StoreSettings
from liveconnect.store.records import EndpointRecord
from liveconnect.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from liveconnect.store.postgres.follower import Follower
    from liveconnect.store.postgres.store import PostgresStore

Change = Callable[[Files], Changes]
Taken = Callable[[Files], Awaitable[None]]


class PostgresDriverMissingError(DomainError):
    """The packages that speak to PostgreSQL are not installed."""

    code: ClassVar[str] = "postgres_driver_missing"
    hint: ClassVar[str] = "Install them with: pip install 'utmlab[postgres]'"


class Currency(Protocol):
    """Says whether the memory may answer."""

    @property
    def is_current(self) -> bool:
        """Whether the memory is behind the database by no more than it may."""

    async def catch_up(self) -> None:
        """Return when the memory is current, or raise `StoreUnavailableError`."""

    async def look_again(self) -> None:
        """Return when all that is committed now is in the memory, or raise likewise."""


async def _keep_keys(_files: Files) -> None:
    """Hear of keys before there is anything that uses them."""


class SharedMemory:
    """Implements `liveconnect.store.postgres.follower.Memory`."""

    def __init__(self, roster: Roster, bells: ReportBells, clones: CloneWatch) -> None:
        self._roster = roster
        self._bells = bells
        self._clones = clones
        self.take_keys: Taken = _keep_keys

    def has(self, endpoint_id: str, revision: int) -> bool:
        """Tell whether this state of an endpoint, or a newer one, is in it."""
        entry = self._roster.by_id(endpoint_id)
        return entry is not None and entry.revision >= revision

    def take(self, endpoints: Sequence[EndpointRecord]) -> None:
        """Take endpoints in as they were committed."""
        for endpoint in endpoints:
            entry = self._roster.by_id(endpoint.endpoint_id)
            if entry is not None:
                # It may have polled at another worker since it was told of something here.
                entry.is_told = False
            self._roster.put(endpoint)

    def sessions_came(self, entries: Sequence[EnteredSession]) -> None:
        """Take in what is entered of sessions."""
        self._clones.take(entries)

    async def keys_came(self, files: Files) -> None:
        """Use these keys from now on."""
        await self.take_keys(files)

    def reports_came(self, tenant: str | None) -> None:
        """Wake whoever waits for reports; a ring too many does no harm."""
        if tenant is None:
            self._bells.ring_all()
        else:
            self._bells.ring(tenant)


class Alone:
    """A LiveConnect with a database file of its own."""

    currency: None = None

    def __init__(
        self,
        config: LiveConnectConfig,
        settings: StoreSettings,
        roster: Roster,
        before_commit: Callable[[], None],
    ) -> None:
        self._roster = roster
        self.store = SqliteStore(config.database_file, settings, before_commit=before_commit)

    async def share_keys(self, _folder: Path, _make: Callable[[], object]) -> None:
        """Share nothing: keys are made where they are used."""

    async def change_keys(self, folder: Path, change: Change, taken: Taken, at: datetime) -> None:
        """Tell endpoints whom to trust, and have the changed files written and used.

        Policies first: a certificate that is told and not used does no harm, while a step that
        nobody was told of would let the next one pass. What a step left halfway is done before.
        """
        files = read_files(folder)
        await taken(files)
        wanted = changed(files, change(files))
        self._roster.apply(await self.store.replace_trust(trust_to_tell(wanted), at))
        await taken(wanted)

    async def refresh_policies(self, folder: Path, at: datetime) -> None:
        """Have MCS policies say what they should; a kill may have come before they did."""
        trusted = trust_to_tell(read_files(folder))
        self._roster.apply(await self.store.replace_trust(trusted, at))

    async def load(self) -> None:
        """Rebuild the memory."""
        self._roster.load(await self.store.load_endpoints())

    async def follow(self, _tasks: Tasks, _taken: Taken) -> None:
        """Follow nobody."""


class AmongWorkers:
    """A worker of a LiveConnect whose database others write too."""

    def __init__(
        self, store: "PostgresStore", follower: "Follower", memory: SharedMemory, roster: Roster
    ) -> None:
        self.store = store
        self.currency = follower
        self._memory = memory
        self._roster = roster

    async def share_keys(self, folder: Path, make: Callable[[], object]) -> None:
        """Have the keys of all workers in `folder`; the first one makes them by `make`.

        What is committed from now on is followed, these keys included.
        """
        self.currency.begin_after(await self.store.newest_change())
        kept = await self.store.share_keys({})
        if not kept.keys() >= set(KEYS):
            make()
            kept = await self.store.share_keys(read_files(folder))
        write_changes(folder, difference(read_files(folder), kept))

    async def change_keys(self, _folder: Path, change: Change, _taken: Taken, at: datetime) -> None:
        """Change the keys of all workers; on return this one uses them too."""
        await self.store.change_keys(change, at)
        await self.currency.look_again()

    async def refresh_policies(self, _folder: Path, at: datetime) -> None:
        """Have MCS policies say what they should; whom to trust is in the database."""
        self._roster.apply(await self.store.refresh_mcs_policies(at))

    async def load(self) -> None:
        """Rebuild the memory."""
        self._roster.load(await self.store.load_endpoints())
        self._memory.sessions_came(await self.store.sessions())

    async def follow(self, tasks: Tasks, taken: Taken) -> None:
        """Follow the other workers from now on; on return the memory is current.

        Args:
            tasks: Where it runs.
            taken: Called with the keys whenever they were changed.
        """
        self._memory.take_keys = taken
        tasks.keep(self.currency.run, name="liveconnect follower")
        await self.currency.first_look()


Sharing = Alone | AmongWorkers
"""How a LiveConnect keeps what it remembers."""


def sharing_of(
    config: LiveConnectConfig,
    settings: StoreSettings,
    *,
    roster: Roster,
    bells: ReportBells,
    clones: CloneWatch,
    log: OperationsLog,
    before_commit: Callable[[], None],
) -> Sharing:
    """Return how this LiveConnect keeps what it remembers.

    Args:
        config: Names the database.
        settings: Of the rules.
        roster: The memory.
        bells: Of held report requests.
        clones: The sessions of endpoints.
        log: The operations log.
        before_commit: Called before each commit on a file; its error is the commit's.

    Raises:
        PostgresDriverMissingError: If a database is named and its driver is not installed.
    """
    if config.database is None:
        return Alone(config, settings, roster, before_commit)
    # Imported here: who works on SQLite needs none of it, and pays for none of it at start.
    try:
        from liveconnect.store.postgres.follower import Follower  # noqa: PLC0415 - see above
        from liveconnect.store.postgres.store import PostgresStore  # noqa: PLC0415 - see above
    except ImportError as error:
        raise PostgresDriverMissingError(f"PostgreSQL cannot be used: {error}") from error
    name = f"liveconnect {config.worker}"
    memory = SharedMemory(roster, bells, clones)
    store = PostgresStore(config.database, settings, name=name)
    clones.share(store)
    return AmongWorkers(
        store,
        Follower(config.database, memory, log, name=name),
        memory,
        roster,
    )
