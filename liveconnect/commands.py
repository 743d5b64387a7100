"""The command queue of one endpoint: pure rules.

- A command waits until it is acknowledged or its time to live is over; delivery alone changes
  nothing, since an answer may be lost on its way.
- What is assigned and not acknowledged travels in one command per form (whole policies,
  fragments). A newer assignment takes the waiting one's place, so an endpoint that was away
  fetches each policy once.
- An assignment outlives its command: when the command expires, a new one takes its place.
- When a status shows another revision than the assigned one longer than two poll intervals after
  the acknowledgement, the policy is assigned again; the wait doubles each time.
- Ids rise and are never given twice: clients recognise duplicates by them.

Provenance: acknowledgement before work and the client's blindness for TTLs are documented;
supersession and re-assignment are ours.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from foundation.protocol.commands import (
    Command,
    PolicyAssignment,
    PolicyFragments,
    encode_assignments,
    encode_fragments,
)
from foundation.protocol.names import APPSPROXY

BODIES_REMEMBERED = 64
LONGEST_REASSIGNMENT_WAIT_S = 14_400.0
"""The longest back-off of a client, and so the longest wait that tells something."""
NewId = Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The policy an app shall have; `fragments` when it is handed out in pieces."""

    app_id: str
    policy_type: int
    policy_id: str
    fragments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A policy that was assigned to an app of the endpoint.

    Attributes:
        wanted: The policy.
        epoch: Of the changeset that brought it; 0 for what LiveConnect compiled itself.
        number: Of the changeset.
        assigned_at: When it was first assigned.
        command_id: The command that carries it now or carried it last.
        acknowledged_at: When that command was acknowledged.
        attempts: How often it was put into the queue after a status or at first.
    """

    wanted: Wanted
    epoch: int
    number: int
    assigned_at: datetime
    command_id: str = ""
    acknowledged_at: datetime | None = None
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class QueuedCommand:
    """A command that waits, and the apps whose assignment it carries (none for an action)."""

    command: Command
    apps: tuple[str, ...] = ()

    @property
    def expires_at(self) -> datetime:
        """The end of its time to live."""
        return self.command.creation_time + timedelta(seconds=self.command.ttl_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRevision:
    """What the newest committed status of an app says."""

    res: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Everything an endpoint shall do."""

    waiting: tuple[QueuedCommand, ...] = ()
    assignments: Mapping[str, Assignment] = field(default_factory=dict)
    last_seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """When something is assigned, by which changeset, and how its commands are made."""

    at: datetime
    new_id: NewId
    ttl_s: float
    epoch: int = 0
    number: int = 0


def assign(queue: Queue, wanted: Iterable[Wanted], origin: Origin) -> Queue:
    """Assign what differs from what is assigned; unchanged when nothing does."""
    changed = {
        each.app_id: Assignment(
            wanted=each, epoch=origin.epoch, number=origin.number, assigned_at=origin.at
        )
        for each in wanted
        if each.app_id not in queue.assignments
        or queue.assignments[each.app_id].wanted.policy_id != each.policy_id
    }
    if not changed:
        return queue
    return _renew(replace(queue, assignments={**queue.assignments, **changed}), origin)


def enqueue(queue: Queue, app_id: str, body: str, origin: Origin) -> Queue:
    """Append an action for one app."""
    return _append(queue, app_id, body, (), origin)


def deliverable(
    queue: Iterable[QueuedCommand], app_ids: Collection[str], now: datetime
) -> tuple[QueuedCommand, ...]:
    """Return what a poll for these apps carries now, in order."""
    return tuple(each for each in queue if each.command.app_id in app_ids and now < each.expires_at)


def acknowledge(queue: Queue, command_ids: Collection[str], at: datetime) -> Queue:
    """Take commands out of the queue; ids that are not in it are passed over."""
    done = {each.command.id for each in queue.waiting} & set(command_ids)
    if not done:
        return queue
    return replace(
        queue,
        waiting=tuple(each for each in queue.waiting if each.command.id not in done),
        assignments={
            app: replace(assignment, acknowledged_at=at)
            if assignment.command_id in done and assignment.acknowledged_at is None
            else assignment
            for app, assignment in queue.assignments.items()
        },
    )


def expire(queue: Queue, origin: Origin) -> Queue:
    """Drop what is over its time; an assignment that was not acknowledged gets a new command."""
    alive = tuple(each for each in queue.waiting if origin.at < each.expires_at)
    if len(alive) == len(queue.waiting):
        return queue
    lost_assignment = any(each.apps for each in queue.waiting if each not in alive)
    left = replace(queue, waiting=alive)
    return _renew(left, origin) if lost_assignment else left


def reassign(
    queue: Queue, shown: Mapping[str, ShownRevision], interval_s: float, origin: Origin
) -> Queue:
    """Assign again what an endpoint acknowledged long enough ago and does not have."""
    due = {
        app: replace(assignment, acknowledged_at=None, attempts=assignment.attempts + 1)
        for app, assignment in queue.assignments.items()
        if app in shown and is_overdue(assignment, shown[app], interval_s, origin.at)
    }
    if not due:
        return queue
    return _renew(replace(queue, assignments={**queue.assignments, **due}), origin)


def is_overdue(
    assignment: Assignment, shown: ShownRevision, interval_s: float, now: datetime
) -> bool:
    """Tell whether an assignment has to be made again."""
    if assignment.acknowledged_at is None or not differs(shown, assignment.wanted.policy_id):
        return False
    wait_s = min(
        2 * interval_s * 2 ** min(assignment.attempts - 1, 30),
        max(LONGEST_REASSIGNMENT_WAIT_S, 2 * interval_s),
    )
    return now - assignment.acknowledged_at > timedelta(seconds=wait_s)


def differs(shown: ShownRevision, policy_id: str) -> bool:
    """Tell whether a status shows that the policy is not the endpoint's."""
    return shown.res == "NoRef" or shown.revision != policy_id


def _renew(queue: Queue, origin: Origin) -> Queue:
    """Put everything that is assigned and not acknowledged into new commands."""
    open_apps = tuple(
        app for app, each in queue.assignments.items() if each.acknowledged_at is None
    )
    actions = tuple(each for each in queue.waiting if not each.apps)
    renewed = replace(queue, waiting=actions)
    wanted = [queue.assignments[app].wanted for app in open_apps]
    whole = tuple(each for each in wanted if not each.fragments)
    pieces = [each for each in wanted if each.fragments]
    if whole:
        renewed = _append(renewed, APPSPROXY, _whole_body(whole), _apps(whole), origin)
    if pieces:
        renewed = _append(renewed, APPSPROXY, _pieces_body(pieces), _apps(pieces), origin)
    return renewed


def _append(queue: Queue, app_id: str, body: str, apps: tuple[str, ...], origin: Origin) -> Queue:
    command = Command(
        id=str(origin.new_id()),
        app_id=app_id,
        body=body,
        creation_time=origin.at,
        ttl_s=origin.ttl_s,
        seq=queue.last_seq + 1,
    )
    return Queue(
        waiting=(*queue.waiting, QueuedCommand(command, apps)),
        assignments={
            app: replace(assignment, command_id=command.id) if app in apps else assignment
            for app, assignment in queue.assignments.items()
        },
        last_seq=command.seq,
    )


def _apps(wanted: Iterable[Wanted]) -> tuple[str, ...]:
    return tuple(each.app_id for each in wanted)


@lru_cache(maxsize=BODIES_REMEMBERED)
def _whole_body(wanted: tuple[Wanted, ...]) -> str:
    # A changeset assigns the same to thousands, one after the other.
    return encode_assignments(
        PolicyAssignment(each.app_id, each.policy_type, each.policy_id) for each in wanted
    )


def _pieces_body(wanted: Iterable[Wanted]) -> str:
    return encode_fragments(
        PolicyFragments(each.app_id, tuple(enumerate(each.fragments))) for each in wanted
    )
