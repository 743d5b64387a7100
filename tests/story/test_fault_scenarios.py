"""Named courses of events in virtual time: the lab converges and loses nothing."""

import asyncio

import pytest

from utmlab.faults import SCENARIOS, run_scenario
from utmlab.faults.scenarios import told

from .virtual_lab import run_lab

HOUR_S = 3600.0
SHORT_S = 300.0
URL = "http://news.example/"
LONG = {"liveconnect-down": HOUR_S}


async def eplog_lines(lab):
    await lab.houses["utm"].service.quiesce()
    path = lab.places.utm_logs / "eplog.log"
    return [line for line in path.read_text().splitlines() if URL in line] if path.exists() else []


@pytest.mark.parametrize("name", sorted(set(SCENARIOS) - {"slow-loris"}))
def test_the_lab_converges_and_every_page_is_logged_once(tmp_path, name):
    async def story(lab, _wall, _book):
        await lab.install("PC-01")
        await lab.wait_compliant(timeout_s=HOUR_S)
        course = asyncio.create_task(run_scenario(lab, name, LONG.get(name, SHORT_S)))
        await asyncio.sleep(60)
        assert (await lab.browse("PC-01", URL)).status == 200
        seen = await course
        changed = await lab.call("utm", "policy_block", host="news.example")
        await lab.wait_compliant(changed["changeset"], timeout_s=10 * HOUR_S)
        assert (await lab.browse("PC-01", URL)).status == 403
        await asyncio.sleep(HOUR_S)  # what waits for a retry has had its turn
        assert await lab.faults.active() == []
        return seen, await eplog_lines(lab)

    seen, lines = run_lab(tmp_path, story)
    assert seen["scenario"] == name
    assert seen.get("kept_their_ids", True)
    assert len(lines) == 2


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_says_what_has_to_be_observed(name):
    assert len(told(name).split(". ")) >= 2
