"""The store, as far as the link to the UTMs needs it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from foundation.protocol.link import Changeset, PolicyDocument, Report
from liveconnect.pki import UtmCertificate
from liveconnect.store import (
    assigning,
    changesets,
    enrolments,
    outbox,
    queues,
    tenants,
)
from liveconnect.store import flags as rooms_flags
from liveconnect.store.intents_base import IntentsBase
from liveconnect.store.records import (
    CertificateRecord,
    Committed,
    EndpointRecord,
    QueueSnapshot,
    RegisteredUtm,
    UtmRegistration,
)
from liveconnect.store.sql import Sql
from liveconnect.ways import PolicyWays


class UtmIntents(IntentsBase):
    """Implements `liveconnect.store.port.UtmStore`."""

    async def register_utm(self, registration: UtmRegistration, at: datetime) -> RegisteredUtm:
        """Register a UTM, or recognise it by its key and raise its epoch."""
        return await self._write(lambda db: tenants.register_utm(db, registration, at))

    async def renew_certificate(
        self, tenant: str, certificate: UtmCertificate, at: datetime
    ) -> None:
        """Know a UTM by another certificate too."""
        await self._write(lambda db: tenants.renew_certificate(db, tenant, certificate, at))

    async def remove_utm(self, tenant: str, at: datetime) -> None:
        """Refuse a UTM from now on."""
        await self._write(lambda db: tenants.remove_utm(db, tenant, at))

    async def revoke_certificate(self, serial: str, at: datetime) -> None:
        """Refuse one certificate from now on."""
        await self._write(lambda db: tenants.revoke_certificate(db, serial, at))

    async def certificate(self, serial: str) -> CertificateRecord | None:
        """Return what is known of a certificate."""
        return await self._read(lambda db: tenants.certificate(db, serial))

    async def certified_by_others(self, signer: str, since: datetime) -> tuple[str, ...]:
        """Return the UTMs without a valid certificate that this key has signed."""
        return await self._read(lambda db: tenants.certified_by_others(db, signer, since))

    async def replace_token(
        self, tenant: str, token: str, at: datetime
    ) -> tuple[QueueSnapshot, ...]:
        """Give a UTM a new token, and its endpoints the MCS policy that names it."""

        def work(db: Sql) -> tuple[QueueSnapshot, ...]:
            tenants.replace_token(db, tenant, token, at)
            return self._refresh(db, at, tenant)

        return await self._write(work)

    async def put_part(self, tenant: str, digest: str, body: bytes, at: datetime) -> None:
        """Store a part of changesets to come."""
        await self._write(lambda db: changesets.put_part(db, tenant, digest, body, at))

    async def parts(self, tenant: str, digests: Iterable[str]) -> dict[str, bytes]:
        """Return those of these parts that are stored."""
        return await self._read(lambda db: changesets.parts(db, tenant, digests))

    async def commit_changeset(
        self, tenant: str, changeset: Changeset, digest: str, at: datetime
    ) -> Committed:
        """Store the full state of a UTM and assign what it changes."""
        terms = self._settings.terms
        return await self._write(
            lambda db: changesets.commit_changeset(db, tenant, changeset, digest, at, **terms)
        )

    async def latest_changeset(self, tenant: str) -> tuple[int, int]:
        """Return (epoch, number) of the stored state."""
        return await self._read(lambda db: changesets.latest_changeset(db, tenant))

    async def take_reports(self, tenant: str, most: int) -> tuple[Report, ...]:
        """Return the oldest reports; they stay until they are acknowledged."""
        return await self._read(lambda db: outbox.take_reports(db, tenant, most))

    async def acknowledge_reports(self, tenant: str, numbers: Iterable[int]) -> int:
        """Drop reports that the UTM has stored."""
        kept = tuple(numbers)
        return await self._write(lambda db: outbox.acknowledge_reports(db, tenant, kept))

    async def remove_endpoint(self, tenant: str, endpoint_id: str, at: datetime) -> EndpointRecord:
        """Refuse an endpoint from now on."""
        return await self._write(lambda db: enrolments.remove_endpoint(db, tenant, endpoint_id, at))

    async def restore_endpoint(self, tenant: str, endpoint_id: str, at: datetime) -> EndpointRecord:
        """Accept a removed endpoint again."""
        return await self._write(
            lambda db: enrolments.restore_endpoint(
                db, tenant, endpoint_id, at, self._settings.ttl_s
            )
        )

    async def send_command(
        self, tenant: str, endpoint_id: str, app_id: str, body: str, at: datetime
    ) -> QueueSnapshot:
        """Queue an action."""
        return await self._write(
            lambda db: queues.send_command(
                db,
                tenant=tenant,
                endpoint_id=endpoint_id,
                app_id=app_id,
                body=body,
                at=at,
                ttl_s=self._settings.ttl_s,
            )
        )

    async def replace_flags(self, tenant: str, endpoint_id: str, flags: Mapping[str, bool]) -> None:
        """Replace the flags of everybody, of a UTM, or of one endpoint."""
        await self._write(lambda db: rooms_flags.replace_flags(db, tenant, endpoint_id, flags))

    async def replace_ways(
        self, tenant: str, ways: PolicyWays, at: datetime
    ) -> tuple[QueueSnapshot, ...]:
        """Set the relays and proxies that the MCS policies of a UTM name."""

        def work(db: Sql) -> tuple[QueueSnapshot, ...]:
            tenants.replace_ways(db, tenant, ways)
            return self._refresh(db, at, tenant)

        return await self._write(work)

    async def replace_policy(
        self, tenant: str, endpoint_id: str, document: PolicyDocument, at: datetime
    ) -> QueueSnapshot:
        """Assign a policy to one endpoint, until its UTM assigns another."""
        terms = self._settings.terms
        return await self._write(
            lambda db: assigning.replace_policy(db, tenant, endpoint_id, document, at, **terms)
        )
