"""What the dashboard reads of the database: sums and newest rows, whatever lies behind them.

Browsing comes from the counters of `utm.epsecd.web_hours`, a few hundred rows an hour; a log of a
million lines is never read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlite_utils import Database

from utm.confd import Change, Confd
from utm.epsecd import changesets, compliance, endpoints, web_hours
from utm.epsecd.changesets import StoredChangeset
from utm.epsecd.endpoints import StoredEndpoint
from utm.epsecd.web_hours import Count
from utm.reading import status_view
from utm.webadmin.pages.sync_reading import SyncRecord, read_newest

DAY_HOURS: Final = 24
TOP: Final = 8
MOST_CHANGES: Final = 40
LATENCIES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read, all of one moment.

    Attributes:
        status: As `status_view` tells it.
        behind: Endpoint ids that do not comply with the newest changeset.
        refusing: Endpoint ids of which a component refuses its policy.
        syncs: The newest changesets, newest first.
        enforced: Changeset number, how many came to enforce it in the last hour, and when the last.
        browsing: Categories per hour, of the last day.
    """

    status: dict[str, Any]
    computers: Sequence[StoredEndpoint]
    newest: StoredChangeset | None
    behind: frozenset[str]
    refusing: frozenset[str]
    syncs: Sequence[SyncRecord]
    changes: Sequence[Change]
    enforced: Sequence[tuple[int, int, str]]
    refusals: Sequence[tuple[str, str, str]]
    browsing: Sequence[Count]
    sites: Sequence[Count]
    users: Sequence[Count]


def read_dashboard(db: Database, now: datetime) -> Reading:
    """Read everything that the dashboard shows."""
    newest = changesets.newest(db)
    computers = endpoints.all_endpoints(db)
    complied = compliance.since(db, newest.epoch, newest.number) if newest else {}
    confd, hour_ago = Confd(db), (now - timedelta(hours=1)).isoformat()
    since = web_hours.hour_of(now) - DAY_HOURS + 1
    return Reading(
        status=status_view(db),
        computers=computers,
        newest=newest,
        behind=frozenset(one.endpoint_id for one in computers if one.endpoint_id not in complied),
        refusing=endpoints.refusing(db),
        syncs=read_newest(db, LATENCIES),
        changes=confd.changes(after=max(confd.number - MOST_CHANGES, 0), limit=MOST_CHANGES),
        enforced=compliance.lately(db, hour_ago, most=TOP),
        refusals=endpoints.refusals_since(db, hour_ago, most=TOP),
        browsing=web_hours.by_hour(db, "category", since=since),
        sites=web_hours.top(db, "site", since=since, most=TOP),
        users=web_hours.top(db, "user", since=since, most=TOP),
    )
