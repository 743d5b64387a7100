"""What a worker shares with the other workers of its database.

- The keys: made once, by the first worker; the others write them into their own folders.
- The memory: what another worker committed is taken in; held requests are woken.
- A LiveConnect on SQLite is alone and shares nothing.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from foundation.durable.files import write_atomic, write_secret
from foundation.errors import DomainError
from foundation.operations_log import OperationsLog
from foundation.service import Tasks
from liveconnect.config import LiveConnectConfig
from liveconnect.report_bells import ReportBells
from liveconnect.roster import Roster
from liveconnect.store.intents_base import StoreSettings
from liveconnect.store.records import EndpointRecord
from liveconnect.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from liveconnect.store.postgres.follower import Follower
    from liveconnect.store.postgres.store import PostgresStore

KEYS: Final = ("ca.key", "ca.crt", "jwt.key", "enrolment.secret")
"""The CA's key before its certificate: the order in which they are written."""


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


class SharedMemory:
    """Implements `liveconnect.store.postgres.follower.Memory`."""

    def __init__(self, roster: Roster, bells: ReportBells) -> None:
        self._roster = roster
        self._bells = bells

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
        before_commit: Callable[[], None],
    ) -> None:
        self.store = SqliteStore(config.database_file, settings, before_commit=before_commit)

    async def share_keys(self, _folder: Path, _make: Callable[[], object]) -> None:
        """Share nothing: keys are made where they are used."""

    async def load(self, roster: Roster) -> None:
        """Rebuild the memory."""
        roster.load(await self.store.load_endpoints())

    async def follow(self, _tasks: Tasks) -> None:
        """Follow nobody."""


class AmongWorkers:
    """A worker of a LiveConnect whose database others write too."""

    def __init__(self, store: "PostgresStore", follower: "Follower") -> None:
        self.store = store
        self.currency = follower

    async def share_keys(self, folder: Path, make: Callable[[], object]) -> None:
        """Have the keys of all workers in `folder`; the first one makes them by `make`."""
        kept = await self.store.share_keys({})
        if not kept.keys() >= set(KEYS):
            make()
            kept = await self.store.share_keys(
                {name: (folder / name).read_bytes() for name in KEYS}
            )
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in KEYS:
            path = folder / name
            if not path.exists() or path.read_bytes() != kept[name]:
                (write_atomic if name.endswith(".crt") else write_secret)(path, kept[name])

    async def load(self, roster: Roster) -> None:
        """Rebuild the memory; what is committed from now on is followed."""
        self.currency.begin_after(await self.store.newest_change())
        roster.load(await self.store.load_endpoints())

    async def follow(self, tasks: Tasks) -> None:
        """Follow the other workers from now on; on return the memory is current."""
        tasks.keep(self.currency.run, name="liveconnect follower")
        await self.currency.first_look()


def sharing_of(
    config: LiveConnectConfig,
    settings: StoreSettings,
    *,
    roster: Roster,
    bells: ReportBells,
    log: OperationsLog,
    before_commit: Callable[[], None],
) -> Alone | AmongWorkers:
    """Return how this LiveConnect keeps what it remembers.

    Args:
        config: Names the database.
        settings: Of the rules.
        roster: The memory.
        bells: Of held report requests.
        log: The operations log.
        before_commit: Called before each commit on a file; its error is the commit's.

    Raises:
        PostgresDriverMissingError: If a database is named and its driver is not installed.
    """
    if config.database is None:
        return Alone(config, settings, before_commit)
    # Imported here: who works on SQLite needs none of it, and pays for none of it at start.
    try:
        from liveconnect.store.postgres.follower import Follower  # noqa: PLC0415 - see above
        from liveconnect.store.postgres.store import PostgresStore  # noqa: PLC0415 - see above
    except ImportError as error:
        raise PostgresDriverMissingError(f"PostgreSQL cannot be used: {error}") from error
    name = f"liveconnect {config.worker}"
    memory = SharedMemory(roster, bells)
    return AmongWorkers(
        PostgresStore(config.database, settings, name=name),
        Follower(config.database, memory, log, name=name),
    )
