"""Endpoints with their queues, read in three statements however many they are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from liveconnect.commands import QueuedCommand
from liveconnect.store.instants import from_text, from_text_or_none
from liveconnect.store.records import EndpointRecord, QueueSnapshot
from liveconnect.store.rows import WAITING_COLUMNS, to_queued
from liveconnect.store.sql import Sql, in_portions


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which endpoints: what holds for their ids, with its arguments.

    A few are named by themselves rather than by a subquery: PostgreSQL then looks each up, and
    does not walk through all that waits for anybody.
    """

    condition: str
    arguments: tuple[Any, ...] = ()


EVERY: Final = Chosen("IN (SELECT id FROM endpoints)")


def of_tenant(tenant: str) -> Chosen:
    """Choose the endpoints of a UTM."""
    return Chosen("IN (SELECT id FROM endpoints WHERE tenant = ?)", (tenant,))


def load_endpoint(sql: Sql, endpoint_id: str) -> EndpointRecord | None:
    """Return one endpoint, or None."""
    found = load_endpoints(sql, Chosen("= ?", (endpoint_id,)))
    return found[0] if found else None


def load_snapshots(sql: Sql, endpoint_ids: Sequence[str]) -> dict[str, QueueSnapshot]:
    """Return the queues of endpoints as they are stored."""
    found: dict[str, QueueSnapshot] = {}
    for places, some in in_portions(endpoint_ids):
        chosen = Chosen(f"IN ({places})", some)
        waiting, policies = _waiting(sql, chosen), _policies(sql, chosen)
        for endpoint_id, revision in sql.execute(
            f"SELECT id, revision FROM endpoints WHERE id {chosen.condition}",  # noqa: S608 - places
            some,
        ):
            found[endpoint_id] = QueueSnapshot(
                endpoint_id=endpoint_id,
                revision=revision,
                waiting=tuple(waiting[endpoint_id]),
                policies=policies[endpoint_id],
            )
    return found


def load_endpoints(sql: Sql, chosen: Chosen = EVERY) -> tuple[EndpointRecord, ...]:
    """Return endpoints as they are stored, in the order of their enrolment."""
    waiting = _waiting(sql, chosen)
    policies = _policies(sql, chosen)
    rows = sql.execute(
        "SELECT tenant, id, device_id, password_digest, computer_name, "  # noqa: S608 - constants
        "enrolled_at, last_seen_at, removed_at, revision FROM endpoints "
        f"WHERE id {chosen.condition} ORDER BY enrolled_at, id",
        chosen.arguments,
    )
    return tuple(
        EndpointRecord(
            tenant=row[0],
            endpoint_id=row[1],
            device_id=row[2],
            password_digest=bytes(row[3]),
            computer_name=row[4],
            enrolled_at=from_text(row[5]),
            last_seen_at=from_text_or_none(row[6]),
            removed_at=from_text_or_none(row[7]),
            queue=QueueSnapshot(
                endpoint_id=row[1],
                revision=row[8],
                waiting=tuple(waiting[row[1]]),
                policies=policies[row[1]],
            ),
        )
        for row in rows
    )


def _waiting(sql: Sql, chosen: Chosen) -> dict[str, list[QueuedCommand]]:
    found: dict[str, list[QueuedCommand]] = defaultdict(list)
    for row in sql.execute(
        f"SELECT {WAITING_COLUMNS}, endpoint_id FROM commands "  # noqa: S608 - constants
        f"WHERE outcome IS NULL AND endpoint_id {chosen.condition} ORDER BY endpoint_id, seq",
        chosen.arguments,
    ):
        found[row[-1]].append(to_queued(row))
    return found


def _policies(sql: Sql, chosen: Chosen) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for endpoint_id, app_id, policy_id in sql.execute(
        "SELECT endpoint_id, app_id, policy_id FROM assignments "  # noqa: S608 - constants
        f"WHERE is_current = 1 AND endpoint_id {chosen.condition} ORDER BY id",
        chosen.arguments,
    ):
        found[endpoint_id][app_id] = policy_id
    return found
