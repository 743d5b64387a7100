"""Loading and saving the queues of endpoints: as many at once as there are.

- A changeset changes thousands of queues in one transaction: each kind of row is read and written
  by one statement for all of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from liveconnect.commands import Assignment, Queue, QueuedCommand, Wanted
from liveconnect.store.instants import from_text, from_text_or_none, to_text, to_text_or_none
from liveconnect.store.records import QueueSnapshot
from liveconnect.store.rows import WAITING_COLUMNS, join_words, split_words, to_queued
from liveconnect.store.sql import Sql, in_portions

TIMELINES_KEPT: Final = 50
"""Assignments of an app that an endpoint keeps, for timelines of earlier changesets."""
_ASSIGNMENT_COLUMNS: Final = (
    "app_id, policy_type, policy_id, fragments, epoch, number, assigned_at, command_id, "
    "acknowledged_at, attempts"
)


@dataclass(frozen=True, slots=True)
class Renewed:
    """The queue of an endpoint, before and after a rule changed it."""

    endpoint_id: str
    before: Queue
    after: Queue


def load_queues(sql: Sql, endpoint_ids: Sequence[str]) -> dict[str, Queue]:
    """Return endpoint id to its queue."""
    waiting: dict[str, list[QueuedCommand]] = defaultdict(list)
    assignments: dict[str, dict[str, Assignment]] = defaultdict(dict)
    for row in _of_each(
        sql,
        f"SELECT endpoint_id, {WAITING_COLUMNS} FROM commands "  # noqa: S608 - constants
        "WHERE outcome IS NULL AND endpoint_id IN ({}) ORDER BY endpoint_id, seq",
        endpoint_ids,
    ):
        waiting[row[0]].append(to_queued(row[1:]))
    for row in _of_each(
        sql,
        f"SELECT endpoint_id, {_ASSIGNMENT_COLUMNS} FROM assignments "  # noqa: S608 - constants
        "WHERE is_current = 1 AND endpoint_id IN ({}) ORDER BY id",
        endpoint_ids,
    ):
        assignments[row[0]][row[1]] = _assignment(row[1:])
    rows = _of_each(
        sql, "SELECT id, last_seq FROM endpoints WHERE id IN ({}) ORDER BY id", endpoint_ids
    )
    return {
        endpoint_id: Queue(
            waiting=tuple(waiting.get(endpoint_id, ())),
            assignments=assignments.get(endpoint_id, {}),
            last_seq=last_seq,
        )
        for endpoint_id, last_seq in rows
    }


def load_queue(sql: Sql, endpoint_id: str) -> Queue:
    """Return the queue of an endpoint."""
    return load_queues(sql, (endpoint_id,))[endpoint_id]


def save_queues(
    sql: Sql, tenant: str, renewed: Sequence[Renewed], at: datetime
) -> tuple[QueueSnapshot, ...]:
    """Store what differs between two states of queues; return the new ones as snapshots."""
    _end_commands(sql, renewed, at)
    _insert_commands(sql, tenant, renewed)
    _save_assignments(sql, tenant, renewed)
    sql.executemany(
        "UPDATE endpoints SET last_seq = ?, revision = revision + 1 WHERE id = ?",
        [(each.after.last_seq, each.endpoint_id) for each in renewed],
    )
    ids = [each.endpoint_id for each in renewed]
    query = "SELECT id, revision FROM endpoints WHERE id IN ({})"
    revisions = dict(_of_each(sql, query, ids))
    return tuple(
        snapshot_of(each.endpoint_id, revisions[each.endpoint_id], each.after) for each in renewed
    )


def save_queue(
    sql: Sql, *, tenant: str, endpoint_id: str, before: Queue, after: Queue, at: datetime
) -> QueueSnapshot:
    """Store what differs between two states of a queue; return the new one as a snapshot."""
    return save_queues(sql, tenant, (Renewed(endpoint_id, before, after),), at)[0]


def insert_queues(sql: Sql, tenant: str, queues: Mapping[str, Queue]) -> None:
    """Store the first queues of endpoints that are new."""
    renewed = [Renewed(endpoint_id, Queue(), queue) for endpoint_id, queue in queues.items()]
    _insert_commands(sql, tenant, renewed)
    _insert_assignments(
        sql,
        tenant,
        [(each.endpoint_id, one) for each in renewed for one in each.after.assignments.values()],
    )


def snapshot_of(endpoint_id: str, revision: int, queue: Queue) -> QueueSnapshot:
    """Return a queue as the memory takes it."""
    return QueueSnapshot(
        endpoint_id=endpoint_id,
        revision=revision,
        waiting=queue.waiting,
        policies={app: each.wanted.policy_id for app, each in queue.assignments.items()},
    )


def _of_each(sql: Sql, query: str, endpoint_ids: Sequence[str]) -> Iterator[Any]:
    """Yield the rows of a query whose `{}` stands for the places of ids."""
    for places, some in in_portions(endpoint_ids):
        yield from sql.execute(query.format(places), some)


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


def _end_commands(sql: Sql, renewed: Iterable[Renewed], at: datetime) -> None:
    ended = [
        queued
        for each in renewed
        for queued in each.before.waiting
        if queued.command.id not in {one.command.id for one in each.after.waiting}
    ]
    # What carried assignments goes: its story is told by them.
    sql.executemany(
        "DELETE FROM commands WHERE id = ?", [(one.command.id,) for one in ended if one.apps]
    )
    sql.executemany(
        "UPDATE commands SET outcome = ?, ended_at = ? WHERE id = ?",
        [
            ("expired" if one.expires_at <= at else "acknowledged", to_text(at), one.command.id)
            for one in ended
            if not one.apps
        ],
    )


def _insert_commands(sql: Sql, tenant: str, renewed: Iterable[Renewed]) -> None:
    sql.executemany(
        "INSERT INTO commands (id, tenant, endpoint_id, seq, app_id, body, apps, created_at, "
        "ttl_s, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(queued.command.id, tenant, each.endpoint_id, queued.command.seq),
                *(queued.command.app_id, queued.command.body, join_words(queued.apps)),
                *(to_text(queued.command.creation_time), queued.command.ttl_s),
                to_text(queued.expires_at),
            )
            for each in renewed
            for queued in each.after.waiting
            if queued.command.id not in {one.command.id for one in each.before.waiting}
        ],
    )


def _save_assignments(sql: Sql, tenant: str, renewed: Iterable[Renewed]) -> None:
    made: list[tuple[str, Assignment]] = []
    changed: list[tuple[str, Assignment]] = []
    for each in renewed:
        for app_id, assignment in each.after.assignments.items():
            old = each.before.assignments.get(app_id)
            if old is None or _identity(old) != _identity(assignment):
                made.append((each.endpoint_id, assignment))
            elif old != assignment:
                changed.append((each.endpoint_id, assignment))
    _replace_assignments(sql, tenant, made)
    sql.executemany(
        "UPDATE assignments SET command_id = ?, attempts = ?, acknowledged_at = ? "
        "WHERE endpoint_id = ? AND app_id = ? AND is_current = 1",
        [
            (
                *(one.command_id, one.attempts, to_text_or_none(one.acknowledged_at)),
                *(endpoint_id, one.wanted.app_id),
            )
            for endpoint_id, one in changed
        ],
    )


def _replace_assignments(sql: Sql, tenant: str, made: Sequence[tuple[str, Assignment]]) -> None:
    apps = [(endpoint_id, one.wanted.app_id) for endpoint_id, one in made]
    sql.executemany(
        "UPDATE assignments SET is_current = 0 "
        "WHERE endpoint_id = ? AND app_id = ? AND is_current = 1",
        apps,
    )
    _insert_assignments(sql, tenant, made)
    sql.executemany(
        "DELETE FROM assignments WHERE endpoint_id = ? AND app_id = ? AND id <= "
        "(SELECT id FROM assignments WHERE endpoint_id = ? AND app_id = ? "
        "ORDER BY id DESC LIMIT 1 OFFSET ?)",
        [(*app, *app, TIMELINES_KEPT) for app in apps],
    )


def _insert_assignments(sql: Sql, tenant: str, made: Iterable[tuple[str, Assignment]]) -> None:
    sql.executemany(
        f"INSERT INTO assignments (tenant, endpoint_id, {_ASSIGNMENT_COLUMNS}) "  # noqa: S608 - constants
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(tenant, endpoint_id, one.wanted.app_id, one.wanted.policy_type),
                *(one.wanted.policy_id, join_words(one.wanted.fragments), one.epoch, one.number),
                *(to_text(one.assigned_at), one.command_id),
                *(to_text_or_none(one.acknowledged_at), one.attempts),
            )
            for endpoint_id, one in made
        ],
    )


def _identity(assignment: Assignment) -> tuple[str, datetime]:
    return assignment.wanted.policy_id, assignment.assigned_at
