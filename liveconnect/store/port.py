"""The intents of LiveConnect: what it wants remembered, whatever remembers it.

- Each call is atomic and returns after its commit; an error means that nothing has changed.
- Every call names its tenant or an endpoint of one; nothing of another tenant is reached by it.
- A refusal is a `RefusedError`; anything else is a fault of the store.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from foundation.protocol.link import Changeset, PolicyDocument, Report
from liveconnect.pki import UtmCertificate
from liveconnect.store.records import (
    CertificateRecord,
    Committed,
    DataFeed,
    Delivery,
    EndpointRecord,
    Enrolled,
    Enrolment,
    Fetch,
    Hop,
    QueueSnapshot,
    ReceivedEvent,
    ReceivedResponse,
    ReceivedStatus,
    RegisteredUtm,
    TenantRecord,
    UtmRegistration,
)
from liveconnect.ways import PolicyWays


class UtmStore(Protocol):
    """What the link to the UTMs needs."""

    async def register_utm(self, registration: UtmRegistration, at: datetime) -> RegisteredUtm:
        """Register a UTM, or recognise it by its key and raise its epoch."""

    async def renew_certificate(
        self, tenant: str, certificate: UtmCertificate, at: datetime
    ) -> None:
        """Know a UTM by another certificate too."""

    async def remove_utm(self, tenant: str, at: datetime) -> None:
        """Refuse a UTM from now on."""

    async def revoke_certificate(self, serial: str, at: datetime) -> None:
        """Refuse one certificate from now on."""

    async def certificate(self, serial: str) -> CertificateRecord | None:
        """Return what is known of a certificate."""

    async def certified_by_others(self, signer: str, since: datetime) -> tuple[str, ...]:
        """Return the UTMs without a valid certificate that this key has signed.

        Args:
            signer: The key, as `UtmCertificate.signer` names it.
            since: Since when it signs, for certificates of which nobody noted who did.
        """

    async def replace_token(
        self, tenant: str, token: str, at: datetime
    ) -> tuple[QueueSnapshot, ...]:
        """Give a UTM a new token, and its endpoints the MCS policy that names it."""

    async def put_part(self, tenant: str, digest: str, body: bytes, at: datetime) -> None:
        """Store a part of changesets to come."""

    async def parts(self, tenant: str, digests: Iterable[str]) -> dict[str, bytes]:
        """Return those of these parts that are stored."""

    async def commit_changeset(
        self, tenant: str, changeset: Changeset, digest: str, at: datetime
    ) -> Committed:
        """Store the full state of a UTM and assign what it changes."""

    async def latest_changeset(self, tenant: str) -> tuple[int, int]:
        """Return (epoch, number) of the stored state."""

    async def take_reports(self, tenant: str, most: int) -> tuple[Report, ...]:
        """Return the oldest reports; they stay until they are acknowledged."""

    async def acknowledge_reports(self, tenant: str, numbers: Iterable[int]) -> int:
        """Drop reports that the UTM has stored."""

    async def restore_endpoint(self, tenant: str, endpoint_id: str, at: datetime) -> EndpointRecord:
        """Accept a removed endpoint again."""

    async def send_command(
        self, tenant: str, endpoint_id: str, app_id: str, body: str, at: datetime
    ) -> QueueSnapshot:
        """Queue an action."""

    async def replace_flags(self, tenant: str, endpoint_id: str, flags: Mapping[str, bool]) -> None:
        """Replace the flags of everybody, of a UTM, or of one endpoint."""

    async def replace_ways(
        self, tenant: str, ways: PolicyWays, at: datetime
    ) -> tuple[QueueSnapshot, ...]:
        """Set the relays and proxies that the MCS policies of a UTM name."""

    async def replace_policy(
        self, tenant: str, endpoint_id: str, document: PolicyDocument, at: datetime
    ) -> QueueSnapshot:
        """Assign a policy to one endpoint, until its UTM assigns another."""


class EndpointStore(Protocol):
    """What the MCS service needs."""

    async def enrol(self, enrolment: Enrolment, at: datetime) -> Enrolled:
        """Enrol an endpoint with its policies, or recognise one that comes again."""

    async def remove_endpoint(self, tenant: str, endpoint_id: str, at: datetime) -> EndpointRecord:
        """Refuse an endpoint from now on."""

    async def check_token(self, token: str) -> str:
        """Return the UTM that a registration token opens."""

    async def acknowledge(
        self,
        endpoint_id: str,
        command_ids: tuple[str, ...],
        delivered: Mapping[str, Delivery],
        at: datetime,
    ) -> QueueSnapshot:
        """End commands, and note when each reached the endpoint first."""

    async def record_statuses(
        self,
        tenant: str,
        endpoint_id: str,
        statuses: tuple[ReceivedStatus, ...],
        fetches: tuple[Fetch, ...],
        at: datetime,
    ) -> int:
        """Store and report statuses; return how many were new."""

    async def record_events(
        self, tenant: str, endpoint_id: str, events: tuple[ReceivedEvent, ...], at: datetime
    ) -> int:
        """Report events; return how many were new."""

    async def record_response(self, tenant: str, response: ReceivedResponse, at: datetime) -> None:
        """Store the response to a command."""

    async def record_feed(self, feed: DataFeed) -> bool:
        """Store an upload; return whether it is new."""

    async def flags(self, tenant: str, endpoint_id: str) -> dict[str, bool]:
        """Return the feature flags that hold for an endpoint."""

    async def policy(self, endpoint_id: str, app_id: str, policy_id: str) -> bytes | None:
        """Return a policy that was assigned to the endpoint."""

    async def fragment(
        self, endpoint_id: str, app_id: str, fragment_id: str
    ) -> tuple[str, bytes] | None:
        """Return (policy id, piece) of such a policy."""

    async def record_seen(self, seen: Mapping[str, datetime], fetches: tuple[Fetch, ...]) -> None:
        """Note when endpoints were seen last and what they fetched."""


class Store(UtmStore, EndpointStore, Protocol):
    """Everything LiveConnect remembers."""

    async def open(self) -> None:
        """Open what is stored."""

    async def close(self) -> None:
        """Bring everything to rest."""

    async def load_endpoints(self) -> tuple[EndpointRecord, ...]:
        """Return every endpoint with its queue, to rebuild the memory."""

    async def endpoints(self, tenant: str) -> tuple[EndpointRecord, ...]:
        """Return the endpoints of one tenant."""

    async def tenants(self) -> tuple[TenantRecord, ...]:
        """Return every UTM."""

    async def timeline(self, tenant: str, epoch: int, number: int) -> tuple[Hop, ...]:
        """Return how far a changeset came."""

    async def compliance(self, endpoint_id: str) -> tuple[dict[str, Any], ...]:
        """Return, per app, what is assigned and what the newest status says."""

    async def responses(self, endpoint_id: str) -> tuple[ReceivedResponse, ...]:
        """Return the responses of an endpoint, in the order in which they came."""

    async def feeds(
        self, tenant: str, endpoint_id: str, feed_id: str | None = None
    ) -> tuple[DataFeed, ...]:
        """Return what an endpoint of the tenant uploaded, oldest first."""

    async def replace_trust(self, ca_pem: str, at: datetime) -> tuple[QueueSnapshot, ...]:
        """Have all MCS policies say whom to trust; otherwise as `refresh_mcs_policies`."""

    async def refresh_mcs_policies(self, at: datetime) -> tuple[QueueSnapshot, ...]:
        """Compile all MCS policies again when what they say has changed."""

    async def keep_up(self, at: datetime) -> tuple[QueueSnapshot, ...]:
        """Expire commands and assign again what endpoints should have by now."""

    async def tidy(self, at: datetime) -> None:
        """Forget what nobody can ask for any more."""
