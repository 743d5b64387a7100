"""What LiveConnect writes by itself."""

from datetime import UTC, datetime

from liveconnect.roster import Roster
from liveconnect.store.records import EndpointRecord, Fetch, QueueSnapshot
from liveconnect.upkeep import AT_A_TIME, Upkeep

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Commits:
    """Stands for a store: keeps each commit of what was seen."""

    def __init__(self):
        self.all = []

    async def record_seen(self, seen, fetches):
        self.all.append((seen, fetches))


def enrolled(roster, endpoint_id):
    queue = QueueSnapshot(endpoint_id=endpoint_id, revision=1, waiting=(), policies={})
    return roster.put(
        EndpointRecord(
            tenant="t",
            endpoint_id=endpoint_id,
            device_id=endpoint_id,
            password_digest=b"",
            computer_name="",
            enrolled_at=NOW,
            last_seen_at=None,
            removed_at=None,
            queue=queue,
        )
    )


async def test_what_thousands_did_is_written_in_several_commits_and_once():
    roster, commits = Roster(), Commits()
    ids = [f"e{number}" for number in range(2 * AT_A_TIME + 1)]
    for endpoint_id in ids:
        roster.poll(enrolled(roster, endpoint_id), "SWC", NOW)
    fetch = Fetch(endpoint_id="e0", app_id="SWC", policy_id="a", at=NOW)
    roster.by_id("e0").fetches.append(fetch)
    upkeep = Upkeep(commits, roster, None, interval_s=20, now=lambda: NOW)

    await upkeep.flush()
    await upkeep.flush()

    assert [len(seen) for seen, _ in commits.all] == [AT_A_TIME, AT_A_TIME, 1]
    assert {each for seen, _ in commits.all for each in seen} == set(ids)
    assert [fetches for _, fetches in commits.all] == [(fetch,), (), ()]
