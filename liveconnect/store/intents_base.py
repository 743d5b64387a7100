"""What the intents of every store share: pieces of work for a database, and the rules' settings."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, TypeVar

from liveconnect.policies import McsPolicies
from liveconnect.store import queues, trust
from liveconnect.store.records import QueueSnapshot
from liveconnect.store.sql import Sql

T = TypeVar("T")


class Terms(TypedDict):
    """How policies are assigned: for how long, and above which size in parts."""

    ttl_s: float
    fragment_above: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """What the rules need that is not in the rows."""

    mcs_policies: McsPolicies
    interval_s: float
    ttl_s: float
    fragment_above: int

    @property
    def terms(self) -> Terms:
        """How policies are assigned."""
        return Terms(ttl_s=self.ttl_s, fragment_above=self.fragment_above)


class IntentsBase(ABC):
    """A database that works of the rooms are run on, one after the other."""

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings

    @abstractmethod
    async def _write(self, work: Callable[[Sql], T]) -> T:
        """Run `work` in a transaction; return after the commit.

        Raises:
            StoreFailedError: If it cannot be committed.
        """

    @abstractmethod
    async def _read(self, work: Callable[[Sql], T]) -> T:
        """Run `work`, which changes nothing, on one committed state."""

    def _replace_trust(self, db: Sql, ca_pem: str, at: datetime) -> tuple[QueueSnapshot, ...]:
        trust.replace_trust(db, ca_pem)
        return self._refresh(db, at, None)

    def _refresh(self, db: Sql, at: datetime, tenant: str | None) -> tuple[QueueSnapshot, ...]:
        settings = self._settings
        return queues.refresh_mcs_policies(
            db,
            at,
            settings=f"{settings.mcs_policies.settings}{trust.trusted_ca(db)}",
            compile_mcs=settings.mcs_policies.compile,
            tenant=tenant,
            **settings.terms,
        )
