"""A fleet against a real LiveConnect and UTM."""

import asyncio

import pytest

from foundation.service import utc_now
from utmlab.fleet import Fleet, FleetPlan, Server
from utmlab.fleet.running import fleet_processes
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

GUARD_S = 60.0


@pytest.fixture
async def lab(tmp_path):
    settings = LabSettings(ports=Ports(), poll_interval_s=5.0, push=True)
    async with Stack(Places.of(tmp_path / "lab"), settings) as stack:
        await stack.call("utm", "enable")
        yield stack


async def plan_for(lab, agents, **more):
    status = await lab.call("utm", "status")
    token = (await lab.call("utm", "token"))["token"]
    server = Server(url=status["mcs_url"], token=token, ca=lab.liveconnect_ca)
    return FleetPlan(
        **{"server": server, "agents": agents, "start_rate": 500.0, "poll_interval_s": 0.2, **more}
    )


async def until(condition):
    async with asyncio.timeout(GUARD_S):
        while not condition():  # noqa: ASYNC110 - real sockets, nothing to be told by
            await asyncio.sleep(0.02)


async def behind(lab):
    """Return what is not in force where it is assigned."""
    endpoints = await lab.call("liveconnect", "endpoints")
    return [app for one in endpoints for app in one["apps"] if not app["compliant"]]


async def running(plan):
    fleet = Fleet(plan, now=utc_now)
    await fleet.start()
    return fleet


async def test_agents_enrol_poll_and_comply(lab):
    fleet = await running(await plan_for(lab, 20))
    await until(lambda: fleet.snapshot().states["listening"] == 20)
    async with asyncio.timeout(GUARD_S):
        while await behind(lab):  # noqa: ASYNC110 - real sockets, nothing to be told by
            await asyncio.sleep(0.02)
    assert len(await lab.call("liveconnect", "endpoints")) == 20
    await fleet.stop()
    assert fleet.tally.failures == 0


async def test_a_change_reaches_every_agent_by_push(lab):
    fleet = await running(await plan_for(lab, 10, poll_interval_s=3600.0, spread=False))
    await until(lambda: fleet.snapshot().states["listening"] == 10)
    switched = {"op": "change", "ref": "REF_EppEndDefault", "attributes": {"web_control": True}}
    await lab.call("utm", "edit", operations=[switched], summary="web control on")
    await until(lambda: any(len(one.reported_s) == 10 for one in fleet.tally.spreads.values()))
    await lab.wait_compliant(timeout_s=GUARD_S)
    await fleet.stop()


async def test_identities_are_kept_over_runs(lab, tmp_path):
    plan = await plan_for(lab, 5, identities=tmp_path / "agents.json")
    first = await running(plan)
    await until(lambda: first.tally.outcomes["statuses", "200"] >= 5)
    await first.stop()
    second = await running(plan)
    await until(lambda: second.tally.outcomes["poll", "200"] >= 5)
    await second.stop()
    assert second.tally.outcomes["register", "200"] == 0
    assert len(await lab.call("liveconnect", "endpoints")) == 5


async def test_trouble_is_met_as_by_a_real_client(lab):
    mix = {"flapping": 0.5, "stranger": 0.25, "stubborn": 0.25}
    plan = await plan_for(lab, 12, mix=mix, poll_interval_s=0.05)
    strangers = sum(plan.behaviour(number).wrong_password for number in range(12))
    fleet = await running(plan)
    await until(lambda: fleet.tally.outcomes["poll", "reset"] >= 5)
    await until(lambda: fleet.tally.outcomes["poll", "401"] >= strangers)
    await until(lambda: fleet.tally.outcomes["register", "200"] >= 12 + strangers)
    await fleet.stop()
    status = await lab.call("liveconnect", "status")
    assert status["refusals"]["password_wrong"] >= strangers >= 1


async def test_processes_are_added_up_and_the_token_is_in_no_argument(lab):
    async with fleet_processes(await plan_for(lab, 6), 2) as fleet, asyncio.timeout(GUARD_S):
        while (done := await fleet.moment()).tally.states["enrolled"] < 6:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert done.cpu_s > 0
    names = {one["computer_name"] for one in await lab.call("liveconnect", "endpoints")}
    assert names == {f"FLEET-{number:05}" for number in range(6)}
