"""Between columns and values: lists, JSON, waiting commands, and the ids of new ones."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from foundation.protocol.commands import Command
from liveconnect.commands import Origin, QueuedCommand
from liveconnect.store.instants import from_text
from liveconnect.store.sql import Sql

_COMMAND_COUNTER = "last_command_id"
WAITING_COLUMNS = "id, app_id, body, created_at, ttl_s, seq, apps"


def origin_of(
    sql: Sql, at: datetime, ttl_s: float, *, epoch: int = 0, number: int = 0, ids_at_once: int = 1
) -> Origin:
    """Return an origin whose command ids come from the database's counter.

    Args:
        sql: The database.
        at: When something is assigned.
        ttl_s: How long commands live.
        epoch: Of the changeset.
        number: Of the changeset.
        ids_at_once: How many are taken at a time; what is not used of them is never given.
    """
    ids = _command_ids(sql, ids_at_once)
    return Origin(at=at, new_id=lambda: next(ids), ttl_s=ttl_s, epoch=epoch, number=number)


def split_words(text: str) -> tuple[str, ...]:
    """Read a list of ids that was stored as one text."""
    return tuple(text.split())


def join_words(words: Iterable[str]) -> str:
    """Return a list of ids as one text."""
    return " ".join(words)


def to_json(content: Any) -> str:
    """Return JSON as it is stored."""
    return json.dumps(content, separators=(",", ":"), sort_keys=True)


def to_queued(row: Sequence[Any]) -> QueuedCommand:
    """Return a command from `WAITING_COLUMNS`."""
    command = Command(row[0], row[1], row[2], from_text(row[3]), row[4], row[5])
    return QueuedCommand(command, split_words(row[6]))


def _command_ids(sql: Sql, at_once: int) -> Iterator[int]:
    while True:
        row = sql.execute(
            "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) "
            "DO UPDATE SET value = CAST(CAST(facts.value AS INTEGER) + ? AS TEXT) RETURNING value",
            [_COMMAND_COUNTER, str(at_once), at_once],
        ).fetchone()
        last = int(row[0])
        yield from range(last - at_once + 1, last + 1)
