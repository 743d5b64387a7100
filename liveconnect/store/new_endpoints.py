"""Endpoints that are new to a UTM, stored together: what they share is read once.

- What comes out is what would come out one by one; rows of one kind are written by one statement.
  On PostgreSQL each statement is a round trip, and that is where the time of an enrolment went.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from foundation.protocol.computer_status import ComputerStatus
from liveconnect.commands import Origin, Queue, assign
from liveconnect.reports import Happening, describe_computer
from liveconnect.store.assigning import group_policies, store_policies
from liveconnect.store.instants import to_text
from liveconnect.store.outbox import report_all
from liveconnect.store.queue_rows import insert_queues, snapshot_of
from liveconnect.store.records import CompilePolicy, EndpointRecord, Enrolment
from liveconnect.store.rows import origin_of, to_json
from liveconnect.store.sql import Sql
from liveconnect.store.tenants import state_of

Asked = tuple[Enrolment, datetime]
_FIRST_REVISION = 1
_IDS_AT_ONCE = 2
"""As many command ids as the first policies of an endpoint take, mostly."""
_FLEETING = ("timestamp", "device_id", "tenant_id", "policy_status")
_INSERT = (
    "INSERT INTO endpoints (id, tenant, device_id, password_digest, computer_name, computer, "
    "attempt, enrolled_at, last_seq, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPolicies:
    """How the policies of a new endpoint are made and assigned."""

    compile_mcs: CompilePolicy
    ttl_s: float
    fragment_above: int


def insert_endpoints(
    sql: Sql, tenant: str, asked: Sequence[Asked], rules: FirstPolicies
) -> tuple[EndpointRecord, ...]:
    """Store new endpoints of a UTM with their policies, and report them."""
    queues = _first_queues(sql, tenant, asked, rules)
    sql.executemany(
        _INSERT,
        [
            (
                each.new_id,
                tenant,
                each.new_device_id,
                each.new_password_digest,
                each.computer.computer_name,
                lasting_description(each.computer),
                each.attempt or None,
                to_text(at),
                queues[each.new_id].last_seq,
                _FIRST_REVISION,
            )
            for each, at in asked
        ],
    )
    insert_queues(sql, tenant, queues)
    report_all(sql, tenant, [computer_seen(each.new_id, each.computer, at) for each, at in asked])
    return tuple(_record(tenant, each, at, queues[each.new_id]) for each, at in asked)


def computer_seen(endpoint_id: str, computer: ComputerStatus, at: datetime) -> Happening:
    """Return what is reported of a computer that enrols."""
    body = describe_computer(computer)
    return Happening(kind="enrolled", endpoint_id=endpoint_id, at=at, body=body)


def lasting_description(computer: ComputerStatus) -> str:
    """Return a computer's description without what differs each time it is sent."""
    described = describe_computer(computer)
    for fleeting in _FLEETING:
        described.pop(fleeting)
    return to_json(described)


def _first_queues(
    sql: Sql, tenant: str, asked: Sequence[Asked], rules: FirstPolicies
) -> dict[str, Queue]:
    state = state_of(sql, tenant)
    documents = [rules.compile_mcs(state.keys, each.new_device_id) for each, _ in asked]
    first_at = asked[0][1]
    own = store_policies(sql, tenant, documents, first_at, rules.fragment_above)
    new_ids = [each.new_id for each, _ in asked]
    groups = group_policies(sql, tenant, new_ids, state.default_group)
    ids = origin_of(sql, first_at, rules.ttl_s, ids_at_once=_IDS_AT_ONCE * len(asked)).new_id
    queues = {}
    for (each, at), wanted in zip(asked, own, strict=True):
        compiled_here = Origin(at=at, new_id=ids, ttl_s=rules.ttl_s)
        of_changeset = replace(compiled_here, epoch=state.epoch, number=state.number)
        queue = assign(Queue(), (wanted,), compiled_here)
        queues[each.new_id] = assign(queue, groups[each.new_id], of_changeset)
    return queues


def _record(tenant: str, enrolment: Enrolment, at: datetime, queue: Queue) -> EndpointRecord:
    return EndpointRecord(
        tenant=tenant,
        endpoint_id=enrolment.new_id,
        device_id=enrolment.new_device_id,
        password_digest=enrolment.new_password_digest,
        computer_name=enrolment.computer.computer_name,
        enrolled_at=at.astimezone(UTC),
        last_seen_at=None,
        removed_at=None,
        queue=snapshot_of(enrolment.new_id, _FIRST_REVISION, queue),
    )
