"""The same agents driven by locust, against a lab."""

import asyncio
import csv
import os
from pathlib import Path

import pytest

from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[3]
LOCUST = ROOT / ".venv-locust/bin/locust"
GUARD_S = 120.0


async def test_locust_users_are_agents_that_enrol_poll_and_comply(tmp_path):
    settings = LabSettings(ports=Ports())
    async with Stack(Places.of(tmp_path / "lab"), settings) as lab:
        await lab.call("utm", "enable")
        status = await lab.call("utm", "status")
        token = (await lab.call("utm", "token"))["token"]
        process = await asyncio.create_subprocess_exec(
            *(str(LOCUST), "-f", "bench/locustfile.py", "--headless", "--only-summary"),
            *("-u", "4", "-r", "4", "-t", "5s", "--csv", str(tmp_path / "found")),
            cwd=ROOT,
            env={
                **os.environ,
                "UTMLAB_URL": status["mcs_url"],
                "UTMLAB_TOKEN": token,
                "UTMLAB_CA_FILE": str(lab.liveconnect_ca),
                "UTMLAB_POLL": "0.5",
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(GUARD_S):
            said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
        endpoints = await lab.call("liveconnect", "endpoints")
    assert len(endpoints) == 4
    assert [app for one in endpoints for app in one["apps"] if not app["compliant"]] == []
    with (tmp_path / "found_stats.csv").open() as found:
        calls = {row["Name"]: row for row in csv.DictReader(found)}
    assert int(calls["poll"]["Request Count"]) > 4
    assert int(calls["Aggregated"]["Failure Count"]) == 0
