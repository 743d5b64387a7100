"""Endpoints: enrolment, removal and restoring, each in one transaction."""

from datetime import datetime

from foundation.protocol.computer_status import ComputerStatus
from foundation.protocol.reasons import Reason
from liveconnect.commands import Queue, assign
from liveconnect.enrolment import (
    KnownEndpoint,
    TokenStanding,
    check_token,
    check_token_form,
    is_same_endpoint,
)
from liveconnect.refusals import NotFoundError, RegistrationRefusedError
from liveconnect.reports import Happening, describe_computer
from liveconnect.store.assigning import GroupPolicies, assign_group_policies, with_mcs_policy
from liveconnect.store.instants import to_text
from liveconnect.store.loading import load_endpoint
from liveconnect.store.outbox import report
from liveconnect.store.records import CompilePolicy, EndpointRecord, Enrolled, Enrolment
from liveconnect.store.rows import origin_of, save_queue, to_json
from liveconnect.store.sql import Sql
from liveconnect.store.tenants import keys_of


def enrol(
    sql: Sql,
    enrolment: Enrolment,
    at: datetime,
    *,
    compile_mcs: CompilePolicy,
    ttl_s: float,
    fragment_above: int,
) -> Enrolled:
    """Enrol an endpoint and assign its policies, or recognise one that comes again.

    Raises:
        RegistrationRefusedError: If its token or its former id forbids it.
    """
    tenant = _opened(sql, enrolment)
    known = _known(sql, enrolment.shown_id)
    if is_same_endpoint(tenant, enrolment.shown_password, known):
        return _come_again(sql, tenant, enrolment.shown_id, enrolment.computer, at)
    repeated = _attempted(sql, tenant, enrolment)
    if repeated is not None:
        return _come_again(sql, tenant, repeated, enrolment.computer, at)
    _insert_endpoint(sql, tenant, enrolment, at)
    queue = with_mcs_policy(
        sql,
        Queue(),
        tenant=tenant,
        device_id=enrolment.new_device_id,
        compile_mcs=compile_mcs,
        at=at,
        ttl_s=ttl_s,
        fragment_above=fragment_above,
    )
    epoch, number = sql.execute(
        "SELECT changeset_epoch, changeset_number FROM tenants WHERE id = ?", [tenant]
    ).fetchone()
    origin = origin_of(sql, at, ttl_s, epoch=epoch, number=number)
    queue = assign(queue, GroupPolicies(sql, tenant).of(enrolment.new_id), origin)
    save_queue(
        sql,
        tenant=tenant,
        endpoint_id=enrolment.new_id,
        before=Queue(),
        after=queue,
        at=at,
    )
    _report_computer(sql, tenant, enrolment.new_id, enrolment.computer, at)
    return Enrolled(endpoint=_stored(sql, enrolment.new_id), is_new=True)


def remove_endpoint(sql: Sql, tenant: str, endpoint_id: str, at: datetime) -> EndpointRecord:
    """Refuse an endpoint from now on; its commands end.

    Raises:
        NotFoundError: If the tenant has no such endpoint.
    """
    endpoint = _of_tenant(sql, tenant, endpoint_id)
    if endpoint.removed_at is None:
        stamp = to_text(at)
        sql.execute(
            "UPDATE endpoints SET removed_at = ?, revision = revision + 1 WHERE id = ?",
            [stamp, endpoint_id],
        )
        report(sql, tenant, _about(endpoint, "removed", at))
    return _stored(sql, endpoint_id)


def restore_endpoint(
    sql: Sql, tenant: str, endpoint_id: str, at: datetime, ttl_s: float
) -> EndpointRecord:
    """Accept a removed endpoint again, with the policies it shall have now.

    Raises:
        NotFoundError: If the tenant has no such endpoint.
    """
    endpoint = _of_tenant(sql, tenant, endpoint_id)
    if endpoint.removed_at is not None:
        sql.execute(
            "UPDATE endpoints SET removed_at = NULL, revision = revision + 1 WHERE id = ?",
            [endpoint_id],
        )
        assign_group_policies(sql, tenant, (endpoint_id,), at, ttl_s)
        report(sql, tenant, _about(endpoint, "restored", at))
    return _stored(sql, endpoint_id)


def tenant_of_token(sql: Sql, token: str) -> str:
    """Return the UTM that a registration token opens.

    Raises:
        RegistrationRefusedError: If it opens none.
    """
    check_token_form(token)
    return check_token(token, _standing(sql, token))


def _opened(sql: Sql, enrolment: Enrolment) -> str:
    if not enrolment.tenant:
        return tenant_of_token(sql, enrolment.token)
    # Sent by another LiveConnect: its UTM has to accept endpoints all the same.
    return tenant_of_token(sql, keys_of(sql, enrolment.tenant).token)


def _standing(sql: Sql, token: str) -> TokenStanding | None:
    # The exact spelling first, then any other: only then is "wrong case" the true reason.
    row = sql.execute(
        "SELECT tenant, token, revoked_at IS NOT NULL, removed_at IS NOT NULL, enabled "
        "FROM (SELECT tokens.tenant, tokens.token, tokens.revoked_at, tenants.removed_at, enabled "
        "FROM tokens JOIN tenants ON tenants.id = tokens.tenant WHERE folded = ?) AS known "
        "ORDER BY token <> ? LIMIT 1",
        [token.lower(), token],
    ).fetchone()
    if row is None:
        return None
    return TokenStanding(
        tenant=row[0],
        token=row[1],
        revoked=bool(row[2]),
        utm_removed=bool(row[3]),
        enabled=bool(row[4]),
    )


def _known(sql: Sql, endpoint_id: str) -> KnownEndpoint | None:
    if not endpoint_id:
        return None
    row = sql.execute(
        "SELECT tenant, password_digest, removed_at IS NOT NULL FROM endpoints WHERE id = ?",
        [endpoint_id],
    ).fetchone()
    if row is None:
        return None
    return KnownEndpoint(tenant=row[0], password_digest=row[1], removed=bool(row[2]))


def _attempted(sql: Sql, tenant: str, enrolment: Enrolment) -> str | None:
    """Return the endpoint that an earlier try of this attempt made, with the new password."""
    if not enrolment.attempt:
        return None
    row = sql.execute(
        "UPDATE endpoints SET password_digest = ?, revision = revision + 1 "
        "WHERE tenant = ? AND attempt = ? RETURNING id, removed_at",
        [enrolment.new_password_digest, tenant, enrolment.attempt],
    ).fetchone()
    if row is None:
        return None
    if row[1] is not None:
        raise RegistrationRefusedError(Reason.ENDPOINT_REMOVED, "this endpoint was removed")
    return str(row[0])


def _come_again(
    sql: Sql, tenant: str, endpoint_id: str, computer: ComputerStatus, at: datetime
) -> Enrolled:
    description = to_json(_lasting(computer))
    stored = sql.execute("SELECT computer FROM endpoints WHERE id = ?", [endpoint_id]).fetchone()[0]
    if stored != description:
        sql.execute(
            "UPDATE endpoints SET computer = ?, computer_name = ? WHERE id = ?",
            [description, computer.computer_name, endpoint_id],
        )
        _report_computer(sql, tenant, endpoint_id, computer, at)
    return Enrolled(endpoint=_stored(sql, endpoint_id), is_new=False)


def _lasting(computer: ComputerStatus) -> dict[str, object]:
    """Return the description without what differs each time it is sent."""
    described = describe_computer(computer)
    for fleeting in ("timestamp", "device_id", "tenant_id", "policy_status"):
        described.pop(fleeting)
    return described


def _insert_endpoint(sql: Sql, tenant: str, enrolment: Enrolment, at: datetime) -> None:
    sql.execute(
        "INSERT INTO endpoints (id, tenant, device_id, password_digest, computer_name, computer, "
        "attempt, enrolled_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            enrolment.new_id,
            tenant,
            enrolment.new_device_id,
            enrolment.new_password_digest,
            enrolment.computer.computer_name,
            to_json(_lasting(enrolment.computer)),
            enrolment.attempt or None,
            to_text(at),
        ],
    )


def _report_computer(
    sql: Sql, tenant: str, endpoint_id: str, computer: ComputerStatus, at: datetime
) -> None:
    body = describe_computer(computer)
    happening = Happening(kind="enrolled", endpoint_id=endpoint_id, at=at, body=body)
    report(sql, tenant, happening)


def _about(endpoint: EndpointRecord, kind: str, at: datetime) -> Happening:
    body = {"computer_name": endpoint.computer_name}
    return Happening(kind=kind, endpoint_id=endpoint.endpoint_id, at=at, body=body)


def _of_tenant(sql: Sql, tenant: str, endpoint_id: str) -> EndpointRecord:
    endpoint = load_endpoint(sql, endpoint_id)
    if endpoint is None or endpoint.tenant != tenant:
        raise NotFoundError(Reason.ENDPOINT_UNKNOWN, f"there is no endpoint {endpoint_id}")
    return endpoint


def _stored(sql: Sql, endpoint_id: str) -> EndpointRecord:
    endpoint = load_endpoint(sql, endpoint_id)
    if endpoint is None:
        raise LookupError(endpoint_id)
    return endpoint
