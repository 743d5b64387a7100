"""Statuses of endpoints: each that is new is stored and reported once.

- What several endpoints send at the same time is stored together: what is known of them is read at
  once, and rows of one kind are written by one statement.
- A report of a policy in force carries the policy's times and the poll interval, so that the UTM
  can tell what an endpoint waited for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from liveconnect.reports import Happening, content_digest
from liveconnect.store.instants import to_text
from liveconnect.store.intake import record_fetches
from liveconnect.store.outbox import report_all
from liveconnect.store.records import Fetch, ReceivedStatus
from liveconnect.store.sql import Sql, in_portions

_TOLD: Final = ("epoch", "changeset", "assigned_at", "delivered_at", "delivered_by", "fetched_at")
_COLUMNS: Final = "epoch, number, assigned_at, delivered_at, delivered_by, fetched_at"
_STORE: Final = (
    "INSERT INTO statuses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (endpoint_id, app_id) DO UPDATE SET tenant = excluded.tenant, "
    "res = excluded.res, revision = excluded.revision, digest = excluded.digest, "
    "body = excluded.body, created_at = excluded.created_at, "
    "committed_at = excluded.committed_at"
)
_CONFIRM: Final = (
    "UPDATE assignments SET confirmed = CASE WHEN policy_id = ? THEN ? ELSE 0 END "
    "WHERE endpoint_id = ? AND app_id = ? AND is_current = 1"
)
_APPLY: Final = (
    "UPDATE assignments SET applied_at = ?, committed_at = ? WHERE endpoint_id = ? "
    "AND app_id = ? AND policy_id = ? AND committed_at IS NULL"
)
_Told = dict[tuple[str, str, str], tuple[Any, ...] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What one endpoint sent, and the policies that it fetched before."""

    tenant: str
    endpoint_id: str
    statuses: tuple[ReceivedStatus, ...]
    fetches: tuple[Fetch, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class _New:
    """A status that is not stored yet."""

    sent: Sent
    status: ReceivedStatus
    digest: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Whose policy it speaks of, and which."""
        return self.sent.endpoint_id, self.status.app_id, self.status.revision


def record_all(sql: Sql, asked: Sequence[Sent], *, interval_s: float) -> list[int]:
    """Store and report what is new; return how much that was, for each that sent something."""
    record_fetches(sql, [fetch for each in asked for fetch in each.fetches])
    new = _new_ones(sql, asked)
    flat = [one for several in new for one in several]
    sql.executemany(_STORE, [_row(each) for each in flat])
    of_policies = [each for each in flat if each.status.res]
    _confirm(sql, of_policies)
    told = _told(sql, of_policies)
    happenings: dict[str, list[Happening]] = {}
    for each in flat:
        happenings.setdefault(each.sent.tenant, []).append(_happening(each, told, interval_s))
    for tenant, several in happenings.items():
        report_all(sql, tenant, several)
    return [len(several) for several in new]


def _new_ones(sql: Sql, asked: Sequence[Sent]) -> list[list[_New]]:
    """Return, for each that sent something, what is not stored yet."""
    digests: dict[tuple[str, str], str] = {}
    for places, some in in_portions([each.endpoint_id for each in asked]):
        for endpoint_id, app_id, digest in sql.execute(
            "SELECT endpoint_id, app_id, digest FROM statuses "  # noqa: S608 - places only
            f"WHERE endpoint_id IN ({places})",
            some,
        ):
            digests[endpoint_id, app_id] = digest
    new: list[list[_New]] = []
    for sent in asked:
        new.append([])
        for status in sent.statuses:
            digest = content_digest(to_text(status.created_at), status.body)
            if digests.get((sent.endpoint_id, status.app_id)) != digest:
                digests[sent.endpoint_id, status.app_id] = digest
                new[-1].append(_New(sent, status, digest))
    return new


def _row(new: _New) -> tuple[Any, ...]:
    sent, status = new.sent, new.status
    return (
        sent.tenant,
        sent.endpoint_id,
        status.app_id,
        status.res,
        status.revision,
        new.digest,
        status.body,
        to_text(status.created_at),
        to_text(sent.at),
    )


def _confirm(sql: Sql, new: Sequence[_New]) -> None:
    """Note what statuses say of assignments."""
    sql.executemany(
        _CONFIRM,
        [
            (
                each.status.revision,
                int(each.status.res == "Same"),
                each.sent.endpoint_id,
                each.status.app_id,
            )
            for each in new
        ],
    )
    sql.executemany(
        _APPLY,
        [
            (to_text(each.status.created_at), to_text(each.sent.at), *each.key)
            for each in new
            if each.status.res == "Same"
        ],
    )


def _told(sql: Sql, new: Sequence[_New]) -> _Told:
    """Return what reports tell of the policies that statuses speak of."""
    told: _Told = {}
    for places, some in in_portions([each.sent.endpoint_id for each in new]):
        for row in sql.execute(
            f"SELECT endpoint_id, app_id, policy_id, {_COLUMNS} "  # noqa: S608 - places only
            f"FROM assignments WHERE is_current = 1 AND endpoint_id IN ({places})",
            some,
        ):
            told[row[0], row[1], row[2]] = row[3:]
    for each in new:
        if each.key not in told:  # it speaks of an earlier policy, or of none of ours
            told[each.key] = sql.execute(
                f"SELECT {_COLUMNS} FROM assignments "  # noqa: S608 - constants
                "WHERE endpoint_id = ? AND app_id = ? AND policy_id = ? ORDER BY id DESC LIMIT 1",
                each.key,
            ).fetchone()
    return told


def _happening(new: _New, told: _Told, interval_s: float) -> Happening:
    sent, status = new.sent, new.status
    found = told.get(new.key) if status.res else None
    known = dict(zip(_TOLD, found, strict=True)) if found else {}
    body = {
        "app_id": status.app_id,
        "res": status.res,
        "revision": status.revision,
        "details": dict(status.details),
        "created_at": to_text(status.created_at),
        "epoch": 0,
        "changeset": 0,
        **known,
        **({"poll_interval_s": interval_s} if known else {}),
    }
    return Happening(kind="status", endpoint_id=sent.endpoint_id, at=sent.at, body=body)
