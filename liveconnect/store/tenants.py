"""UTMs: registration, tokens and certificates."""

from datetime import datetime

from sqlite_utils import Database

from foundation.protocol.reasons import Reason
from liveconnect.pki import UtmCertificate
from liveconnect.refusals import CertificateRefusedError
from liveconnect.store.instants import from_text, from_text_or_none, to_text
from liveconnect.store.records import (
    CertificateRecord,
    RegisteredUtm,
    TenantKeys,
    TenantRecord,
    UtmRegistration,
)

_TENANT = """
SELECT id, organization, registered_at, removed_at, enabled, epoch, changeset_epoch,
    changeset_number,
    (SELECT count(*) FROM endpoints e WHERE e.tenant = tenants.id AND e.removed_at IS NULL),
    (SELECT count(*) FROM reports r WHERE r.tenant = tenants.id)
FROM tenants
"""


def register_utm(database: Database, registration: UtmRegistration, at: datetime) -> RegisteredUtm:
    """Register a UTM, or recognise it by its public key and raise its epoch.

    Raises:
        CertificateRefusedError: If the UTM of that key was removed.
    """
    known = database.execute(
        "SELECT id, token, epoch, removed_at FROM tenants WHERE public_key = ?",
        [registration.public_key_digest],
    ).fetchone()
    if known is None:
        tenant, token, epoch = registration.utm_id, registration.token, 1
        _insert_tenant(database, registration, at)
    else:
        tenant, token, epoch, removed_at = known
        if removed_at is not None:
            raise CertificateRefusedError(Reason.UTM_REMOVED, "this UTM was removed")
        epoch += 1
        database.execute(
            "UPDATE tenants SET epoch = ?, organization = ?, enabled = 1 WHERE id = ?",
            [epoch, registration.organization, tenant],
        )
    certificate = registration.issue(tenant)
    _insert_certificate(database, tenant, certificate, at)
    return RegisteredUtm(tenant=tenant, token=token, epoch=epoch, certificate=certificate)


def renew_certificate(
    database: Database, tenant: str, certificate: UtmCertificate, at: datetime
) -> None:
    """Know a UTM by another certificate too, and by its key from now on.

    Raises:
        CertificateRefusedError: If the key is another UTM's.
    """
    other = database.execute(
        "SELECT 1 FROM tenants WHERE public_key = ? AND id <> ?",
        [certificate.public_key_digest, tenant],
    ).fetchone()
    if other is not None:
        raise CertificateRefusedError(Reason.CSR_INVALID, "the key belongs to another UTM")
    database.execute(
        "UPDATE tenants SET public_key = ? WHERE id = ?", [certificate.public_key_digest, tenant]
    )
    _insert_certificate(database, tenant, certificate, at)


def remove_utm(database: Database, tenant: str, at: datetime) -> None:
    """Refuse a UTM, its certificates and its token from now on."""
    stamp = to_text(at)
    database.execute("UPDATE tenants SET removed_at = ? WHERE id = ?", [stamp, tenant])
    database.execute(
        "UPDATE certificates SET revoked_at = ? WHERE tenant = ? AND revoked_at IS NULL",
        [stamp, tenant],
    )


def revoke_certificate(database: Database, serial: str, at: datetime) -> None:
    """Refuse one certificate from now on."""
    database.execute(
        "UPDATE certificates SET revoked_at = ? WHERE serial = ? AND revoked_at IS NULL",
        [to_text(at), serial],
    )


def certificate(database: Database, serial: str) -> CertificateRecord | None:
    """Return what is known of a certificate."""
    row = database.execute(
        "SELECT tenant, certificates.revoked_at IS NOT NULL, removed_at IS NOT NULL "
        "FROM certificates JOIN tenants ON tenants.id = tenant WHERE serial = ?",
        [serial],
    ).fetchone()
    if row is None:
        return None
    return CertificateRecord(tenant=row[0], revoked=bool(row[1]), utm_removed=bool(row[2]))


def replace_token(database: Database, tenant: str, token: str, at: datetime) -> None:
    """Give a UTM a new registration token; the old ones are revoked, not forgotten."""
    database.execute(
        "UPDATE tokens SET revoked_at = ? WHERE tenant = ? AND revoked_at IS NULL",
        [to_text(at), tenant],
    )
    database.execute("UPDATE tenants SET token = ? WHERE id = ?", [token, tenant])
    _insert_token(database, tenant, token, at)


def keys_of(database: Database, tenant: str) -> TenantKeys:
    """Return what MCS policies say of a UTM."""
    row = database.execute("SELECT token FROM tenants WHERE id = ?", [tenant]).fetchone()
    return TenantKeys(tenant=tenant, token=row[0])


def tenants(database: Database) -> tuple[TenantRecord, ...]:
    """Return every UTM in the order of registration."""
    rows = database.execute(f"{_TENANT} ORDER BY registered_at, id").fetchall()
    return tuple(
        TenantRecord(
            tenant=row[0],
            organization=row[1],
            registered_at=from_text(row[2]),
            removed_at=from_text_or_none(row[3]),
            enabled=bool(row[4]),
            epoch=row[5],
            changeset_epoch=row[6],
            changeset_number=row[7],
            endpoints=row[8],
            reports_waiting=row[9],
        )
        for row in rows
    )


def _insert_certificate(
    database: Database, tenant: str, issued: UtmCertificate, at: datetime
) -> None:
    database.execute(
        "INSERT INTO certificates (serial, tenant, issued_at, expires_at) VALUES (?, ?, ?, ?)",
        [issued.serial, tenant, to_text(at), to_text(issued.expires_at)],
    )


def _insert_tenant(database: Database, registration: UtmRegistration, at: datetime) -> None:
    database.execute(
        "INSERT INTO tenants (id, organization, public_key, token, epoch, registered_at) "
        "VALUES (?, ?, ?, ?, 1, ?)",
        [
            registration.utm_id,
            registration.organization,
            registration.public_key_digest,
            registration.token,
            to_text(at),
        ],
    )
    _insert_token(database, registration.utm_id, registration.token, at)


def _insert_token(database: Database, tenant: str, token: str, at: datetime) -> None:
    database.execute(
        "INSERT INTO tokens (token, folded, tenant, issued_at) VALUES (?, ?, ?, ?)",
        [token, token.lower(), tenant, to_text(at)],
    )
