"""Endpoints: enrolment, removal and restoring, each in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from foundation.protocol.computer_status import ComputerStatus
from foundation.protocol.reasons import Reason
from liveconnect.enrolment import (
    KnownEndpoint,
    TokenStanding,
    check_token,
    check_token_form,
    is_same_endpoint,
)
from liveconnect.refusals import NotFoundError, RegistrationRefusedError
from liveconnect.reports import Happening
from liveconnect.store.assigning import assign_group_policies
from liveconnect.store.instants import to_text
from liveconnect.store.loading import load_endpoint
from liveconnect.store.new_endpoints import (
    Asked,
    FirstPolicies,
    computer_seen,
    insert_endpoints,
    lasting_description,
)
from liveconnect.store.outbox import report
from liveconnect.store.records import EndpointRecord, Enrolled, Enrolment
from liveconnect.store.sql import Sql, in_portions
from liveconnect.store.tenants import keys_of

Places = dict[int, Asked]
"""What is asked, by its place among all that is asked at once."""


def enrol_all(
    sql: Sql, asked: Sequence[Asked], rules: FirstPolicies
) -> list[Enrolled | RegistrationRefusedError]:
    """Enrol endpoints with their policies, or recognise those that come again.

    Those that are new to a UTM are stored together. An outcome stands for each, in their order; a
    refusal changes nothing for the others.
    """
    outcomes: list[Enrolled | RegistrationRefusedError | None] = [None] * len(asked)
    opened: dict[str, Places] = {}
    for place, (enrolment, at) in enumerate(asked):
        try:
            tenant = _opened(sql, enrolment)
        except RegistrationRefusedError as error:
            outcomes[place] = error
        else:
            opened.setdefault(tenant, {})[place] = (enrolment, at)
    for tenant, places in opened.items():
        fresh, others = _parted(sql, tenant, places)
        if fresh:
            records = insert_endpoints(sql, tenant, list(fresh.values()), rules)
            for place, record in zip(fresh, records, strict=True):
                outcomes[place] = Enrolled(endpoint=record, is_new=True)
        for place, (enrolment, at) in others.items():
            outcomes[place] = _enrol_one(sql, tenant, enrolment, at, rules)
    return [each for each in outcomes if each is not None]


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


def _parted(sql: Sql, tenant: str, asked: Places) -> tuple[Places, Places]:
    """Part those that are new for certain from those that may be known."""
    attempts = [each.attempt for each, _ in asked.values() if each.attempt]
    known = {
        row[0]
        for places, some in in_portions(attempts)
        for row in sql.execute(
            "SELECT attempt FROM endpoints WHERE tenant = ? "  # noqa: S608 - places only
            f"AND attempt IS NOT NULL AND attempt IN ({places})",
            [tenant, *some],
        )
    }
    fresh: Places = {}
    others: Places = {}
    for place, each in asked.items():
        enrolment = each[0]
        is_fresh = not enrolment.shown_id and enrolment.attempt not in known
        (fresh if is_fresh else others)[place] = each
        if enrolment.attempt:
            known.add(enrolment.attempt)  # whoever names it after this one is the same endpoint
    return fresh, others


def _enrol_one(
    sql: Sql, tenant: str, enrolment: Enrolment, at: datetime, rules: FirstPolicies
) -> Enrolled | RegistrationRefusedError:
    known = _known(sql, enrolment.shown_id)
    try:
        if is_same_endpoint(tenant, enrolment.shown_password, known):
            return _come_again(sql, tenant, enrolment.shown_id, enrolment.computer, at)
        repeated = _attempted(sql, tenant, enrolment)
    except RegistrationRefusedError as error:
        return error
    if repeated is not None:
        return _come_again(sql, tenant, repeated, enrolment.computer, at)
    (record,) = insert_endpoints(sql, tenant, [(enrolment, at)], rules)
    return Enrolled(endpoint=record, is_new=True)


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
        "SELECT id, removed_at FROM endpoints WHERE tenant = ? AND attempt = ?",
        [tenant, enrolment.attempt],
    ).fetchone()
    if row is None:
        return None
    if row[1] is not None:
        raise RegistrationRefusedError(Reason.ENDPOINT_REMOVED, "this endpoint was removed")
    sql.execute(
        "UPDATE endpoints SET password_digest = ?, revision = revision + 1 WHERE id = ?",
        [enrolment.new_password_digest, row[0]],
    )
    return str(row[0])


def _come_again(
    sql: Sql, tenant: str, endpoint_id: str, computer: ComputerStatus, at: datetime
) -> Enrolled:
    description = lasting_description(computer)
    stored = sql.execute("SELECT computer FROM endpoints WHERE id = ?", [endpoint_id]).fetchone()[0]
    if stored != description:
        sql.execute(
            "UPDATE endpoints SET computer = ?, computer_name = ? WHERE id = ?",
            [description, computer.computer_name, endpoint_id],
        )
        report(sql, tenant, computer_seen(endpoint_id, computer, at))
    return Enrolled(endpoint=_stored(sql, endpoint_id), is_new=False)


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
