"""Acknowledgements: commands that endpoints have taken over end, as `liveconnect.commands` says.

- Those of several endpoints that come at the same time are stored together.
- Also assignments are noted whose command a newer one replaced meanwhile: the timeline tells them.
- After a restart nobody remembers a delivery: its time is that of the acknowledgement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from liveconnect.store.instants import to_text
from liveconnect.store.loading import load_snapshots
from liveconnect.store.records import Delivery, QueueSnapshot
from liveconnect.store.sql import Sql, in_portions


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """What one endpoint acknowledged, and when that reached it."""

    endpoint_id: str
    command_ids: tuple[str, ...]
    delivered: Mapping[str, Delivery]
    at: datetime


@dataclass(frozen=True, slots=True)
class _Command:
    """One command that was acknowledged."""

    by: Acknowledged
    command_id: str

    @property
    def key(self) -> tuple[str, str]:
        """Which command, and whose."""
        return self.command_id, self.by.endpoint_id

    @property
    def ended_at(self) -> str:
        """When it was acknowledged."""
        return to_text(self.by.at)

    @property
    def reached(self) -> tuple[str, str]:
        """When it reached the endpoint first, and by which path."""
        delivered = self.by.delivered.get(self.command_id)
        return (to_text(delivered.at), delivered.by) if delivered else (self.ended_at, "")


def acknowledge_all(sql: Sql, asked: Sequence[Acknowledged]) -> list[QueueSnapshot]:
    """End commands; return what is left in the queue of each endpoint."""
    commands = [_Command(each, one) for each in asked for one in each.command_ids]
    endpoint_ids = list(dict.fromkeys(each.endpoint_id for each in asked))
    sql.executemany(
        "UPDATE assignments SET delivered_at = COALESCE(delivered_at, ?), "
        "delivered_by = COALESCE(delivered_by, ?), "
        "acknowledged_at = COALESCE(acknowledged_at, ?) WHERE endpoint_id = ? AND command_id = ?",
        [(*each.reached, each.ended_at, each.by.endpoint_id, each.command_id) for each in commands],
    )
    waiting = _waiting(sql, endpoint_ids)
    _end(sql, [each for each in commands if each.key in waiting])
    changed = {each.by.endpoint_id for each in commands if each.key in waiting}
    sql.executemany(
        "UPDATE endpoints SET revision = revision + 1 WHERE id = ?",
        [(each,) for each in endpoint_ids if each in changed],
    )
    queues = load_snapshots(sql, endpoint_ids)
    return [queues[each.endpoint_id] for each in asked]


def _waiting(sql: Sql, endpoint_ids: Sequence[str]) -> set[tuple[str, str]]:
    return {
        (row[0], row[1])
        for places, some in in_portions(endpoint_ids)
        for row in sql.execute(
            "SELECT id, endpoint_id FROM commands "  # noqa: S608 - places only
            f"WHERE outcome IS NULL AND endpoint_id IN ({places})",
            some,
        )
    }


def _end(sql: Sql, commands: Sequence[_Command]) -> None:
    # What carried assignments is told by them; an action keeps its row.
    sql.executemany(
        "DELETE FROM commands WHERE id = ? AND endpoint_id = ? AND apps <> ''",
        [each.key for each in commands],
    )
    sql.executemany(
        "UPDATE commands SET delivered_at = ?, ended_at = ?, "
        "outcome = CASE WHEN expires_at <= ? THEN 'expired' ELSE 'acknowledged' END "
        "WHERE id = ? AND endpoint_id = ? AND outcome IS NULL",
        [(each.reached[0], each.ended_at, each.ended_at, *each.key) for each in commands],
    )
