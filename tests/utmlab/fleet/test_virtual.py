"""A fleet lives in virtual time too, and its seed decides what happens when."""

import asyncio
import random
from datetime import UTC, datetime

from utmlab.clock import run_virtual
from utmlab.fleet import Fleet, FleetPlan, Server
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
SEED = 1
"""Of this seed the three agents are of three kinds."""
MIX = {"laptop": 1.0, "browsing": 1.0, "wireless": 1.0}


def half_an_hour(folder, seed):
    """Return what a fleet of three did in each minute, and who failed."""
    tallies = []

    async def live(clock):
        settings = LabSettings(ports=Ports(), journal=False)
        lab = Stack(Places.of(folder), settings, now=clock.now, rng=random.Random(1))
        async with lab:
            await lab.call("utm", "enable")
            status = await lab.call("utm", "status")
            token = (await lab.call("utm", "token"))["token"]
            server = Server(url=status["mcs_url"], token=token, ca=lab.liveconnect_ca)
            plan = FleetPlan(
                server=server, agents=3, start_rate=0.5, mix=MIX, seed=seed, span_s=60.0
            )
            fleet = Fleet(plan, now=clock.now)
            await fleet.start()
            await asyncio.sleep(1800)
            await fleet.stop()
            tallies.append(fleet.tally)

    run_virtual(live, start=START)
    (tally,) = tallies
    course = {minute: sorted(span.calls.items()) for minute, span in tally.course.items()}
    return course, tally


def test_the_same_seed_gives_the_same_half_hour(tmp_path):
    first, tally = half_an_hour(tmp_path / "first", SEED)
    second, _ = half_an_hour(tmp_path / "second", SEED)
    assert first == second
    assert tally.failures == 0
    assert tally.events > 5
    assert tally.counts["sleeps"] >= 1
    assert tally.counts["cuts"] >= 1
