"""Between rows and the records of the rules: loading and saving the queue of one endpoint."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from foundation.protocol.commands import Command
from liveconnect.commands import Assignment, Origin, Queue, QueuedCommand, Wanted
from liveconnect.store.instants import from_text, from_text_or_none, to_text, to_text_or_none
from liveconnect.store.records import QueueSnapshot
from liveconnect.store.sql import Sql

TIMELINES_KEPT = 50
"""Assignments of an app that an endpoint keeps, for timelines of earlier changesets."""
_COMMAND_COUNTER = "last_command_id"
WAITING_COLUMNS = "id, app_id, body, created_at, ttl_s, seq, apps"
_TAKE_IDS = (
    "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) "
    "DO UPDATE SET value = CAST(CAST(facts.value AS INTEGER) + ? AS TEXT) RETURNING value"
)
_INSERT_COMMAND = (
    "INSERT INTO commands (id, tenant, endpoint_id, seq, app_id, body, apps, created_at, "
    "ttl_s, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_ASSIGNMENT = (
    "INSERT INTO assignments (tenant, endpoint_id, app_id, policy_type, policy_id, "
    "fragments, epoch, number, assigned_at, command_id, attempts, acknowledged_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def origin_of(
    sql: Sql, at: datetime, ttl_s: float, *, epoch: int = 0, number: int = 0, ids_at_once: int = 1
) -> Origin:
    """Return an origin whose command ids come from the database's counter, some at a time."""
    reserved: Iterator[int] = iter(())

    def new_id() -> int:
        nonlocal reserved
        found = next(reserved, None)
        if found is not None:
            return found
        arguments = [_COMMAND_COUNTER, str(ids_at_once), ids_at_once]
        last = int(sql.execute(_TAKE_IDS, arguments).fetchone()[0])
        reserved = iter(range(last - ids_at_once + 1, last + 1))
        return next(reserved)

    return Origin(at=at, new_id=new_id, ttl_s=ttl_s, epoch=epoch, number=number)


def load_queue(sql: Sql, endpoint_id: str) -> Queue:
    """Return the queue of an endpoint."""
    last_seq = sql.execute("SELECT last_seq FROM endpoints WHERE id = ?", [endpoint_id]).fetchone()[
        0
    ]
    return Queue(
        waiting=_load_waiting(sql, endpoint_id),
        assignments={
            row[0]: _assignment(row)
            for row in sql.execute(
                "SELECT app_id, policy_type, policy_id, fragments, epoch, number, assigned_at, "
                "command_id, acknowledged_at, attempts FROM assignments "
                "WHERE endpoint_id = ? AND is_current = 1 ORDER BY id",
                [endpoint_id],
            )
        },
        last_seq=last_seq,
    )


def save_queue(
    sql: Sql, *, tenant: str, endpoint_id: str, before: Queue, after: Queue, at: datetime
) -> QueueSnapshot:
    """Store what differs between two states of a queue; return the new one as a snapshot."""
    kept = {each.command.id for each in after.waiting}
    for each in before.waiting:
        if each.command.id not in kept:
            _end_command(sql, each, at)
    known = {each.command.id for each in before.waiting}
    for each in after.waiting:
        if each.command.id not in known:
            _insert_command(sql, tenant, endpoint_id, each)
    for app_id, assignment in after.assignments.items():
        old = before.assignments.get(app_id)
        if old is None or _identity(old) != _identity(assignment):
            _insert_assignment(sql, tenant, endpoint_id, assignment)
        elif old != assignment:
            _update_assignment(sql, endpoint_id, assignment)
    revision = sql.execute(
        "UPDATE endpoints SET last_seq = ?, revision = revision + 1 WHERE id = ? "
        "RETURNING revision",
        [after.last_seq, endpoint_id],
    ).fetchone()[0]
    return snapshot_of(endpoint_id, revision, after)


def insert_queues(sql: Sql, tenant: str, queues: Mapping[str, Queue]) -> None:
    """Store the first queues of endpoints that are new, rows of a kind together."""
    sql.executemany(
        _INSERT_COMMAND,
        [
            _command_row(tenant, endpoint_id, each)
            for endpoint_id, queue in queues.items()
            for each in queue.waiting
        ],
    )
    sql.executemany(
        _INSERT_ASSIGNMENT,
        [
            _assignment_row(tenant, endpoint_id, each)
            for endpoint_id, queue in queues.items()
            for each in queue.assignments.values()
        ],
    )


def load_snapshot(sql: Sql, endpoint_id: str, revision: int) -> QueueSnapshot:
    """Return the committed queue of an endpoint."""
    return snapshot_of(endpoint_id, revision, load_queue(sql, endpoint_id))


def snapshot_of(endpoint_id: str, revision: int, queue: Queue) -> QueueSnapshot:
    """Return a queue as the memory takes it."""
    return QueueSnapshot(
        endpoint_id=endpoint_id,
        revision=revision,
        waiting=queue.waiting,
        policies={app: each.wanted.policy_id for app, each in queue.assignments.items()},
    )


def split_words(text: str) -> tuple[str, ...]:
    """Read a list of ids that was stored as one text."""
    return tuple(text.split())


def join_words(words: Iterable[str]) -> str:
    """Return a list of ids as one text."""
    return " ".join(words)


def to_json(content: Any) -> str:
    """Return JSON as it is stored."""
    return json.dumps(content, separators=(",", ":"), sort_keys=True)


def _load_waiting(sql: Sql, endpoint_id: str) -> tuple[QueuedCommand, ...]:
    rows = sql.execute(
        f"SELECT {WAITING_COLUMNS} FROM commands "  # noqa: S608 - constants
        "WHERE endpoint_id = ? AND outcome IS NULL ORDER BY seq",
        [endpoint_id],
    )
    return tuple(to_queued(row) for row in rows)


def to_queued(row: Sequence[Any]) -> QueuedCommand:
    """Return a command from `WAITING_COLUMNS`."""
    command = Command(row[0], row[1], row[2], from_text(row[3]), row[4], row[5])
    return QueuedCommand(command, split_words(row[6]))


def _assignment(row: Sequence[Any]) -> Assignment:
    return Assignment(
        wanted=Wanted(
            app_id=row[0], policy_type=row[1], policy_id=row[2], fragments=split_words(row[3])
        ),
        epoch=row[4],
        number=row[5],
        assigned_at=from_text(row[6]),
        command_id=row[7],
        acknowledged_at=from_text_or_none(row[8]),
        attempts=row[9],
    )


def _identity(assignment: Assignment) -> tuple[str, datetime]:
    return assignment.wanted.policy_id, assignment.assigned_at


def _end_command(sql: Sql, queued: QueuedCommand, at: datetime) -> None:
    if queued.apps:
        # Its story is told by the assignments that it carried.
        sql.execute("DELETE FROM commands WHERE id = ?", [queued.command.id])
        return
    outcome = "expired" if queued.expires_at <= at else "acknowledged"
    sql.execute(
        "UPDATE commands SET outcome = ?, ended_at = ? WHERE id = ?",
        [outcome, to_text(at), queued.command.id],
    )


def _insert_command(sql: Sql, tenant: str, endpoint_id: str, queued: QueuedCommand) -> None:
    sql.execute(_INSERT_COMMAND, _command_row(tenant, endpoint_id, queued))


def _command_row(tenant: str, endpoint_id: str, queued: QueuedCommand) -> tuple[Any, ...]:
    command = queued.command
    return (
        command.id,
        tenant,
        endpoint_id,
        command.seq,
        command.app_id,
        command.body,
        join_words(queued.apps),
        to_text(command.creation_time),
        command.ttl_s,
        to_text(queued.expires_at),
    )


def _insert_assignment(sql: Sql, tenant: str, endpoint_id: str, assignment: Assignment) -> None:
    app_id = assignment.wanted.app_id
    sql.execute(
        "UPDATE assignments SET is_current = 0 "
        "WHERE endpoint_id = ? AND app_id = ? AND is_current = 1",
        [endpoint_id, app_id],
    )
    sql.execute(_INSERT_ASSIGNMENT, _assignment_row(tenant, endpoint_id, assignment))
    sql.execute(
        "DELETE FROM assignments WHERE endpoint_id = ? AND app_id = ? AND id <= "
        "(SELECT id FROM assignments WHERE endpoint_id = ? AND app_id = ? "
        "ORDER BY id DESC LIMIT 1 OFFSET ?)",
        [endpoint_id, app_id, endpoint_id, app_id, TIMELINES_KEPT],
    )


def _assignment_row(tenant: str, endpoint_id: str, assignment: Assignment) -> tuple[Any, ...]:
    wanted = assignment.wanted
    return (
        tenant,
        endpoint_id,
        wanted.app_id,
        wanted.policy_type,
        wanted.policy_id,
        join_words(wanted.fragments),
        assignment.epoch,
        assignment.number,
        to_text(assignment.assigned_at),
        assignment.command_id,
        assignment.attempts,
        to_text_or_none(assignment.acknowledged_at),
    )


def _update_assignment(sql: Sql, endpoint_id: str, assignment: Assignment) -> None:
    sql.execute(
        "UPDATE assignments SET command_id = ?, attempts = ?, acknowledged_at = ? "
        "WHERE endpoint_id = ? AND app_id = ? AND is_current = 1",
        [
            assignment.command_id,
            assignment.attempts,
            to_text_or_none(assignment.acknowledged_at),
            endpoint_id,
            assignment.wanted.app_id,
        ],
    )
