"""Faults of a running lab: by name, told together, taken back."""

import asyncio
from datetime import timedelta

import pytest

from foundation.faults import FaultRefusedError
from utmlab.active_faults import fault_findings
from utmlab.api import lab_control
from utmlab.cli.render.lab import status_text
from utmlab.cli.status import lab_status
from utmlab.demo.configuration import CONFIGURATION
from utmlab.faults import run_scenario
from utmlab.faults.scenarios import UnknownScenarioError
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

GUARD_S = 60.0


@pytest.fixture
async def lab(tmp_path):
    settings = LabSettings(ports=Ports(), poll_interval_s=0.2)
    async with Stack(Places.of(tmp_path / "lab"), settings) as stack:
        await stack.call("utm", "edit", operations=CONFIGURATION, summary="web control")
        await stack.call("utm", "enable")
        await stack.install("PC-01")
        await stack.wait_compliant()
        yield stack


async def happened(lab):
    async with asyncio.timeout(GUARD_S):
        while not (found := await lab.faults.active()) or not found[0]["happened"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found[0]


async def test_a_computer_is_named_as_people_name_it(lab):
    fault = await lab.faults.inject("mcs", "status=503", calls=["poll"], parts=["PC-01"])
    one = await happened(lab)
    assert (one["id"], one["effect"], one["value"]) == (fault, "status", 503)
    assert await lab.faults.clear(fault) == 1
    assert await lab.faults.active() == []
    await lab.wait_compliant()


async def test_a_group_is_all_who_are_in_it(lab):
    await lab.faults.inject("mcs", "status=504", group="Default")
    await happened(lab)
    await lab.faults.clear()


NEVER = (
    ("nowhere", "reset", {}),
    ("mcs", "explode", {}),
    ("mcs", "reset", {"parts": ["PC-77"]}),
    ("disk", "full", {}),
    ("disk", "full", {"parts": ["PC-01"]}),
    ("disk", "full", {"parts": ["utm"], "calls": ["poll"]}),
    ("spool", "full", {"parts": ["PC-77"]}),
    ("spool", "full", {"parts": ["utm"]}),
    ("spool", "full", {"calls": ["poll"]}),
    ("clock", "skew=60", {"group": "nobody's"}),
    ("clock", "skew=60", {"times": 1}),
    ("clock", "skew=60", {"probability": 0.5}),
)


async def test_what_could_never_happen_is_refused(lab):
    for hop, effect, more in NEVER:
        with pytest.raises(FaultRefusedError):
            await lab.faults.inject(hop, effect, **more)
    assert await lab.faults.active() == []


async def test_a_full_spool_loses_no_event(lab):
    async with lab.faults.during("spool", "full", parts=["PC-01"]):
        assert (await lab.browse("PC-01", "http://games.example/")).status == 403
        await happened(lab)
    eplog = lab.places.utm_logs / "eplog.log"
    async with asyncio.timeout(GUARD_S):
        while not eplog.exists() or "games.example" not in eplog.read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert eplog.read_text().count("http://games.example/") == 1


async def test_a_clock_is_skewed_for_one_computer_only(lab):
    clocks = [lab.faults.clock_of(name, lab.now) for name in ("PC-01", "PC-02")]
    async with lab.faults.during("clock", "skew=86400", parts=["PC-01"]):
        ahead = [(clock() - lab.now()).total_seconds() for clock in clocks]
    assert ahead[0] > 86_000
    assert abs(ahead[1]) < 1000


async def test_a_group_s_clocks_are_those_of_its_computers_alone(lab):
    async with lab.faults.during("clock", "skew=86400", group="Default"):
        (fault,) = await lab.faults.active()
    assert fault["target"]["endpoints"] == ["PC-01"]


async def test_slow_attackers_hold_up_nobody(lab):
    course = asyncio.create_task(run_scenario(lab, "slow-loris", 2.0))
    await asyncio.sleep(0.5)
    changed = await lab.call("utm", "policy_block", host="news.example")
    await lab.wait_compliant(changed["changeset"])
    assert (await course)["attackers"] == 50


async def test_an_unknown_scenario_is_refused(lab):
    with pytest.raises(UnknownScenarioError):
        await run_scenario(lab, "meteor", 1.0)


async def test_processes_meet_the_faults_of_every_hop(tmp_path):
    settings = LabSettings(mode="processes", ports=Ports(), poll_interval_s=0.3)
    async with Stack(Places.of(tmp_path / "lab"), settings) as stack:
        await stack.call("utm", "edit", operations=CONFIGURATION, summary="web control")
        await stack.call("utm", "enable")
        await stack.install("PC-01")
        fault = await stack.faults.inject("mcs", "status=503", calls=["response"], times=1)
        assert [one["id"] for one in await stack.faults.active()] == [fault]
        await stack.faults.inject("disk", "full", parts=["utm"], times=1)
        await stack.faults.clear()
        await stack.wait_compliant()

        async with stack.faults.during("clock", "skew=864000"):
            changed = await stack.call("utm", "policy_block", host="news.example")
            made = await stack.call("utm", "changeset", number=changed["changeset"])
            await stack.wait_compliant(changed["changeset"])
            (enrolled,) = await stack.call("liveconnect", "endpoints")
        tomorrow = (stack.now() + timedelta(days=9)).isoformat()
        assert made["created_at"] > tomorrow
        assert enrolled["last_seen_at"] > tomorrow
        newest = stack.computer("PC-01").host.client_log.read_text().splitlines()[-1]
        assert newest > tomorrow

        await stack.faults.inject("spool", "full", parts=["PC-01"], times=1)
        assert (await stack.browse("PC-01", "http://games.example/")).status == 403
        async with asyncio.timeout(GUARD_S):
            while await stack.faults.active():  # noqa: ASYNC110 - another process acts
                await asyncio.sleep(0.05)


async def test_a_fault_of_another_utm_meets_nobody_and_one_of_its_own_does(lab):
    tenant = (await lab.call("liveconnect", "status"))["utms"][0]["tenant"]
    await lab.faults.inject("mcs", "delay=0", calls=["poll"], tenant="another")
    number = await lab.faults.inject("mcs", "delay=0", calls=["poll"], tenant=tenant)
    found = {}
    async with asyncio.timeout(GUARD_S):
        while not found.get(number):
            await asyncio.sleep(0.02)
            found = {one["id"]: one["happened"] for one in await lab.faults.active()}
    assert sum(found.values()) == found[number]


async def test_a_hop_that_does_not_tell_utms_apart_refuses_one(lab):
    with pytest.raises(FaultRefusedError, match="does not tell UTMs apart"):
        await lab.faults.inject("link", "reset", tenant="another")


async def test_status_and_doctor_tell_of_a_fault(lab):
    control = lab_control(lab)
    await control.start()
    try:
        await lab.faults.inject("content", "status=503-60", times=2)
        loop = asyncio.get_running_loop()
        state = await loop.run_in_executor(None, lab_status, lab.places)
        assert state["faults"] == await lab.faults.active()
        told = "liveconnect/1: content status=503-60, 2 more times; happened 0 times"
        assert told in status_text(state)
        (finding,) = fault_findings(state["faults"])
        assert finding.level == "warning"
        assert told in finding.sentence
    finally:
        await control.stop()
