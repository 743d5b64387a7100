"""Lines that are decided but not yet in their file, and how far each file is written.

* `enqueue` works inside the caller's transaction: what caused a line and the line itself are
  stored together or not at all.
* Sequences only grow (AUTOINCREMENT), so a line is written exactly once: a file's row commits
  the offset and the sequence up to which the file is written, and drops those lines.
* Each file that a log ever had is one row: `open`, then `archiving`, then `archived`. At most
  one row of a log is not archived. Rotation is a change of these rows.
* The functions are pure SQL over the open database; who calls them owns the transaction.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Literal

from sqlite_utils import Database

from foundation.durable.database import Schema
from foundation.errors import DomainError

_LOG_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FileState = Literal["open", "archiving", "archived"]


class LineRefusedError(DomainError):
    """Something that is not one line of a log."""

    code: ClassVar[str] = "line_refused"
    hint: ClassVar[str] = "Make lines with utm.logs.catalogue.Daemon; they never hold a line feed."


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledLine:
    """A line that waits to be written."""

    sequence: int
    at: datetime
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One file of a log: its day, and what is known to be durable in it."""

    log: str
    number: int
    day: date
    state: FileState
    offset: int
    sequence: int
    archive: str = ""


def _create(db: Database) -> None:
    db.execute(
        "CREATE TABLE log_spool (sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
        " log TEXT NOT NULL, at_us INTEGER NOT NULL, line BLOB NOT NULL)"
    )
    db.execute("CREATE INDEX log_spool_order ON log_spool (log, sequence)")
    db.execute(
        "CREATE TABLE log_files (log TEXT NOT NULL, number INTEGER NOT NULL, day TEXT NOT NULL,"
        " state TEXT NOT NULL CHECK (state IN ('open', 'archiving', 'archived')),"
        " offset INTEGER NOT NULL, sequence INTEGER NOT NULL, archive TEXT NOT NULL DEFAULT '',"
        " PRIMARY KEY (log, number))"
    )


SCHEMA = Schema("logs", (_create,))


def enqueue(db: Database, log_name: str, at: datetime, lines: Iterable[str]) -> None:
    """Hand lines to the appender, inside the caller's transaction; ring it after the commit.

    Args:
        db: The open database of the UTM.
        log_name: Such as "epsecd".
        at: The aware moment at which they are logged: its local day decides the file.
        lines: Whole lines without line feed, in their order.

    Raises:
        LineRefusedError: when the name or a line cannot be one.
    """
    if _LOG_NAME.fullmatch(log_name) is None:
        raise LineRefusedError(f"{log_name!r} is not the name of a log")
    at_us = (at - _EPOCH) // timedelta(microseconds=1)
    rows = [(log_name, at_us, _encode(line)) for line in lines]
    db.conn.executemany("INSERT INTO log_spool (log, at_us, line) VALUES (?, ?, ?)", rows)


def waiting_logs(db: Database) -> list[str]:
    """Return the logs for which lines wait, the one with the oldest line first."""
    rows = db.execute("SELECT log FROM log_spool GROUP BY log ORDER BY MIN(sequence)")
    return [log for (log,) in rows.fetchall()]


def waiting_count(db: Database) -> int:
    """Return how many lines wait."""
    return int(db.execute("SELECT COUNT(*) FROM log_spool").fetchone()[0])


def waiting_lines(db: Database, log: str, limit: int) -> list[SpooledLine]:
    """Return the oldest waiting lines of a log, in sequence."""
    rows = db.execute(
        "SELECT sequence, at_us, line FROM log_spool WHERE log = ? ORDER BY sequence LIMIT ?",
        [log, limit],
    ).fetchall()
    return [
        SpooledLine(sequence=sequence, at=_EPOCH + timedelta(microseconds=at_us), data=line)
        for sequence, at_us, line in rows
    ]


def current_files(db: Database) -> list[FileRow]:
    """Return the row of each log that is not archived yet."""
    rows = db.execute(
        "SELECT log, number, day, state, offset, sequence, archive FROM log_files"
        " WHERE state != 'archived' ORDER BY log"
    )
    return [_row(row) for row in rows.fetchall()]


def current_file(db: Database, log: str) -> FileRow | None:
    """Return the row of the file that a log is written to."""
    return next((row for row in current_files(db) if row.log == log), None)


def begin_file(db: Database, log: str, day: date) -> FileRow:
    """Open the next file of a log at offset 0; the row before it must be archived or none."""
    number, sequence = db.execute(
        "SELECT COALESCE(MAX(number), 0), COALESCE(MAX(sequence), 0) FROM log_files WHERE log = ?",
        [log],
    ).fetchone()
    row = FileRow(log=log, number=number + 1, day=day, state="open", offset=0, sequence=sequence)
    db.execute(
        "INSERT INTO log_files (log, number, day, state, offset, sequence)"
        " VALUES (?, ?, ?, 'open', 0, ?)",
        [log, row.number, day.isoformat(), sequence],
    )
    return row


def change_day(db: Database, row: FileRow, day: date) -> FileRow:
    """Give a file that is still empty to a later day."""
    _change(db, row, "day = ?", [day.isoformat()])
    return replace(row, day=day, offset=0)


def commit_written(db: Database, row: FileRow, offset: int, sequence: int) -> None:
    """Commit that the file is durable up to `offset`, and drop the lines that are in it."""
    _change(db, row, "offset = ?, sequence = ?", [offset, sequence])
    db.execute("DELETE FROM log_spool WHERE log = ? AND sequence <= ?", [row.log, sequence])


def restart_file(db: Database, row: FileRow) -> None:
    """Commit that the file begins anew at offset 0: what it held was lost or set aside."""
    _change(db, row, "offset = 0", [])


def begin_archiving(db: Database, row: FileRow, archive: str) -> FileRow:
    """Commit that nothing more is appended to the file, and where its archive goes."""
    _change(db, row, "state = 'archiving', archive = ?", [archive])
    return replace(row, state="archiving", archive=archive)


def commit_archived(db: Database, row: FileRow, next_day: date) -> FileRow:
    """Commit that the archive is durable; the next file begins in the same transaction."""
    _change(db, row, "state = 'archived'", [])
    return begin_file(db, row.log, next_day)


def _change(db: Database, row: FileRow, assignment: str, values: list[object]) -> None:
    db.execute(
        f"UPDATE log_files SET {assignment} WHERE log = ? AND number = ?",  # noqa: S608 - constants
        [*values, row.log, row.number],
    )


def _encode(line: str) -> bytes:
    if "\n" in line or "\r" in line or not line:
        raise LineRefusedError(f"Not one line: {line[:80]!r}")
    return line.encode("utf-8", "replace") + b"\n"


def _row(row: tuple[str, int, str, FileState, int, int, str]) -> FileRow:
    log, number, day, state, offset, sequence, archive = row
    return FileRow(
        log=log,
        number=number,
        day=date.fromisoformat(day),
        state=state,
        offset=offset,
        sequence=sequence,
        archive=archive,
    )
