"""`utmlab fleet run` as a user runs it."""

import asyncio
import json
import signal
import sys

import pytest

from tests.utmlab.cli import schemas
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

GUARD_S = 60.0


def problems(document, name):
    return schemas.problems(document, schemas.schema(name))


@pytest.fixture
async def lab(tmp_path):
    settings = LabSettings(ports=Ports())
    async with Stack(Places.of(tmp_path / "lab"), settings) as stack:
        await stack.call("utm", "enable")
        yield stack


async def begun(lab, *words):
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "utmlab", "fleet", "run", "--data", str(lab.places.data), *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process):
    async with asyncio.timeout(GUARD_S):
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode(), err.decode()


async def test_a_run_ends_at_ctrl_c_and_leaves_numbers_report_and_identities(lab, tmp_path):
    page = tmp_path / "fleet.html"
    words = ("--agents", "6", "--start-rate", "100", "--poll", "0.2", "--json")
    process = await begun(lab, *words, "--report", str(page), "--processes", "2")
    async with asyncio.timeout(GUARD_S):
        while len(await lab.call("liveconnect", "endpoints")) < 6:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, _ = await ended(process)
    document = json.loads(out)
    assert problems(document, "fleet-run") == []
    assert document["states"]["enrolled"] == 6
    assert page.read_text().startswith("<!doctype html>")
    identities = lab.places.data / "fleet"
    assert len(list(identities.glob("identities.json.*"))) == 2


async def test_any_server_is_asked_for_its_token_and_ca(lab):
    process = await begun(lab, "--agents", "1", "--url", "https://mcs.example/")
    _, err = await process.communicate()
    assert process.returncode == 2
    assert b"--url needs --token and --ca" in err
