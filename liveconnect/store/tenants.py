"""UTMs: registration, tokens and certificates."""

import json
from datetime import datetime

from foundation.protocol.reasons import Reason
from liveconnect.pki import UtmCertificate
from liveconnect.refusals import CertificateRefusedError
from liveconnect.store.instants import from_text, from_text_or_none, to_text
from liveconnect.store.records import (
    CertificateRecord,
    RegisteredUtm,
    TenantKeys,
    TenantRecord,
    TenantState,
    UtmRegistration,
)
from liveconnect.store.sql import Sql
from liveconnect.store.trust import TRUSTED
from liveconnect.ways import PolicyWays, read_ways

_TENANT = """
SELECT id, organization, registered_at, removed_at, enabled, epoch, changeset_epoch,
    changeset_number,
    (SELECT count(*) FROM endpoints e WHERE e.tenant = tenants.id AND e.removed_at IS NULL),
    (SELECT count(*) FROM reports r WHERE r.tenant = tenants.id)
FROM tenants
"""


def register_utm(sql: Sql, registration: UtmRegistration, at: datetime) -> RegisteredUtm:
    """Register a UTM, or recognise it by its public key and raise its epoch.

    Raises:
        CertificateRefusedError: If the UTM of that key was removed.
    """
    known = sql.execute(
        "SELECT id, token, epoch, removed_at FROM tenants WHERE public_key = ?",
        [registration.public_key_digest],
    ).fetchone()
    if known is None:
        tenant, token, epoch = registration.utm_id, registration.token, 1
        _insert_tenant(sql, registration, at)
    else:
        tenant, token, epoch, removed_at = known
        if removed_at is not None:
            raise CertificateRefusedError(Reason.UTM_REMOVED, "this UTM was removed")
        epoch += 1
        sql.execute(
            "UPDATE tenants SET epoch = ?, organization = ?, enabled = 1 WHERE id = ?",
            [epoch, registration.organization, tenant],
        )
    certificate = registration.issue(tenant)
    _insert_certificate(sql, tenant, certificate, at)
    return RegisteredUtm(tenant=tenant, token=token, epoch=epoch, certificate=certificate)


def renew_certificate(sql: Sql, tenant: str, certificate: UtmCertificate, at: datetime) -> None:
    """Know a UTM by another certificate too, and by its key from now on.

    Raises:
        CertificateRefusedError: If the key is another UTM's.
    """
    other = sql.execute(
        "SELECT 1 FROM tenants WHERE public_key = ? AND id <> ?",
        [certificate.public_key_digest, tenant],
    ).fetchone()
    if other is not None:
        raise CertificateRefusedError(Reason.CSR_INVALID, "the key belongs to another UTM")
    sql.execute(
        "UPDATE tenants SET public_key = ? WHERE id = ?", [certificate.public_key_digest, tenant]
    )
    _insert_certificate(sql, tenant, certificate, at)


def remove_utm(sql: Sql, tenant: str, at: datetime) -> None:
    """Refuse a UTM, its certificates and its token from now on."""
    stamp = to_text(at)
    sql.execute("UPDATE tenants SET removed_at = ? WHERE id = ?", [stamp, tenant])
    sql.execute(
        "UPDATE certificates SET revoked_at = ? WHERE tenant = ? AND revoked_at IS NULL",
        [stamp, tenant],
    )


def revoke_certificate(sql: Sql, serial: str, at: datetime) -> None:
    """Refuse one certificate from now on."""
    sql.execute(
        "UPDATE certificates SET revoked_at = ? WHERE serial = ? AND revoked_at IS NULL",
        [to_text(at), serial],
    )


def certificate(sql: Sql, serial: str) -> CertificateRecord | None:
    """Return what is known of a certificate."""
    row = sql.execute(
        "SELECT tenant, certificates.revoked_at IS NOT NULL, removed_at IS NOT NULL "
        "FROM certificates JOIN tenants ON tenants.id = tenant WHERE serial = ?",
        [serial],
    ).fetchone()
    if row is None:
        return None
    return CertificateRecord(tenant=row[0], revoked=bool(row[1]), utm_removed=bool(row[2]))


def certified_by_others(sql: Sql, signer: str, since: datetime) -> tuple[str, ...]:
    """Return the UTMs of whose valid certificates none is signed by this key.

    Of an old certificate the signer is not known: it is this one's since a moment.
    """
    rows = sql.execute(
        "SELECT t.id FROM tenants t JOIN certificates c ON c.tenant = t.id "
        "WHERE t.removed_at IS NULL AND c.revoked_at IS NULL GROUP BY t.id "
        "HAVING max(CASE WHEN c.signer = ? OR (c.signer IS NULL AND c.issued_at >= ?) "
        "THEN 1 ELSE 0 END) = 0 ORDER BY t.id",
        [signer, to_text(since)],
    )
    return tuple(row[0] for row in rows.fetchall())


def replace_token(sql: Sql, tenant: str, token: str, at: datetime) -> None:
    """Give a UTM a new registration token; the old ones are revoked, not forgotten."""
    sql.execute(
        "UPDATE tokens SET revoked_at = ? WHERE tenant = ? AND revoked_at IS NULL",
        [to_text(at), tenant],
    )
    sql.execute("UPDATE tenants SET token = ? WHERE id = ?", [token, tenant])
    _insert_token(sql, tenant, token, at)


def keys_of(sql: Sql, tenant: str) -> TenantKeys:
    """Return what MCS policies say of a UTM."""
    return state_of(sql, tenant).keys


def state_of(sql: Sql, tenant: str) -> TenantState:
    """Return what new endpoints of a UTM need to know of it."""
    row = sql.execute(
        "SELECT token, content, enabled, default_group, "  # noqa: S608 - a constant
        f"changeset_epoch, changeset_number, ({TRUSTED}) "
        "FROM tenants LEFT JOIN ways ON ways.tenant = id WHERE id = ?",
        [tenant],
    ).fetchone()
    ways = PolicyWays() if row[1] is None else read_ways(json.loads(row[1]))
    return TenantState(
        keys=TenantKeys(tenant=tenant, token=row[0], ways=ways, trusted_ca=row[6] or ""),
        default_group=row[3] if row[2] else None,
        epoch=row[4],
        number=row[5],
    )


def replace_ways(sql: Sql, tenant: str, ways: PolicyWays) -> None:
    """Set the relays and proxies of a UTM's endpoints."""
    sql.execute(
        "INSERT INTO ways VALUES (?, ?) "
        "ON CONFLICT (tenant) DO UPDATE SET content = excluded.content",
        [tenant, ways.encode()],
    )


def tenants(sql: Sql) -> tuple[TenantRecord, ...]:
    """Return every UTM in the order of registration."""
    rows = sql.execute(f"{_TENANT} ORDER BY registered_at, id").fetchall()
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


def _insert_certificate(sql: Sql, tenant: str, issued: UtmCertificate, at: datetime) -> None:
    sql.execute(
        "INSERT INTO certificates (serial, tenant, issued_at, expires_at, signer) "
        "VALUES (?, ?, ?, ?, ?)",
        [issued.serial, tenant, to_text(at), to_text(issued.expires_at), issued.signer],
    )


def _insert_tenant(sql: Sql, registration: UtmRegistration, at: datetime) -> None:
    sql.execute(
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
    _insert_token(sql, registration.utm_id, registration.token, at)


def _insert_token(sql: Sql, tenant: str, token: str, at: datetime) -> None:
    sql.execute(
        "INSERT INTO tokens (token, folded, tenant, issued_at) VALUES (?, ?, ?, ?)",
        [token, token.lower(), tenant, to_text(at)],
    )
