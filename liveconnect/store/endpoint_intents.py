"""The store, as far as the MCS service needs it."""

from collections.abc import Mapping
from datetime import datetime

from liveconnect.store import (
    enrolments,
    feeds,
    flags,
    intake,
    serving,
)
from liveconnect.store.acknowledging import Acknowledged, acknowledge_all
from liveconnect.store.gathering import Gathering
from liveconnect.store.instants import to_text
from liveconnect.store.intents_base import IntentsBase, StoreSettings
from liveconnect.store.new_endpoints import FirstPolicies
from liveconnect.store.records import (
    DataFeed,
    Delivery,
    Enrolled,
    Enrolment,
    Fetch,
    QueueSnapshot,
    ReceivedEvent,
    ReceivedResponse,
    ReceivedStatus,
)
from liveconnect.store.sql import Sql
from liveconnect.store.statuses import Sent, record_all


class EndpointIntents(IntentsBase):
    """Implements `liveconnect.store.port.EndpointStore`."""

    def __init__(self, settings: StoreSettings) -> None:
        super().__init__(settings)
        rules = FirstPolicies(compile_mcs=settings.mcs_policies.compile, **settings.terms)
        self._enrolling: Gathering[tuple[Enrolment, datetime], Enrolled] = Gathering(
            self._write, lambda db, asked: enrolments.enrol_all(db, asked, rules), name="enrolling"
        )
        self._acknowledging: Gathering[Acknowledged, QueueSnapshot] = Gathering(
            self._write, acknowledge_all, name="acknowledging"
        )
        interval_s = settings.interval_s
        self._recording: Gathering[Sent, int] = Gathering(
            self._write,
            lambda db, asked: record_all(db, asked, interval_s=interval_s),
            name="recording statuses",
        )

    async def _finish(self) -> None:
        """Hand in what is gathered, before what it is handed to closes."""
        for gathering in (self._enrolling, self._acknowledging, self._recording):
            await gathering.finish()

    async def enrol(self, enrolment: Enrolment, at: datetime) -> Enrolled:
        """Enrol an endpoint with its policies, or recognise one that comes again."""
        return await self._enrolling.do((enrolment, at))

    async def check_token(self, token: str) -> str:
        """Return the UTM that a registration token opens."""
        return await self._read(lambda db: enrolments.tenant_of_token(db, token))

    async def acknowledge(
        self,
        endpoint_id: str,
        command_ids: tuple[str, ...],
        delivered: Mapping[str, Delivery],
        at: datetime,
    ) -> QueueSnapshot:
        """End commands, and note when each reached the endpoint first."""
        return await self._acknowledging.do(
            Acknowledged(
                endpoint_id=endpoint_id, command_ids=command_ids, delivered=delivered, at=at
            )
        )

    async def record_statuses(
        self,
        tenant: str,
        endpoint_id: str,
        statuses: tuple[ReceivedStatus, ...],
        fetches: tuple[Fetch, ...],
        at: datetime,
    ) -> int:
        """Store and report statuses; return how many were new."""
        sent = Sent(
            tenant=tenant, endpoint_id=endpoint_id, statuses=statuses, fetches=fetches, at=at
        )
        return await self._recording.do(sent)

    async def record_events(
        self, tenant: str, endpoint_id: str, events: tuple[ReceivedEvent, ...], at: datetime
    ) -> int:
        """Report events; return how many were new."""
        return await self._write(
            lambda db: intake.record_events(db, tenant, endpoint_id, events, at)
        )

    async def record_response(self, tenant: str, response: ReceivedResponse, at: datetime) -> None:
        """Store the response to a command."""
        await self._write(lambda db: intake.record_response(db, tenant, response, at))

    async def record_feed(self, feed: DataFeed) -> bool:
        """Store an upload; return whether it is new."""
        return await self._write(lambda db: feeds.record_feed(db, feed))

    async def flags(self, tenant: str, endpoint_id: str) -> dict[str, bool]:
        """Return the feature flags that hold for an endpoint."""
        return await self._read(lambda db: flags.flags_of(db, tenant, endpoint_id))

    async def policy(self, endpoint_id: str, app_id: str, policy_id: str) -> bytes | None:
        """Return a policy that was assigned to the endpoint."""
        return await self._read(lambda db: serving.policy(db, endpoint_id, app_id, policy_id))

    async def fragment(
        self, endpoint_id: str, app_id: str, fragment_id: str
    ) -> tuple[str, bytes] | None:
        """Return (policy id, piece) of such a policy."""
        return await self._read(lambda db: serving.fragment(db, endpoint_id, app_id, fragment_id))

    async def record_seen(self, seen: Mapping[str, datetime], fetches: tuple[Fetch, ...]) -> None:
        """Note when endpoints were seen last and what they fetched."""

        def work(db: Sql) -> None:
            db.executemany(
                "UPDATE endpoints SET last_seen_at = ? WHERE id = ? "
                "AND (last_seen_at IS NULL OR last_seen_at < ?)",
                [(to_text(at), endpoint_id, to_text(at)) for endpoint_id, at in seen.items()],
            )
            intake.record_fetches(db, fetches)

        await self._write(work)
