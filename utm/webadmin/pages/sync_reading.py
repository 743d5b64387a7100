"""What the policy sync pages read of the database, in a bounded number of questions.

- Of computers that enforce a changeset one row each is read; only of those that do not yet, what
  they said last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlite_utils import Database

from utm.confd import Change, Confd
from utm.epsecd import changesets, compliance, endpoints, hops
from utm.epsecd.changesets import StoredChangeset, Wanted
from utm.epsecd.endpoints import StoredEndpoint
from utm.epsecd.hops import EndpointHops

PER_PAGE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRecord:
    """One changeset and what became of it, all of one moment.

    Attributes:
        change: The configuration's change that caused it; None if it is not known any more.
        wanted: What it wants of whom, and what the one before wanted.
        after: The changeset after it.
        newest: The newest of all.
        group_names: Of groups that exist now, by reference.
        computers: All that ever enrolled.
        complied: Endpoint id to the times at which it came to comply.
        hops: Endpoint id to the times that LiveConnect told.
        behind: What computers that do not comply, or no longer, said last, as `standing_of` reads
            it; of the newest changeset only.
    """

    changeset: StoredChangeset
    change: Change | None
    wanted: Wanted
    wanted_before: Wanted | None
    after: StoredChangeset | None
    newest: StoredChangeset
    group_names: Mapping[str, str]
    computers: Sequence[StoredEndpoint]
    complied: Mapping[str, Mapping[str, str]]
    hops: Mapping[str, EndpointHops]
    behind: Mapping[str, Mapping[str, Any]]
    poll_s: float | None

    @property
    def edited_at(self) -> datetime:
        """When the configuration was changed."""
        if self.change is not None:
            return self.change.at
        return datetime.fromisoformat(self.changeset.created_at)

    @property
    def is_newest(self) -> bool:
        """Whether no changeset came after it."""
        return self.after is None


@dataclass(frozen=True, slots=True)
class SyncPage:
    """One page of changesets, newest first."""

    records: tuple[SyncRecord, ...]
    number: int
    pages: int


def read_sync(db: Database, number: int, epoch: int | None = None) -> SyncRecord | None:
    """Return a changeset, by default the newest one of that number."""
    is_any = epoch is None
    found = changesets.find(db, number) if is_any else changesets.exactly(db, epoch or 0, number)
    return None if found is None else _records(db, [found])[0]


def read_page(db: Database, number: int) -> SyncPage:
    """Return a page of changesets; a number that is too high is that of the last page."""
    pages = max(-(-changesets.count(db) // PER_PAGE), 1)
    number = min(max(number, 1), pages)
    found = changesets.newest_first(db, most=PER_PAGE, after=(number - 1) * PER_PAGE)
    return SyncPage(tuple(_records(db, found)), number, pages)


def read_newest(db: Database, most: int) -> list[SyncRecord]:
    """Return the newest changesets, newest first."""
    return _records(db, changesets.newest_first(db, most=most))


def _records(db: Database, found: Sequence[StoredChangeset]) -> list[SyncRecord]:
    newest = changesets.newest(db)
    if newest is None:
        return []
    confd = Confd(db)
    names = {one.ref: one.name for one in confd.objects("epp", "endpoints_group")}
    computers = endpoints.all_endpoints(db)
    poll_s = hops.poll_interval_s(db)
    refusing = endpoints.refusing(db)
    records = []
    for one in found:
        before, after = changesets.around(db, one)
        complied = compliance.since(db, one.epoch, one.number)
        behind = [
            computer
            for computer in computers
            if after is None
            and (computer.endpoint_id not in complied or computer.endpoint_id in refusing)
        ]
        records.append(
            SyncRecord(
                changeset=one,
                change=next(iter(confd.changes(after=one.change_number - 1, limit=1)), None),
                wanted=changesets.wanted(db, one.epoch, one.number),
                wanted_before=changesets.wanted(db, before.epoch, before.number)
                if before
                else None,
                after=after,
                newest=newest,
                group_names=names,
                computers=computers,
                complied=complied,
                hops=hops.of_changeset(db, one.epoch, one.number),
                behind={computer.endpoint_id: _last_words(db, computer) for computer in behind},
                poll_s=poll_s,
            )
        )
    return records


def _last_words(db: Database, one: StoredEndpoint) -> dict[str, Any]:
    """Return what `standing_of` wants to know of a computer that does not comply."""
    reported = endpoints.statuses(db, one.endpoint_id)
    return {
        "removed": one.is_removed,
        "compliant": False,
        "complies_with": compliance.newest(db, one.endpoint_id),
        "last_report_at": one.last_report_at,
        "statuses": {
            status.app_id: {
                "res": status.res,
                "revision": status.revision,
                "details": status.details,
                "received_at": status.received_at,
            }
            for status in reported
        },
    }
