"""The story in virtual time, exact to the poll.

Work takes no virtual time, so every wait that is seen here is one that the protocol asks for. What
happens within one virtual instant is ordered by real threads; identifiers, passwords and tokens
are random by design. Neither shows in the log of a lab whose events lie apart.
"""

import asyncio
import gzip
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from endpoint.mcs_client.backoff import longest_delay_s
from endpoint.mcs_client.reactions import FailureClass
from foundation.protocol.actions import encode_force_update
from foundation.protocol.answers import DEFAULT_EXPIRES_IN_S, RENEW_BEFORE_EXPIRY_S
from utm.logs.views import archive_path
from utmlab.stored import stored_trace

from .virtual_lab import POLL_S, block, ids, run_lab, seconds

ENDPOINTS, HOUR_S = 50, 3600
NEEDED_BYTES = 200_000_000
BERLIN = "Europe/Berlin"
LINK_PAUSE_S = 20.0
"""The longest pause before the UTM tries a lost link again (utm.epsecd.daemon)."""


@dataclass
class Hour:
    """What an hour of many endpoints left behind."""

    polls: dict[str, list[datetime]]
    failures: int
    edited_at: datetime
    hops: dict[str, dict[str, datetime]]
    lines: list[str]


@pytest.fixture(scope="module")
def quick_folder(tmp_path_factory):
    """A folder in memory where there is one: the thousands of syncs are not what is tested."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or shutil.disk_usage(memory).free < NEEDED_BYTES:
        yield tmp_path_factory.mktemp("hour")
        return
    with tempfile.TemporaryDirectory(prefix="utmlab-", dir=memory) as folder:
        yield Path(folder)


def since_the_last_start(polls):
    """Setup starts the client anew once it is registered; both may poll in that one instant."""
    return polls[1:] if polls[0] == polls[1] else polls


@pytest.fixture(scope="module")
def hour(quick_folder):
    """One hour of fifty endpoints, with an edit in the middle of it."""

    async def story(lab, clock, book):
        for number in range(ENDPOINTS):
            await lab.install(f"PC-{number:02}")
        known = await ids(lab)
        await asyncio.sleep(HOUR_S / 2 + 7)
        edited_at, changeset = clock.now(), await block(lab, "news.example")
        await asyncio.sleep(HOUR_S / 2)
        failures = sum(
            one.endpoint.mcs_client.counters.get("polls_failed", 0)
            for one in lab.computers.values()
        )
        await lab.houses["utm"].service.quiesce()
        traces = stored_trace(lab.places, changeset).endpoints
        return Hour(
            polls={
                name: since_the_last_start(book.polls(endpoint_id))
                for name, endpoint_id in known.items()
            },
            failures=failures,
            edited_at=edited_at,
            hops={one.name: dict(one.hops) for one in traces},
            lines=(lab.places.utm_logs / "epsecd.log").read_text().splitlines(),
        )

    return run_lab(quick_folder, story)


@pytest.mark.xdist_group("hour")
def test_mcs_04_fifty_endpoints_poll_180_times_in_an_hour_each(hour):
    within = {
        name: [at for at in times if seconds(at, times[0]) < HOUR_S]
        for name, times in hour.polls.items()
    }

    assert len(within) == ENDPOINTS
    others = {
        name: [times[0], *(at for a, at in pairwise(times) if seconds(at, a) != POLL_S), times[-1]]
        for name, times in within.items()
        if len(times) != 180
    }
    assert not others
    assert hour.failures == 0


@pytest.mark.xdist_group("hour")
def test_mcs_04_every_poll_is_exactly_20_seconds_after_the_one_before(hour):
    gaps = {seconds(b, a) for times in hour.polls.values() for a, b in pairwise(times)}

    assert gaps == {POLL_S}


@pytest.mark.xdist_group("hour")
def test_an_edit_in_the_middle_is_in_force_at_the_very_next_poll(hour):
    assert len(hour.hops) == ENDPOINTS
    for name, hops in hour.hops.items():
        next_poll = min(at for at in hour.polls[name] if at >= hour.edited_at)
        assert seconds(next_poll, hour.edited_at) <= POLL_S
        for hop in ("polled", "fetched", "applied", "reported", "4211", "4212"):
            assert hops[hop] == next_poll, (name, hop)


@pytest.mark.xdist_group("hour")
def test_log_04_the_hours_edit_wrote_one_4233_and_pairs_of_4211_and_4212(hour):
    stamp = f"{hour.edited_at:%Y:%m:%d-%H:%M:%S}"
    after = [line.split('id="')[1][:4] for line in hour.lines if line[:19] >= stamp]
    public = [one for one in after if one in {"4233", "4211", "4212"}]

    assert public[0] == "4233"
    assert public.count("4233") == 1
    assert public[1:] == ["4211", "4212"] * (len(public) // 2)


def test_an_outage_of_ten_minutes_heals_within_the_back_off(tmp_path):
    outage_s = 600.0

    async def story(lab, clock, book):
        for number in range(3):
            await lab.install(f"PC-{number}")
        await lab.wait_compliant()
        await asyncio.sleep(33)
        await lab.houses["liveconnect"].stop()
        changeset = await block(lab, "news.example")
        await asyncio.sleep(outage_s)
        failed = {
            name: one.endpoint.mcs_client.counters["polls_failed"]
            for name, one in lab.computers.items()
        }
        await lab.houses["liveconnect"].start()
        book.keep_for(lab)
        healed_at, before = clock.now(), len(book.exchanges)
        longest_s = max(
            longest_delay_s(POLL_S, FailureClass.TRANSIENT, count) for count in failed.values()
        )
        await asyncio.sleep(longest_s + POLL_S)
        await lab.wait_compliant(changeset, timeout_s=1)
        del book.exchanges[:before]
        known = await ids(lab)
        hops = {one.name: one.hops for one in stored_trace(lab.places, changeset).endpoints}
        return failed, healed_at, {name: book.polls(known[name]) for name in known}, hops

    failed, healed_at, polls, hops = run_lab(tmp_path, story)
    for name, count in failed.items():
        bound_s = longest_delay_s(POLL_S, FailureClass.TRANSIENT, count)
        first = seconds(polls[name][0], healed_at)
        assert 4 <= count <= 7  # 20, 20-40, 40-80, ... seconds apart
        assert 0 < first <= bound_s
        # The link of the UTM has pauses of its own; who polls before it is back polls once more.
        late_s = max(first, LINK_PAUSE_S) + POLL_S
        assert seconds(hops[name]["4212"], healed_at) <= late_s


@pytest.mark.parametrize(
    ("start", "day", "hours"),
    [
        (datetime(2026, 11, 19, 22, 30, tzinfo=UTC), date(2026, 11, 20), 24),
        (datetime(2026, 3, 28, 22, 30, tzinfo=UTC), date(2026, 3, 29), 23),
        (datetime(2026, 10, 24, 21, 30, tzinfo=UTC), date(2026, 10, 25), 25),
    ],
    ids=["usual", "23 hours", "25 hours"],
)
def test_log_05_epsecd_log_rotates_at_the_utms_midnight(tmp_path, start, day, hours):
    """From half past eleven at night, with one edit in every hour."""

    async def story(lab, clock, _book):
        log = lab.places.utm_logs / "epsecd.log"
        await lab.install("PC-01")
        archive = archive_path(lab.places.utm_logs, "epsecd", day)
        seen = []
        for number in range(hours + 2):
            await asyncio.sleep(seconds(start + timedelta(hours=number + 0.25), clock.now()))
            await block(lab, f"site-{number}.example")
            midnight = start + timedelta(hours=number + 0.5)
            await asyncio.sleep(seconds(midnight, clock.now()) - 1)
            seen.append(archive.exists())
            await asyncio.sleep(2)
            seen.append(archive.exists())
        await lab.houses["utm"].service.quiesce()
        return seen, gzip.decompress(archive.read_bytes()).decode(), log.read_text()

    seen, archived, current = run_lab(
        tmp_path, story, start=start, timezone=BERLIN, poll_interval_s=600.0
    )
    # Midnight ends the day `hours` whole hours after the midnight that began it.
    assert seen == [False] * (2 * hours + 1) + [True] * 3
    assert {line[:10] for line in archived.splitlines()} == {f"{day:%Y:%m:%d}"}
    assert {line[:10] for line in current.splitlines()} == {f"{day + timedelta(1):%Y:%m:%d}"}
    assert archived.count('id="4233"') == hours
    stamps = [line[11:13] for line in archived.splitlines() if 'id="4233"' in line]
    first = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)
    moments = [first + timedelta(hours=n) for n in range(hours)]
    assert stamps == [f"{at.astimezone(ZoneInfo(BERLIN)):%H}" for at in moments]


def test_the_jwt_is_renewed_ten_minutes_before_its_day_is_over(tmp_path):
    async def story(lab, clock, book):
        await lab.install("PC-01")
        await asyncio.sleep(90)
        settled_at = clock.now()
        await asyncio.sleep(DEFAULT_EXPIRES_IN_S)
        (endpoint_id,) = (await ids(lab)).values()
        asked = book.times(endpoint_id, "POST", "/authenticate/")
        return settled_at, asked, book.polls(endpoint_id)

    settled_at, asked, polls = run_lab(tmp_path, story, poll_interval_s=60.0)
    last_of_start = max(at for at in asked if at <= settled_at)
    due_at = last_of_start + timedelta(seconds=DEFAULT_EXPIRES_IN_S - RENEW_BEFORE_EXPIRY_S)

    assert [at for at in asked if at > settled_at] == [min(at for at in polls if at > due_at)]
    assert len(polls) == 24 * 60 + 2


def test_a_command_is_delivered_until_its_time_to_live_is_over(tmp_path):
    ttl_s = 10_000

    async def story(lab, _clock, _book):
        for name in ("IN-TIME", "TOO-LATE"):
            await lab.install(name)
        await lab.wait_compliant()
        await asyncio.sleep(60)
        received = {}
        for computer in lab.computers.values():
            await computer.stop()
        for endpoint_id in (await ids(lab)).values():
            await lab.call(
                "liveconnect",
                "send_command",
                endpoint_id=endpoint_id,
                app_id="ALC",
                body=encode_force_update(),
            )
        await asyncio.sleep(ttl_s - 1)
        for name, wait_s in (("IN-TIME", 0), ("TOO-LATE", 1)):
            await asyncio.sleep(wait_s)
            await lab.computers[name].start()
            await asyncio.sleep(0.5)
            received[name] = lab.computers[name].endpoint.mcs_client.counters.get("commands", 0)
        return received

    assert run_lab(tmp_path, story) == {"IN-TIME": 1, "TOO-LATE": 0}


def test_an_assignment_outlives_its_command(tmp_path):
    async def story(lab, _clock, _book):
        await lab.install("PC-01")
        await lab.wait_compliant()
        await lab.computers["PC-01"].stop()
        changeset = await block(lab, "news.example")
        await asyncio.sleep(3 * 10_000)
        await lab.computers["PC-01"].start()
        await lab.wait_compliant(changeset, timeout_s=POLL_S)
        return (await lab.browse("PC-01", "http://news.example/")).status

    assert run_lab(tmp_path, story) == 403


def test_the_same_seed_writes_the_same_bytes_once_events_lie_apart(tmp_path):
    async def story(lab, clock, _book):
        for number in range(3):
            await lab.install(f"PC-{number}")
        await asyncio.sleep(45)
        settled = f"{clock.now():%Y:%m:%d-%H:%M:%S}"
        for number in range(4):
            await block(lab, f"site-{number}.example")
            await asyncio.sleep(97)
        await lab.houses["utm"].service.quiesce()
        lines = (lab.places.utm_logs / "epsecd.log").read_bytes().splitlines(keepends=True)
        return b"".join(line for line in lines if line[:19] >= settled.encode())

    first, second = (run_lab(tmp_path / name, story) for name in ("a", "b"))
    assert first == second
    assert first.count(b'id="4233"') == 4
    assert first.count(b'id="4212"') == 12
