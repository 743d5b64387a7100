"""The record of changesets: what was compiled, when it was sent, what became of it.

- A changeset is immutable. A newer one supersedes those that were never sent, since each is
  full state; only what was sent has a 4233 line.
- The documents of the last ten are kept; of older ones the row stays, for logs and traces.
- Numbers rise inside an epoch and are never given twice.
- The functions work on the open database of the UTM, inside the caller's transaction.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlite_utils import Database

from foundation.errors import DomainError
from foundation.protocol.link import Changeset, decode_changeset, encode_document, made_whole

DOCUMENTS_KEPT: Final = 10
_COLUMNS = "epoch, number, change_number, digest, created_at, sent_at, committed_at, superseded_by"


class ChangesetForgottenError(DomainError):
    """The changeset is known, but its document was given up."""

    code: ClassVar[str] = "changeset_forgotten"
    hint: ClassVar[str] = f"The documents of the last {DOCUMENTS_KEPT} changesets are kept."

    def __init__(self, epoch: int, number: int) -> None:
        super().__init__(f"what changeset {number} of epoch {epoch} said is not kept any more")


@dataclass(frozen=True, slots=True)
class StoredChangeset:
    """One row: a numbered push and its life so far; times are ISO 8601 in UTC or None."""

    epoch: int
    number: int
    change_number: int
    digest: str
    created_at: str
    sent_at: str | None
    committed_at: str | None
    superseded_by: int | None

    @property
    def is_waiting(self) -> bool:
        """Whether LiveConnect has yet to confirm it and nothing newer took its place."""
        return self.committed_at is None and self.superseded_by is None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which revision of which app a changeset wants on which endpoint."""

    default_group: str
    membership: dict[str, str]
    groups: dict[str, dict[str, str]]

    @classmethod
    def of(cls, changeset: Changeset) -> "Wanted":
        """Return what a changeset wants."""
        return cls(
            default_group=changeset.default_group,
            membership=changeset.membership,
            groups={
                group.ref: {policy.app_id: policy.revision for policy in group.policies}
                for group in changeset.groups
            },
        )

    def group_of(self, endpoint_id: str) -> str:
        """Return the ref of the group that an endpoint is in."""
        return self.membership.get(endpoint_id, self.default_group)

    def on(self, endpoint_id: str) -> dict[str, str]:
        """Return app id to RevID for one endpoint."""
        return self.groups.get(self.group_of(endpoint_id), {})


def add(
    db: Database,
    changeset: Changeset,
    *,
    parts: Mapping[str, bytes],
    change_number: int,
    digest: str,
    at: datetime,
) -> None:
    """Store a changeset and supersede those never confirmed.

    Args:
        db: The open database.
        changeset: With the number that `next_number` gave.
        parts: The pieces of its large policies, by name.
        change_number: The newest change of confd that it contains.
        digest: SHA-256 of what it says, without its number.
        at: When it was compiled.
    """
    db.table("epsecd_changesets").insert(
        {
            "epoch": changeset.epoch,
            "number": changeset.number,
            "change_number": change_number,
            "digest": digest,
            "document": encode_document(changeset),
            "wanted": json.dumps(asdict(Wanted.of(changeset))),
            "created_at": at.isoformat(),
        }
    )
    db.execute(
        "UPDATE epsecd_changesets SET superseded_by = ?"
        " WHERE (epoch, number) < (?, ?) AND committed_at IS NULL AND superseded_by IS NULL",
        [changeset.number, changeset.epoch, changeset.number],
    )
    key = {"epoch": changeset.epoch, "number": changeset.number}
    stored = ({"digest": name, "body": body} for name, body in parts.items())
    db.table("epsecd_parts").insert_all(stored, ignore=True)
    named = [key | {"digest": name} for name in changeset.parts]
    db.table("epsecd_changeset_parts").insert_all(named)
    _forget_documents(db)


def next_number(db: Database, epoch: int) -> int:
    """Return the number that the next changeset of the epoch will have."""
    query = "SELECT COALESCE(MAX(number), 0) + 1 FROM epsecd_changesets WHERE epoch = ?"
    return int(db.execute(query, [epoch]).fetchone()[0])


def newest(db: Database) -> StoredChangeset | None:
    """Return the newest changeset, or None before the first."""
    return _one(db, "ORDER BY epoch DESC, number DESC LIMIT 1", [])


def find(db: Database, number: int) -> StoredChangeset | None:
    """Return the changeset of that number in the newest epoch that has it."""
    return _one(db, "WHERE number = ? ORDER BY epoch DESC LIMIT 1", [number])


def all_changesets(db: Database) -> tuple[StoredChangeset, ...]:
    """Return every changeset, oldest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM epsecd_changesets ORDER BY epoch, number")  # noqa: S608 - constants
    return tuple(StoredChangeset(*row) for row in rows.fetchall())


def count(db: Database) -> int:
    """Return how many changesets there are."""
    return int(db.execute("SELECT COUNT(*) FROM epsecd_changesets").fetchone()[0])


def newest_first(db: Database, *, most: int, after: int = 0) -> tuple[StoredChangeset, ...]:
    """Return some changesets, newest first, without the `after` newest ones."""
    select = f"SELECT {_COLUMNS} FROM epsecd_changesets"  # noqa: S608 - constants
    rows = db.execute(f"{select} ORDER BY epoch DESC, number DESC LIMIT ? OFFSET ?", [most, after])
    return tuple(StoredChangeset(*row) for row in rows.fetchall())


def around(
    db: Database, changeset: StoredChangeset
) -> tuple[StoredChangeset | None, StoredChangeset | None]:
    """Return the changeset before one and the one after it, of whatever epoch."""
    key = [changeset.epoch, changeset.number]
    before = "WHERE (epoch, number) < (?, ?) ORDER BY epoch DESC, number DESC LIMIT 1"
    after = "WHERE (epoch, number) > (?, ?) ORDER BY epoch, number LIMIT 1"
    return _one(db, before, key), _one(db, after, key)


def exactly(db: Database, epoch: int, number: int) -> StoredChangeset | None:
    """Return the changeset of that epoch and number, or None."""
    return _one(db, "WHERE epoch = ? AND number = ?", [epoch, number])


def document(db: Database, epoch: int, number: int) -> bytes:
    """Return the encoded changeset.

    Raises:
        ChangesetForgottenError: If it is not kept any more.
    """
    query = "SELECT document FROM epsecd_changesets WHERE epoch = ? AND number = ?"
    encoded = bytes(db.execute(query, [epoch, number]).fetchone()[0])
    if not encoded:
        raise ChangesetForgottenError(epoch, number)
    return encoded


def part(db: Database, digest: str) -> bytes | None:
    """Return a piece of a large policy, or None when no kept document names it."""
    row = db.execute("SELECT body FROM epsecd_parts WHERE digest = ?", [digest]).fetchone()
    return None if row is None else bytes(row[0])


def content(db: Database, epoch: int, number: int) -> Changeset:
    """Return what a changeset said, its policies whole.

    Raises:
        ChangesetForgottenError: If its document is not kept any more.
    """
    changeset = decode_changeset(document(db, epoch, number))
    parts = {name: part(db, name) for name in changeset.parts}
    return made_whole(changeset, {name: body for name, body in parts.items() if body is not None})


def wanted(db: Database, epoch: int, number: int) -> Wanted:
    """Return what a changeset wants, without decoding its document."""
    query = "SELECT wanted FROM epsecd_changesets WHERE epoch = ? AND number = ?"
    return Wanted(**json.loads(db.execute(query, [epoch, number]).fetchone()[0]))


def mark_sent(db: Database, epoch: int, number: int, at: datetime) -> bool:
    """Record the first sending; return whether this is the first."""
    changed = db.execute(
        "UPDATE epsecd_changesets SET sent_at = ?"
        " WHERE epoch = ? AND number = ? AND sent_at IS NULL",
        [at.isoformat(), epoch, number],
    )
    return changed.rowcount == 1


def last_sent(db: Database, epoch: int) -> int:
    """Return the highest number of the epoch that LiveConnect can know; 0 before the first."""
    query = (
        "SELECT COALESCE(MAX(number), 0) FROM epsecd_changesets"
        " WHERE epoch = ? AND sent_at IS NOT NULL"
    )
    return int(db.execute(query, [epoch]).fetchone()[0])


def mark_committed(db: Database, epoch: int, number: int, at: datetime) -> None:
    """Record that LiveConnect holds it; what was sent before it in vain is superseded."""
    db.execute(
        "UPDATE epsecd_changesets SET committed_at = ?"
        " WHERE epoch = ? AND number = ? AND committed_at IS NULL",
        [at.isoformat(), epoch, number],
    )


def _forget_documents(db: Database) -> None:
    """Empty the documents of all but the last; nobody sends those again: the newest is all."""
    db.execute(
        "UPDATE epsecd_changesets SET document = x'' WHERE length(document) > 0 AND rowid IN"
        " (SELECT rowid FROM epsecd_changesets ORDER BY epoch DESC, number DESC"
        " LIMIT -1 OFFSET ?)",
        [DOCUMENTS_KEPT],
    )
    db.execute(
        "DELETE FROM epsecd_changeset_parts WHERE (epoch, number) IN"
        " (SELECT epoch, number FROM epsecd_changesets WHERE length(document) = 0)"
    )
    db.execute(
        "DELETE FROM epsecd_parts WHERE digest NOT IN (SELECT digest FROM epsecd_changeset_parts)"
    )


def _one(db: Database, condition: str, values: list[int]) -> StoredChangeset | None:
    query = f"SELECT {_COLUMNS} FROM epsecd_changesets {condition}"  # noqa: S608 - constants
    row = db.execute(query, values).fetchone()
    return StoredChangeset(*row) if row else None
