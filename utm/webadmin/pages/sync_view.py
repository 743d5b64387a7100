"""What the policy sync pages show of a changeset. Pure.

- A changeset is meant for every computer that had enrolled when the next one came. It concerns
  those to whom LiveConnect assigned something by it; for the others nothing changed.
- A computer that enrolled after LiveConnect had it is served, but is no part of the statistics:
  its way began at its enrolment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final

from utm.drawing.axis import clock_words
from utm.drawing.hops import HOPS, Lane, Stats, Timeline, hop_statistics, statistics
from utm.epsecd.changesets import StoredChangeset, Wanted
from utm.epsecd.endpoints import StoredEndpoint
from utm.epsecd.hops import EndpointHops
from utm.webadmin.filters import counted
from utm.webadmin.pages.sync_reading import SyncRecord
from utm.webadmin.standing import POLL_S, Standing, standing_of

APP_NAMES: Final = {
    "ALC": "updating",
    "SAV": "antivirus",
    "SWC": "web control",
    "TPROT": "tamper protection",
    "DEVCTL": "device control",
}
_FIRST: Final = ("error", "warning", "info", "ok", "off")
_OPEN: Final = ("info", "warning", "error")
_ENFORCED: Final = Standing("ok", "enforces it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One computer and one changeset."""

    computer: StoredEndpoint
    group: str
    standing: Standing
    hops: Mapping[str, datetime]
    is_concerned: bool
    is_late_comer: bool = False
    delivered_by: str = ""

    @property
    def id(self) -> str:
        """The id of the table's row."""
        return f"sync-{self.computer.endpoint_id}"

    @property
    def is_done(self) -> bool:
        """Whether it enforces the changeset, or did when it was the newest."""
        return self.standing.kind == "ok"

    @property
    def lane(self) -> Lane:
        """The way as the pictures draw it."""
        return Lane(
            name=self.computer.name,
            hops=self.hops,
            state=self.standing.kind,
            note="" if self.is_done else self.standing.text.rpartition(", ")[2],
        )

    @property
    def waited_s(self) -> float | None:
        """Seconds that it waited for its poll."""
        if not {"broker", "polled"} <= self.hops.keys():
            return None
        return (self.hops["polled"] - self.hops["broker"]).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncView:
    """A changeset as its page shows it.

    Attributes:
        concerns: Group name to what of its policies changed.
        moved: How many computers are in another group than before.
        rows: The computers it is meant for; first those that do not enforce it, then by name.
    """

    record: SyncRecord
    concerns: Mapping[str, tuple[str, ...]]
    moved: int
    rows: tuple[Row, ...]
    now: datetime
    zone: tzinfo

    @property
    def changeset(self) -> StoredChangeset:
        """The changeset."""
        return self.record.changeset

    @property
    def summary(self) -> str:
        """What was changed."""
        return self.record.change.summary if self.record.change else "(no longer recorded)"

    @property
    def user(self) -> str:
        """Who changed it."""
        return self.record.change.user if self.record.change else ""

    @property
    def done(self) -> int:
        """How many enforce it."""
        return sum(row.is_done for row in self.rows)

    @property
    def total(self) -> int:
        """How many shall: those that were removed before count no more."""
        return sum(self.kinds.values())

    @property
    def kinds(self) -> dict[str, int]:
        """How many computers stand how, in the order of the bar."""
        order = ("ok", "info", "warning", "error", "off")
        present = [row for row in self.rows if not row.computer.is_removed or row.is_done]
        return {kind: sum(row.standing.kind == kind for row in present) for kind in order}

    @property
    def state(self) -> Standing:
        """The changeset in one word."""
        if self.changeset.sent_at is None:
            if self.changeset.superseded_by is None:
                return Standing("info", "waits for LiveConnect")
            return Standing("off", "never sent", f"Changeset {self.changeset.superseded_by} was.")
        if self.total and self.done == self.total:
            return Standing("ok", "enforced")
        if not self.record.is_newest:
            return Standing("off", "superseded")
        kinds = self.kinds
        if kinds["error"] or kinds["warning"]:
            return Standing("error", "refused") if kinds["error"] else Standing("warning", "late")
        return Standing("info", "on its way")

    @property
    def concerned(self) -> tuple[Row, ...]:
        """Those that were there and for whom something changed."""
        return tuple(row for row in self.rows if row.is_concerned and not row.is_late_comer)

    @property
    def is_open(self) -> bool:
        """Whether somebody is still waited for."""
        return self.record.is_newest and any(row.standing.kind in _OPEN for row in self.concerned)

    @property
    def stats(self) -> dict[str, Stats]:
        """Hop to its seconds since the edit."""
        return hop_statistics([row.lane for row in self.concerned])

    @property
    def waits(self) -> Stats | None:
        """The seconds that computers waited for their polls."""
        return statistics(row.waited_s for row in self.concerned if row.waited_s is not None)

    @property
    def poll_s(self) -> float:
        """The poll interval."""
        return self.record.poll_s or POLL_S

    def local(self, at: datetime) -> str:
        """Return a moment in the UTM's time, with milliseconds and the zone."""
        there = at.astimezone(self.zone)
        return f"{there:%Y-%m-%d} {clock_words(there)} {there:%Z}"

    def timeline(self, rows: Sequence[Row]) -> Timeline:
        """Return what there is to draw of some computers."""
        committed = self.changeset.committed_at
        return Timeline(
            title=f"Changeset {self.changeset.number}: {self.summary}",
            edited_at=self.record.edited_at,
            committed_at=datetime.fromisoformat(committed) if committed else None,
            now=self.now if self.is_open else None,
            poll_s=self.poll_s,
            zone=self.zone,
            lanes=[row.lane for row in rows],
        )


def sync_view(record: SyncRecord, now: datetime, zone: tzinfo) -> SyncView:
    """Return what the page of a changeset shows."""
    shown = [one for one in record.computers if _is_meant_for(record, one)]
    rows = (_row(record, one, now, zone) for one in shown)
    return SyncView(
        record=record,
        concerns=concerned_groups(record.wanted_before, record.wanted, record.group_names),
        moved=_moved(record.wanted_before, record.wanted),
        rows=tuple(sorted(rows, key=_order)),
        now=now,
        zone=zone,
    )


def _order(row: Row) -> tuple[int, str, str]:
    return _FIRST.index(row.standing.kind), row.computer.name.casefold(), row.id


def concerned_groups(
    before: Wanted | None, wanted: Wanted, names: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Return the name of each group that gets other policies to what those are about."""
    changed: dict[str, tuple[str, ...]] = {}
    for ref, policies in wanted.groups.items():
        known = before.groups.get(ref, {}) if before else {}
        apps = tuple(APP_NAMES.get(app, app) for app in policies if known.get(app) != policies[app])
        if apps:
            changed[names.get(ref, ref)] = apps
    return changed


def _moved(before: Wanted | None, after: Wanted) -> int:
    if before is None:
        return 0
    named = before.membership.keys() | after.membership.keys()
    return sum(before.group_of(id_) != after.group_of(id_) for id_ in named)


def _is_meant_for(record: SyncRecord, one: StoredEndpoint) -> bool:
    if one.endpoint_id in record.complied:
        return True
    if record.after is not None and one.enrolled_at >= record.after.created_at:
        return False
    return not one.is_removed or record.is_newest


def _row(record: SyncRecord, one: StoredEndpoint, now: datetime, zone: tzinfo) -> Row:
    group = record.wanted.group_of(one.endpoint_id)
    known = record.hops.get(one.endpoint_id)
    complied = record.complied.get(one.endpoint_id)
    row = Row(
        computer=one,
        group=record.group_names.get(group, group),
        standing=_ENFORCED,
        hops=_first_hops(record),
        is_concerned=True,
        is_late_comer=_is_after(one.enrolled_at, record.changeset.committed_at),
    )
    if complied is None:
        return replace(row, standing=_behind(record, one, now, zone))
    if one.endpoint_id in record.behind:
        row = replace(row, standing=_behind(record, one, now, zone))
    if known is None and not _is_after(complied["stored_at"], record.changeset.sent_at):
        if row.standing is _ENFORCED:
            row = replace(row, standing=Standing("ok", "enforces it", "Nothing changed for it."))
        return replace(row, is_concerned=False)
    return replace(
        row,
        hops={**row.hops, **_later_hops(known, complied)},
        delivered_by=known.delivered_by if known else "",
    )


def _is_after(at: str, moment: str | None) -> bool:
    if moment is None:
        return False
    return datetime.fromisoformat(at) > datetime.fromisoformat(moment)


def _first_hops(record: SyncRecord) -> dict[str, datetime]:
    stamps = {"4233": record.changeset.sent_at, "broker": record.changeset.committed_at}
    known = {hop: datetime.fromisoformat(at) for hop, at in stamps.items() if at}
    return {"edited": record.edited_at, **known}


def _later_hops(known: EndpointHops | None, complied: Mapping[str, str]) -> dict[str, datetime]:
    """Return the hops from LiveConnect on; an older one tells not all of them."""
    received = datetime.fromisoformat(complied["received_at"])
    if known is None:
        applied = datetime.fromisoformat(complied["applied_at"])
        stored = datetime.fromisoformat(complied["stored_at"])
        told: dict[str, datetime | None] = {"applied": applied, "reported": stored}
    else:
        told = {
            "broker": known.assigned_at,
            "polled": known.delivered_at,
            "fetched": known.fetched_at,
            "applied": known.applied_at,
            "reported": known.stored_at,
        }
    told |= {"4211": received, "4212": received}
    return {hop: at for hop in HOPS if (at := told.get(hop)) is not None}


def _behind(record: SyncRecord, one: StoredEndpoint, now: datetime, zone: tzinfo) -> Standing:
    changeset = record.changeset
    if one.is_removed:
        return Standing("off", "removed", "LiveConnect refuses it; restore it to let it in again.")
    if record.after is not None:
        word = f"superseded by changeset {record.after.number}"
        if changeset.sent_at is None:
            return Standing("off", word, "This one was never sent.")
        return Standing("off", word, "It had not told that it enforces this one when that came.")
    if one.endpoint_id not in record.behind:
        return Standing("info", "not yet")
    return standing_of(
        record.behind[one.endpoint_id],
        changeset,
        record.wanted.on(one.endpoint_id),
        now,
        poll_s=record.poll_s or POLL_S,
        zone=zone,
    )


def progress_words(view: SyncView) -> str:
    """Return how far a changeset came: `37 of 40 computers enforce it`."""
    if not view.total:
        return "no computer to enforce it"
    verb = "enforces" if view.done == 1 else "enforce"
    return f"{view.done:,} of {counted(view.total, 'computer')} {verb} it"
